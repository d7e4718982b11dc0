// The spectrum of the covariance of points.

import { type Matrix, svd } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { centred } from "../statistics/moments.ts";

/**
 * Eigenvalues of the covariance (ddof 1) of the rows of X `[n, c]`, n ≥ 2, descending: the min(n − 1, d) that can differ
 * from 0. Those that rounding cannot tell from 0 are 0.
 *
 * @param d dimension of the space that the points lie in, where X has other coordinates of them.
 */
export function covarianceSpectrum(points: Matrix, d: number = points.cols): Float64Array {
  requireKind("covarianceSpectrum: points", "matrix", points);
  const { rows: n } = points;
  const { s } = svd(centred(points).rows, { vectors: "none" });
  const least = Math.max(n, d) * Number.EPSILON * s[0];
  return s.slice(0, Math.min(n - 1, d)).map((x) => (x > least ? x ** 2 / (n - 1) : 0));
}
