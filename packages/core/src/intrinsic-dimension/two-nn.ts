// The ratio of the distances to the first two neighbours (Facco, d'Errico, Rodriguez & Laio, "Estimating the intrinsic
// dimension of datasets by a minimal neighborhood information", Scientific Reports 7, 2017): where the density hardly
// changes between them, μ = r₂/r₁ has the distribution F(μ) = 1 − μ^(−d).

import { requireKind } from "../requirements.ts";
import { determined, type Estimate, undetermined } from "./estimate.ts";
import type { Neighbours } from "./neighbours.ts";

/** Share of the largest ratios that the fit leaves out, as in the paper: they reach furthest. */
const DISCARDED = 0.1;

const NO_RATIOS = "the two nearest neighbours of every point are equally far from it";

/**
 * The slope of −ln(1 − F) over ln μ, by least squares through the origin, where F = i/n at the i-th smallest of n ratios;
 * the largest tenth is left out.
 *
 * @param neighbours at least 2 of each point.
 */
export function twoNN(neighbours: Neighbours): Estimate {
  requireKind("twoNN: neighbours", "neighbours", neighbours);
  const logarithms = logarithmsOfRatios(neighbours).sort();
  const { n } = neighbours;
  const kept = Math.floor(n * (1 - DISCARDED));
  if (kept < 2) return undetermined("a fit needs at least three points");
  let [products, squares] = [0, 0];
  for (let i = 0; i < kept; i++) {
    products += logarithms[i] * -Math.log(1 - (i + 1) / n);
    squares += logarithms[i] ** 2;
  }
  return determined(products / squares, NO_RATIOS);
}

/**
 * The unbiased maximum likelihood of the same distribution, (n − 1)/Σ ln μ (Denti, Doimo, Laio & Mira, Scientific
 * Reports 12, 2022).
 *
 * @param neighbours at least 2 of each point.
 */
export function twoNNLikelihood(neighbours: Neighbours): Estimate {
  requireKind("twoNNLikelihood: neighbours", "neighbours", neighbours);
  const sum = logarithmsOfRatios(neighbours).reduce((total, x) => total + x, 0);
  return determined((neighbours.n - 1) / sum, NO_RATIOS);
}

function logarithmsOfRatios({ n, k, distances }: Neighbours): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.log(distances[i * k + 1] / distances[i * k]));
}
