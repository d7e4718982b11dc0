// The distances between subspaces that commands offer, out of all that core has.

import { choice, type TypedOption } from "../kit/options.ts";

export const DISTANCES = ["geodesic", "normalizedGeodesic", "projection"] as const;

export type DistanceName = (typeof DISTANCES)[number];

/** For axes and headers. */
export const DISTANCE_TITLES: Readonly<Record<DistanceName, string>> = {
  geodesic: "geodesic distance (rad)",
  normalizedGeodesic: "geodesic distance / √k (rad)",
  projection: "projection distance",
};

/** --subspace-distance, which chooses what the table and the plot show. */
export function subspaceDistanceOption(preset: DistanceName): TypedOption<DistanceName> {
  return choice("--subspace-distance <name>", "distance in the table and the plot", DISTANCES, preset);
}
