// What `warpage` prints and draws: JSON, a table, a plot of mean profiles with their bands.

import type { Provenance } from "@vielbein/core";
import { bandPlot, type LineSeries } from "@vielbein/viz";
import { originOf } from "../../inputs/codes.ts";
import { METRIC_NAMES, METRICS, type Metric } from "../../inputs/subspace-distances.ts";
import { bold, dim, table } from "../../kit/terminal.ts";
import { comparisonsOf, hasComparison, summaryOf, type WarpageRow } from "./rows.ts";

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
    hasComparison(rows[0]!, name)
      ? Object.fromEntries(
          METRICS.map((metric) => {
            const { mean, std } = summaryOf(rows, name, metric, at);
            return [metric, { mean: Array.from(mean), std: Array.from(std) }];
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
    haar: one("haar"),
    untrained: hasComparison(rows[0]!, "untrained_random")
      ? { randomPairs: one("untrained_random"), nearPairs: near("untrained_near") }
      : null,
    resolved: resolvedDirections(result),
    provenance,
  };
}

/** Dimensions that the table shows, besides the largest. */
const SHOWN = [1, 2, 5, 10, 20, 30, 40, 50, 100, 200, 500];

export function warpageTable({ rows, k, epsilons, provenance }: WarpageResult, metric: Metric): string {
  const shown = [...SHOWN.filter((count) => count < k), k];
  const lines = comparisonsOf(rows[0]!, epsilons).map(({ name, label, at }) => {
    const { mean, std } = summaryOf(rows, name, metric, at);
    // Directions found elsewhere may be fewer.
    const cell = (count: number) =>
      count <= mean.length ? `${mean[count - 1]!.toFixed(3)} ±${std[count - 1]!.toFixed(3)}` : "–";
    return [label, ...shown.map(cell)];
  });
  const header = [METRIC_NAMES[metric], ...shown.map((count) => `k=${count}`)];
  const remark = dim(`${originOf(provenance)}, ${rows.length} pairs, mean ± standard deviation`);
  const body = table(
    [header, ...lines],
    shown.map((_, i) => i + 1),
  );
  return `${bold(spacesOf(provenance))}  ${remark}\n${body}\n`;
}

/** An SVG document. */
export function warpagePlot({ rows, epsilons, provenance }: WarpageResult, metric: Metric): string {
  const series = comparisonsOf(rows[0]!, epsilons).map(({ name, label, at, isNull }): LineSeries => {
    const { mean, std } = summaryOf(rows, name, metric, at);
    return {
      label,
      y: mean,
      // Distances are not negative.
      low: mean.map((value, i) => Math.max(0, value - std[i]!)),
      high: mean.map((value, i) => value + std[i]!),
      reference: isNull,
    };
  });
  return bandPlot({
    title: `${provenance.model.file}: warpage`,
    subtitle: `${spacesOf(provenance)} · ${originOf(provenance)}, ${rows.length} pairs`,
    series,
    x: { title: "leading directions k" },
    y: { title: METRIC_NAMES[metric] },
    bandTitle: "mean ± standard deviation over pairs",
  });
}

function spacesOf({ from, to }: Provenance): string {
  return `${from.name} [${from.shape.join(", ")}] → ${to.name} [${to.shape.join(", ")}]`;
}
