// What tables of many points keep of a spectrum.

import { spectrumStatistics } from "@vielbein/core/dimension";

export const SPECTRUM_SUMMARY: readonly string[] = [
  "largest_singular_value",
  "participation_ratio",
  "effective_rank",
  "stable_rank",
];

/**
 * @param values singular values, descending: all of them, or the leading ones, which the statistics are then of. What is
 *   NaN is left out.
 */
export function spectrumSummary(values: Float64Array): Readonly<Record<string, number>> {
  const known = values.filter((value) => !Number.isNaN(value));
  const [largest] = known;
  if (largest === undefined) return {};
  // Relative to the first: the statistics do not depend on the scale, and squares cannot vanish.
  const { participationRatio, effectiveRank, stableRank } = spectrumStatistics(
    known.map((value) => (value / (largest || 1)) ** 2),
  );
  return {
    largest_singular_value: largest,
    participation_ratio: participationRatio,
    effective_rank: effectiveRank,
    stable_rank: stableRank,
  };
}
