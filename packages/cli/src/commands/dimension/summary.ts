// What tables of many points keep of a row of `dimension`.

import type { Space } from "@vielbein/core";
import { SPECTRUM_SUMMARY, spectrumSummary } from "../spectrum-summary.ts";
import { type DimensionSettings, layerReports } from "./report.ts";
import type { DimensionRow } from "./spectra.ts";

export const DIMENSION_SUMMARY: readonly string[] = [
  "local_dimension",
  "tested_dimension",
  "kept",
  "untrained_local_dimension",
  ...SPECTRUM_SUMMARY,
];

/** At the first threshold; where the spectrum is sampled, estimates and no local dimension. */
export function dimensionSummary(
  row: DimensionRow,
  spaces: readonly Space[],
  from: Space,
  options: DimensionSettings,
): Readonly<Record<string, number | undefined>> {
  const layer = layerReports([row], spaces, from, options)[row.layer];
  const [whole] = layer?.points ?? [];
  if (whole) {
    const { dimension, tested, kept, untrained } = whole;
    return {
      local_dimension: dimension,
      tested_dimension: tested,
      kept,
      untrained_local_dimension: untrained?.dimension,
      ...spectrumSummary(row.singular_values),
    };
  }
  const [estimated] = layer?.estimates ?? [];
  return {
    largest_singular_value: estimated?.leading[0],
    participation_ratio: estimated?.participationRatio.value,
    effective_rank: estimated?.effectiveRank.value,
    stable_rank: estimated?.stableRank.value,
  };
}
