// Dimension from how distances to neighbours are spread between 0 and the last: by their mean, and by their median.

import { rowAt } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { type Estimate, meanOf } from "./estimate.ts";
import type { Neighbours } from "./neighbours.ts";

/**
 * The method of moments (Amsaleg, Chelly, Furon, Girard, Houle, Kawarabayashi & Nett, "Extreme-value-theoretic
 * estimation of local intrinsic dimensionality", Data Mining and Knowledge Discovery 32, 2018): d = m/(r_k − m), where m is
 * the mean of r_1 … r_k. Of the cloud, the mean over its points.
 *
 * @param neighbours at least 2 of each point.
 */
export function methodOfMoments(neighbours: Neighbours): Estimate {
  requireKind("methodOfMoments: neighbours", "neighbours", neighbours);
  const { n, k, distances } = neighbours;
  return meanOf(
    Float64Array.from({ length: n }, (_, i) => {
      const radii = rowAt(distances, i, k);
      const mean = radii.reduce((sum, r) => sum + r, 0) / k;
      // Equal distances may leave their rounding behind.
      return radii[0] < radii[k - 1] ? mean / (radii[k - 1] - mean) : Number.NaN;
    }),
  );
}

/**
 * Manifold-adaptive dimension (Farahmand, Szepesvári & Audibert, ICML 2007): d = ln 2/ln(r_k/r_⌊k/2⌋). Of the cloud, the
 * mean over its points.
 *
 * @param neighbours at least 2 of each point.
 */
export function manifoldAdaptive(neighbours: Neighbours): Estimate {
  requireKind("manifoldAdaptive: neighbours", "neighbours", neighbours);
  const { n, k, distances } = neighbours;
  const half = Math.floor(k / 2);
  return meanOf(
    Float64Array.from({ length: n }, (_, i) => {
      const radii = rowAt(distances, i, k);
      return Math.LN2 / Math.log(radii[k - 1] / radii[half - 1]);
    }),
  );
}
