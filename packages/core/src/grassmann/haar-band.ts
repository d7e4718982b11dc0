// How far apart independent, uniformly distributed subspaces are: the null that a mean distance of tangent spaces is
// compared with.

import { type Matrix, matrix, normal, orthogonal, qr, svd } from "@vielbein/linalg";
import { requireInteger } from "../requirements.ts";
import { grassmannDistance } from "./distances.ts";
import { block } from "./frames.ts";

/** Distribution of the normalised geodesic distance, in radians. */
export interface HaarBand {
  /** Dimension of the subspaces. */
  readonly k: number;
  /** Mean of the distances. */
  readonly mean: number;
  /** Standard deviation of a distance about that mean. */
  readonly standardDeviation: number;
  /** Ends of the band that holds 95 % of the distances. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** How many pairs of uniform subspaces {@link haarBand} draws, and with which seed. */
export interface HaarBandOptions {
  /** Default 0. */
  readonly seed?: number | bigint | undefined;
  /** Pairs that are drawn, at least 2; for k = 1 none are needed. Default 200. */
  readonly draws?: number | undefined;
}

/**
 * Normalised geodesic distance of independent, uniformly distributed k-dimensional subspaces of R^n: what I_rand would
 * be if the tangent spaces at two points were unrelated. For k = 1 from the density of the angle of
 * two lines, proportional to sin^(n−2)θ; else from draws.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` unless 1 ≤ k ≤ n and there are two draws.
 */
export function haarBand(n: number, k: number, options: HaarBandOptions = {}): HaarBand {
  const { seed = 0, draws = 200 } = options;
  requireBand(n, k, draws);
  if (k === n) return { k, mean: 0, standardDeviation: 0, low: 0, high: 0 };
  if (k === 1) return { k, ...lines(n) };
  const distances = Float64Array.from({ length: draws }, (_, draw) => {
    // Against the span of the first k axes, cosines are the singular values of the first k rows.
    const rows = block(uniformFrame(seed, draw, n, k), 0, k, k);
    const angles = svd(rows, { vectors: "none" }).s.map((cosine) => Math.acos(Math.min(1, cosine)));
    return grassmannDistance(angles, "normalizedGeodesic");
  }).sort();
  const mean = distances.reduce((sum, d) => sum + d, 0) / draws;
  const squares = distances.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  const at = (share: number): number => distances[Math.round(share * (draws - 1))];
  return { k, mean, standardDeviation: Math.sqrt(squares / (draws - 1)), low: at(0.025), high: at(0.975) };
}

function requireBand(n: number, k: number, draws: number): void {
  requireInteger("haarBand: n", n, 1);
  requireInteger("haarBand: k", k, 1, n, "n");
  requireInteger("haarBand: draws", draws, 2);
}

/** Rows beyond the first k that are drawn one by one; more go through their R factor. */
const FEW_ROWS = 400;

/**
 * A frame `[·, k]` whose first k rows are those of a uniformly distributed one `[n, k]`: the Q of a Gaussian matrix. Of
 * many Gaussian rows that Q needs the R factor alone: above the diagonal normal, rᵢᵢ² chi-squared (Bartlett 1933), by
 * the cube of a normal (Wilson & Hilferty 1931), which for so many degrees of freedom errs by less than 1e-5.
 */
function uniformFrame(seed: number | bigint, draw: number, n: number, k: number): Matrix {
  const further = n - k;
  if (further <= Math.max(k, FEW_ROWS)) return orthogonal(seed, draw, n, k);
  const rows = matrix(2 * k, k, normal(seed, draw, 2 * k * k));
  for (let i = 0; i < k; i++) {
    rows.data.fill(0, (k + i) * k, (k + i) * k + i);
    const freedom = further - i;
    const spread = 2 / (9 * freedom);
    const at = (k + i) * k + i;
    rows.data[at] = Math.sqrt(freedom * (1 - spread + Math.sqrt(spread) * rows.data[at]) ** 3);
  }
  return qr(rows).q;
}

const CELLS = 20_000;

/** Of the angle of two lines, by the midpoint rule in φ = π/2 − θ, of density cos^(n−2)φ. */
function lines(n: number): Omit<HaarBand, "k"> {
  // Beyond 12 standard deviations there is nothing left.
  const width = Math.min(Math.PI / 2, 12 / Math.sqrt(n)) / CELLS;
  const angle = (cell: number): number => (cell + 0.5) * width;
  const density = Float64Array.from({ length: CELLS }, (_, cell) => Math.cos(angle(cell)) ** (n - 2));
  let [total, first, second] = [0, 0, 0];
  const sums = density.map((weight, cell) => {
    total += weight;
    first += weight * angle(cell);
    second += weight * angle(cell) ** 2;
    return total;
  });
  const quantile = (share: number): number => angle(sums.findIndex((sum) => sum >= share * total));
  return {
    mean: Math.PI / 2 - first / total,
    standardDeviation: Math.sqrt(second / total - (first / total) ** 2),
    low: Math.PI / 2 - quantile(0.975),
    high: Math.PI / 2 - quantile(0.025),
  };
}
