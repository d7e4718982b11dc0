// The Fréchet distance between two Gaussians, ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) (Dowson & Landau, "The Fréchet
// Distance between Multivariate Normal Distributions", J. Multivariate Anal. 12, 1982); of features of images under an
// Inception network it is the FID (Heusel, Ramsauer, Unterthiner, Nessler & Hochreiter, NeurIPS 2017).

import { eigh, type Matrix, matmul, matrix, svd, transpose } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requirePoints } from "../map/space.ts";
import { requireKind } from "../requirements.ts";
import { Moments } from "../statistics/moments.ts";
import { requireMatrix } from "./labelled-codes.ts";

/** Mean and covariance of features, what {@link frechetDistance} compares. */
export interface Gaussian {
  /** `[d]` */
  readonly mean: Float64Array;
  /** `[d, d]`, symmetric, positive semidefinite up to rounding. */
  readonly covariance: Matrix;
}

/**
 * Mean and covariance (divided by n − 1) of features `[n, d]`.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` for fewer than two.
 */
export function gaussianOf(features: Matrix): Gaussian {
  requireKind("gaussianOf: features", "matrix", features);
  requireMatrix("gaussianOf", features);
  const { rows: n, cols: d } = features;
  if (n < 2) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `gaussianOf: a covariance needs at least two rows, got ${n}.`,
    );
  }
  const moments = new Moments(d);
  moments.append(features);
  const covariance = matrix(
    d,
    d,
    moments.scatter.data.map((sum) => sum / (n - 1)),
  );
  return { mean: moments.meanX, covariance };
}

/**
 * Squared Fréchet (2-Wasserstein) distance of two Gaussians of one dimension d, singular ones included; never below 0.
 * Computed from two samples of size N it is biased upwards by an amount of order 1/N: compare values for equal N only.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`; `NOT_FINITE` of a mean; `INVALID_ARGUMENT` for a covariance with an
 *   eigenvalue below 0; `LinalgError` if one is not symmetric or not finite.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  requireKind("frechetDistance: a", "gaussian", a);
  requireKind("frechetDistance: b", "gaussian", b);
  const d = a.mean.length;
  for (const { mean, covariance } of [a, b]) {
    if (mean.length === d && covariance.rows === d && covariance.cols === d) continue;
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `frechetDistance: means [d] and covariances [d, d] must have the same d, got [${mean.length}] and [${covariance.rows}, ${covariance.cols}] with d = ${d}.`,
    );
  }
  requirePoints("frechetDistance: mean", a.mean, 1, { name: "features", dim: d, shape: [d] });
  requirePoints("frechetDistance: mean", b.mean, 1, { name: "features", dim: d, shape: [d] });
  const means = a.mean.reduce((sum, x, i) => sum + (x - b.mean[i]) ** 2, 0);
  // (Σ₁Σ₂)^½ has the eigenvalues of (Σ₁^½Σ₂Σ₁^½)^½, which are the singular values of Σ₁^½Σ₂^½: nothing is squared.
  const product = matmul(squareRoot(a.covariance), squareRoot(b.covariance));
  const { s } = svd(product, { vectors: "none" });
  const shared = s.reduce((sum, x) => sum + x, 0);
  return means + Math.max(0, trace(a.covariance) + trace(b.covariance) - 2 * shared);
}

/**
 * What a covariance that was summed in single precision may fall below 0 by, as a fraction of its largest eigenvalue.
 */
const ROUNDING = 1e-5;

/** The symmetric square root of a covariance; eigenvalues within rounding of 0 count as 0. */
function squareRoot(covariance: Matrix): Matrix {
  const { values, vectors } = eigh(covariance);
  const d = covariance.rows;
  const largest = Math.max(Math.abs(values[0] ?? 0), Math.abs(values[d - 1] ?? 0));
  const negative = values.find((value) => value < -ROUNDING * largest);
  if (negative !== undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `frechetDistance: a covariance must have no eigenvalue below 0, got ${negative} with a largest of ${largest}. Compute it with gaussianOf.`,
    );
  }
  const floor = d * Number.EPSILON * largest;
  const roots = values.map((value) => (value > floor ? Math.sqrt(value) : 0));
  const scaled = matrix(
    d,
    d,
    vectors.data.map((value, at) => value * roots[at % d]),
  );
  return matmul(scaled, transpose(vectors));
}

function trace({ cols, data }: Matrix): number {
  return Array.from({ length: cols }, (_, i) => data[i * (cols + 1)]).reduce((sum, x) => sum + x, 0);
}
