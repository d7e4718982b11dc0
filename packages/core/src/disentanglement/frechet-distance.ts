// The Fréchet distance between two Gaussians, ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) (Dowson & Landau, "The Fréchet
// Distance between Multivariate Normal Distributions", J. Multivariate Anal. 12, 1982); of features of images under an
// Inception network it is the FID (Heusel, Ramsauer, Unterthiner, Nessler & Hochreiter, NeurIPS 2017).

import { eigh, type Matrix, matmul, matrix, svd, transpose } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { Moments } from "../moments.ts";
import { requireMatrix } from "./labelled-codes.ts";

export interface Gaussian {
  /** `[d]` */
  readonly mean: Float64Array;
  /** `[d, d]`, symmetric, no eigenvalue below 0 but for rounding. */
  readonly covariance: Matrix;
}

/**
 * Mean and covariance (divided by n − 1) of features `[n, d]`.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` for fewer than two.
 */
export function gaussianOf(features: Matrix): Gaussian {
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
 * Of two samples of N, N it is biased upwards by an amount of the order of 1/N: compare values of one N only.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`; `LinalgError` if a covariance is not symmetric or not finite.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const d = a.mean.length;
  for (const { mean, covariance } of [a, b]) {
    if (mean.length === d && covariance.rows === d && covariance.cols === d) continue;
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `frechetDistance: means [d] and covariances [d, d] must be of one d, got [${mean.length}] and [${covariance.rows}, ${covariance.cols}] beside [${d}].`,
    );
  }
  const means = a.mean.reduce((sum, x, i) => sum + (x - b.mean[i]!) ** 2, 0);
  // (Σ₁Σ₂)^½ has the eigenvalues of (Σ₁^½Σ₂Σ₁^½)^½, which are the singular values of Σ₁^½Σ₂^½: nothing is squared.
  const product = matmul(squareRoot(a.covariance), squareRoot(b.covariance));
  const { s } = svd(product, { vectors: "none" });
  const shared = s.reduce((sum, x) => sum + x, 0);
  return means + Math.max(0, trace(a.covariance) + trace(b.covariance) - 2 * shared);
}

/** The symmetric square root of a covariance; eigenvalues within rounding of 0 count as 0. */
function squareRoot(covariance: Matrix): Matrix {
  const { values, vectors } = eigh(covariance);
  const d = covariance.rows;
  const floor = d * Number.EPSILON * (values[0] ?? 0);
  const roots = values.map((value) => (value > floor ? Math.sqrt(value) : 0));
  const scaled = matrix(
    d,
    d,
    vectors.data.map((value, at) => value * roots[at % d]!),
  );
  return matmul(scaled, transpose(vectors));
}

function trace({ cols, data }: Matrix): number {
  return Array.from({ length: cols }, (_, i) => data[i * (cols + 1)]!).reduce((sum, x) => sum + x, 0);
}
