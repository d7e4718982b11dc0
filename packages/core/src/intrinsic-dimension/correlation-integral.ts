// The correlation dimension (Grassberger & Procaccia, "Measuring the strangeness of strange attractors", Physica D 9,
// 1983): how the number of pairs within a distance grows with it.

import { requireKind } from "../requirements.ts";
import { squaredDistances } from "../statistics/squared-distances.ts";
import type { Cloud } from "./cloud.ts";
import { determined, type Estimate } from "./estimate.ts";
import { distanceOf, type Neighbours } from "./neighbours.ts";

/** Squared distances as near to a squared radius as this are computed from differences before they are compared. */
const NEAR = 2 ** -30;

/**
 * d = ln(C(r_b)/C(r_a))/ln(r_b/r_a), where C(r) is the number of pairs closer than r, and r_a and r_b are the medians of
 * the distances to the neighbours ⌊k/2⌋ and k.
 *
 * @param k at least 2.
 * @throws {VielbeinError} `INVALID_ARGUMENT` where the cloud has no k neighbours.
 */
export function correlationIntegral(cloud: Cloud, k: number): Estimate {
  requireKind("correlationIntegral: cloud", "cloud", cloud);
  const neighbours = cloud.neighbours(k);
  const radii = [Math.floor(k / 2), k].map((j) => medianDistance(neighbours, j));
  const [few, many] = pairsWithin(cloud, radii);
  const dimension = Math.log(many / few) / Math.log(radii[1] / radii[0]);
  return determined(dimension, `no pairs are closer than neighbour ${Math.floor(k / 2)} is in the median`);
}

/** Median of the distances to the j-th neighbour. */
function medianDistance({ n, k, distances }: Neighbours, j: number): number {
  const sorted = Float64Array.from({ length: n }, (_, i) => distances[i * k + j - 1]).sort();
  return (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
}

/** For each radius, the number of ordered pairs of different points that are closer. */
function pairsWithin(cloud: Cloud, radii: readonly number[]): number[] {
  const counts = radii.map(() => 0);
  const coordinates = cloud.coordinates();
  squaredDistances(coordinates, coordinates, (i, squares) => {
    radii.forEach((radius, at) => {
      const [inside, outside] = [radius ** 2 * (1 - NEAR), radius ** 2 * (1 + NEAR)];
      for (let j = 0; j < squares.length; j++) {
        if (j === i || squares[j] > outside) continue;
        if (squares[j] < inside || distanceOf(cloud.points, i, j) < radius) counts[at]++;
      }
    });
  });
  return counts;
}
