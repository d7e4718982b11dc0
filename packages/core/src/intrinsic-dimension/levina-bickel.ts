// Maximum likelihood of the distances to neighbours, as of a Poisson process (Levina & Bickel, "Maximum Likelihood
// Estimation of Intrinsic Dimension", NeurIPS 2004).

import { rowAt } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { determined, type Estimate } from "./estimate.ts";
import type { Neighbours } from "./neighbours.ts";

/**
 * At a point, m̂ = [1/(k − 1)·Σ_{j<k} ln(r_k/r_j)]⁻¹. Of the cloud, the inverse of the mean of 1/m̂, as MacKay & Ghahramani
 * ("Comments on 'Maximum Likelihood Estimation of Intrinsic Dimension'", 2005) derive it: the mean of m̂ is biased high.
 *
 * @param neighbours at least 2 of each point.
 */
export function levinaBickel(neighbours: Neighbours): Estimate {
  requireKind("levinaBickel: neighbours", "neighbours", neighbours);
  const { n, k, distances } = neighbours;
  const inverses = Float64Array.from({ length: n }, (_, i) => {
    const radii = rowAt(distances, i, k);
    return radii.reduce((sum, r) => sum + Math.log(radii[k - 1] / r), 0) / (k - 1);
  });
  const mean = inverses.reduce((sum, x) => sum + x, 0) / n;
  const local = inverses.map((x) => (x > 0 ? 1 / x : Number.NaN));
  return determined(1 / mean, "the neighbours of every point are equally far from it", local);
}
