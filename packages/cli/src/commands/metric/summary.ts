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
  if (!isFull(row)) return { largest_eigenvalue: largest };
  const trace = sum(eigenvalues);
  // By differences eigenvalues may be negative.
  if (eigenvalues.some((value) => value < 0)) return { largest_eigenvalue: largest, trace };
  if (largest === 0) return { largest_eigenvalue: 0, trace, participation_ratio: 0, rank: 0 };
  const found = anisotropy(eigenvalues.map((value) => value / factor));
  return {
    largest_eigenvalue: largest,
    trace,
    participation_ratio: found.participationRatio,
    log_volume: found.logVolume,
    rank: found.rank,
    condition: found.condition,
  };
}
