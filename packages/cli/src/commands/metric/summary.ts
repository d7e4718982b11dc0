// What tables of many points keep of a row of `metric`.

import { anisotropy } from "@vielbein/core";
import { isFull, type MetricRow, sum } from "./report.ts";

export const METRIC_SUMMARY: readonly string[] = [
  "largest_eigenvalue",
  "trace",
  "participation_ratio",
  "log_volume",
  "rank",
  "condition",
];

/**
 * Of eigenvalues of H; where not all are known, the first alone.
 *
 * @param factor what JᵀJ is multiplied by in H.
 */
export function metricSummary(row: MetricRow, factor: number): Readonly<Record<string, number>> {
  const { eigenvalues } = row;
  const [largest = 0] = eigenvalues;
  // By differences eigenvalues may be negative.
  if (!isFull(row) || !(largest > 0) || eigenvalues.some((value) => value < 0)) {
    return { largest_eigenvalue: largest };
  }
  const found = anisotropy(eigenvalues.map((value) => value / factor));
  return {
    largest_eigenvalue: largest,
    trace: sum(eigenvalues),
    participation_ratio: found.participationRatio,
    log_volume: found.logVolume,
    rank: found.rank,
    condition: found.condition,
  };
}
