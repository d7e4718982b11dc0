// The distances between subspaces that commands offer, out of all that core has.

import { choice, type TypedOption } from "../kit/options.ts";

export const METRICS = ["geodesic", "normalizedGeodesic", "projection"] as const;

export type Metric = (typeof METRICS)[number];

/** For axes and headers. */
export const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  geodesic: "geodesic distance (rad)",
  normalizedGeodesic: "geodesic distance / √k (rad)",
  projection: "projection distance",
};

/** --metric, which chooses what the table and the plot show. */
export function metricOption(preset: Metric): TypedOption<Metric> {
  return choice("--metric <metric>", "distance in the table and the plot", METRICS, preset);
}
