// Minimum neighbour distance (Rozza, Lombardi, Ceruti, Casiraghi & Campadelli, "Novel high intrinsic dimensionality
// estimators", Machine Learning 89, 2012): the maximum likelihood of ρ = r_1/r_{k+1}, the nearest of k points that are
// uniform in a ball.

import { requireKind } from "../requirements.ts";
import { determined, type Estimate, undetermined } from "./estimate.ts";
import type { Neighbours } from "./neighbours.ts";

const ALL_EQUIDISTANT = "the neighbours of every point are equally far from it";

/**
 * The d that maximises n·ln(k·d) + (d − 1)·Σ ln ρ + (k − 1)·Σ ln(1 − ρ^d): MiND_MLk. It is concave in d, and its derivative
 * vanishes once.
 *
 * @param neighbours k + 1 of each point, at least 2.
 */
export function minimumDistance(neighbours: Neighbours): Estimate {
  requireKind("minimumDistance: neighbours", "neighbours", neighbours);
  const logarithms = logarithmsOfRatios(neighbours);
  if (logarithms.length === 0) return undetermined(ALL_EQUIDISTANT);
  return determined(largestLikelihood(logarithms, neighbours.k - 1), ALL_EQUIDISTANT);
}

/**
 * As {@link minimumDistance}, over whole numbers: MiND_MLi.
 *
 * @param neighbours k + 1 of each point, at least 2.
 */
export function minimumDistanceWhole(neighbours: Neighbours): Estimate {
  requireKind("minimumDistanceWhole: neighbours", "neighbours", neighbours);
  const { dimension, reason } = minimumDistance(neighbours);
  if (dimension === undefined) return undetermined(reason ?? ALL_EQUIDISTANT);
  const logarithms = logarithmsOfRatios(neighbours);
  const likelihoodOf = (d: number) => likelihood(logarithms, neighbours.k - 1, d);
  const [low, high] = [Math.max(1, Math.floor(dimension)), Math.max(1, Math.ceil(dimension))];
  return { dimension: likelihoodOf(high) > likelihoodOf(low) ? high : low };
}

/** ln ρ of the points whose neighbours are not all equally far. */
function logarithmsOfRatios({ n, k, distances }: Neighbours): Float64Array {
  return Float64Array.from({ length: n }, (_, i) =>
    Math.log(distances[i * k] / distances[i * k + k - 1]),
  ).filter((x) => x < 0);
}

function likelihood(logarithms: Float64Array, k: number, d: number): number {
  return logarithms.reduce(
    (sum, x) => sum + Math.log(k * d) + (d - 1) * x + (k - 1) * Math.log(-Math.expm1(d * x)),
    0,
  );
}

/** The derivative of the likelihood, which falls from +∞ to Σ ln ρ < 0. */
function slope(logarithms: Float64Array, k: number, d: number): number {
  // ρ^d/(1 − ρ^d) = 1/(ρ^(−d) − 1)
  return logarithms.reduce((sum, x) => sum + 1 / d + x - ((k - 1) * x) / Math.expm1(-d * x), 0);
}

/** Where the derivative vanishes, by bisection to the last bit. */
function largestLikelihood(logarithms: Float64Array, k: number): number {
  let [low, high] = [0, 1];
  while (slope(logarithms, k, high) > 0) [low, high] = [high, 2 * high];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (slope(logarithms, k, middle) > 0) low = middle;
    else high = middle;
  }
}
