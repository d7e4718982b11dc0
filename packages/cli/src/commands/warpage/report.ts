// What `warpage` prints and draws: JSON, a table, a plot of mean profiles with their bands.

import type { Provenance } from "@vielbein/core";
import type { ProfileSummary } from "@vielbein/core/tangent-spaces";
import { bandPlot, type LineSeries } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { DISTANCE_TITLES, DISTANCES, type DistanceName } from "../../inputs/subspace-distances.ts";
import { spacesText } from "../../kit/names.ts";
import { fixed, number, table, text } from "../../kit/table.ts";
import { heading } from "../../kit/terminal.ts";
import { comparisonsIn, isCompared, summaryOf, type WarpageRow } from "./rows.ts";

export interface WarpageResult {
  /** At least one. */
  readonly rows: readonly WarpageRow[];
  readonly k: number;
  readonly epsilons: readonly number[];
  readonly provenance: Provenance;
}

/** The least number of directions above rounding at any point; see `WarpageSample`. */
export function resolvedDirections({ rows }: WarpageResult): number {
  return Math.min(...rows.map((row) => row.resolved as number));
}

export function warpageJson(result: WarpageResult): object {
  const { rows, k, epsilons, provenance } = result;
  const one = (name: string, at?: number): object | null =>
    isCompared(rows, name)
      ? Object.fromEntries(
          DISTANCES.map((distance) => {
            const { mean, std } = summaryOf(rows, name, distance, at);
            return [distance, { mean: Array.from(mean), std: Array.from(std) }];
          }),
        )
      : null;
  const near = (name: string) => epsilons.map((epsilon, at) => ({ epsilon, ...one(name, at) }));
  return {
    k: Array.from({ length: k }, (_, i) => i + 1),
    pairs: rows.length,
    randomPairs: one("random"),
    nearPairs: near("near"),
    toSefa: one("sefa"),
    toPca: one("pca"),
    toFrechet: one("frechet"),
    haar: one("haar"),
    untrained: isCompared(rows, "untrained_random")
      ? { randomPairs: one("untrained_random"), nearPairs: near("untrained_near") }
      : null,
    resolved: resolvedDirections(result),
    provenance,
  };
}

/** Dimensions that the table shows, besides the largest. */
const SHOWN = [1, 2, 5, 10, 20, 30, 40, 50, 100, 200, 500];

export function warpageTable(
  { rows, k, epsilons, provenance }: WarpageResult,
  distance: DistanceName,
): string {
  const lines = comparisonsIn(rows, epsilons).map(({ name, label, at }) => ({
    label,
    ...summaryOf(rows, name, distance, at),
  }));
  const body = table(lines, [
    text(DISTANCE_TITLES[distance], ({ label }) => label),
    ...[...SHOWN.filter((count) => count < k), k].map((count) =>
      number(`k=${count}`, ({ mean, std }: ProfileSummary) =>
        // Directions found elsewhere may be fewer.
        count <= mean.length ? `${fixed(mean[count - 1], 3)} ±${fixed(std[count - 1], 3)}` : "–",
      ),
    ),
  ]);
  const remark = `${originOf(provenance)}, ${rows.length} pairs, mean ± standard deviation`;
  return `${heading(spacesText(provenance.from, provenance.to), remark)}\n${body}\n`;
}

/** An SVG document. */
export function warpagePlot({ rows, epsilons, provenance }: WarpageResult, distance: DistanceName): string {
  const series = comparisonsIn(rows, epsilons).map(({ name, label, at, isNull }): LineSeries => {
    const { mean, std } = summaryOf(rows, name, distance, at);
    return {
      label,
      y: mean,
      // Distances are not negative.
      low: mean.map((value, i) => Math.max(0, value - (std[i] ?? 0))),
      high: mean.map((value, i) => value + (std[i] ?? 0)),
      reference: isNull,
    };
  });
  return bandPlot({
    title: `${provenance.model.file}: warpage`,
    subtitle: `${spacesText(provenance.from, provenance.to)} · ${originOf(provenance)}, ${rows.length} pairs`,
    series,
    x: { title: "leading directions k" },
    y: { title: DISTANCE_TITLES[distance] },
    bandTitle: "mean ± standard deviation over pairs",
  });
}
