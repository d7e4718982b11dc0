// Least squares, pseudoinverse and rank.

import { routinesFor } from "../backend/backend.ts";
import { matmul } from "../matmul.ts";
import {
  type Matrix,
  matrix,
  requireFinite,
  requireInRange,
  requireMatrix,
  requireSameRows,
  requireTolerance,
  rowAt,
  transpose,
} from "../matrix.ts";
import { qr } from "./qr.ts";
import { norm } from "./scaling.ts";
import { type Svd, svd } from "./svd.ts";

/** From where on singular values count as zero. */
export interface RankOptions {
  /**
   * Singular values up to this fraction of the largest count as 0. `leastSquares` and `orthonormalize` apply it to the
   * diagonal of R first, `orthonormalize` after scaling the columns to length 1. Default max(m, n)·2^-52.
   */
  readonly tolerance?: number | undefined;
}

/** Solutions x of min ‖A·x − b‖ for A `[m, n]` and b `[m, k]`, by {@link leastSquares}. */
export interface LeastSquares {
  /** `[n, k]`; of all solutions, the one with the smallest norm. */
  readonly x: Matrix;
  /** Numerical rank of A. */
  readonly rank: number;
  /** ‖A·x − b‖ for each of the k columns. */
  readonly residuals: Float64Array;
}

/**
 * The X `[n, k]` that minimises ‖A·X − B‖ column by column, for A `[m, n]` of any shape and rank and B `[m, k]`. Uses
 * pivoted QR where A has full column rank, and the singular value decomposition elsewhere.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH`; `NOT_FINITE`; `INVALID_ARGUMENT`; `NO_CONVERGENCE`; `MEMORY_BUDGET`.
 *
 * @example
 * ```js
 * import { fromRows, leastSquares } from "@vielbein/linalg";
 *
 * // The line through (0, 1), (1, 3), (2, 5).
 * const { x, rank } = leastSquares(fromRows([[1, 0], [1, 1], [1, 2]]), fromRows([[1], [3], [5]]));
 * console.log([...x.data].map((each) => each.toFixed(6)).join(" "), rank); // → 1.000000 2.000000 2
 * ```
 */
export function leastSquares(a: Matrix, b: Matrix, options: RankOptions = {}): LeastSquares {
  const tolerance = toleranceOf("leastSquares", a, options);
  requireFinite("leastSquares: a", a);
  requireFinite("leastSquares: b", b);
  requireSameRows("leastSquares", a, b);
  const { x, rank } = byPivotedQr(a, b, tolerance) ?? bySvd(a, b, tolerance);
  requireInRange("leastSquares: the solution", x.data);
  const fit = matmul(a, x);
  const residuals = new Float64Array(b.cols);
  for (let j = 0; j < b.cols; j++) {
    residuals[j] = norm(
      Float64Array.from({ length: a.rows }, (_, i) => fit.data[i * b.cols + j] - b.data[i * b.cols + j]),
    );
  }
  return { x, rank, residuals };
}

/**
 * Moore–Penrose pseudoinverse A⁺ `[n, m]` of A `[m, n]`.
 *
 * @throws {LinalgError} as `svd`; `INVALID_ARGUMENT`.
 */
export function pinv(a: Matrix, options: RankOptions = {}): Matrix {
  const tolerance = toleranceOf("pinv", a, options);
  const { u, s, v } = svd(a);
  const result = matmul(dividedColumns(v, s, numericalRank(s, tolerance)), u, { transposeB: true });
  requireInRange("pinv: an entry", result.data);
  return result;
}

/**
 * Numerical rank of A: the number of singular values above the tolerance.
 *
 * @throws {LinalgError} as `svd`; `INVALID_ARGUMENT`.
 */
export function rank(a: Matrix, options: RankOptions = {}): number {
  const tolerance = toleranceOf("rank", a, options);
  return numericalRank(svd(a, { vectors: "none" }).s, tolerance);
}

/** The tolerance asked for, or the default for A. */
export function toleranceOf(what: string, a: Matrix, { tolerance }: RankOptions): number {
  requireMatrix(what, a);
  if (tolerance === undefined) return Math.max(a.rows, a.cols) * Number.EPSILON;
  requireTolerance(what, tolerance);
  return tolerance;
}

/** How many of the descending magnitudes exceed `tolerance` times the first. */
export function numericalRank(magnitudes: Float64Array, tolerance: number): number {
  const limit = tolerance * (magnitudes[0] ?? 0);
  const end = magnitudes.findIndex((x) => !(x > limit));
  return end < 0 ? magnitudes.length : end;
}

/** The diagonal of R. */
export function diagonalOf(r: Matrix): Float64Array {
  return Float64Array.from({ length: Math.min(r.rows, r.cols) }, (_, i) => r.data[i * r.cols + i]);
}

/** Undefined if A has not full column rank. */
function byPivotedQr(a: Matrix, b: Matrix, tolerance: number): { x: Matrix; rank: number } | undefined {
  const { rows: m, cols: n } = a;
  if (m < n || n === 0) return undefined;
  const { q, r, pivots } = qr(a, { pivot: true });
  // The last diagonal entry can overestimate the smallest singular value (Kahan): only clear cases stay here.
  const clear = Math.min(1, Math.sqrt(n) * 10 * tolerance);
  if (numericalRank(diagonalOf(r), clear) < n) return undefined;
  const projected = matmul(q, b, { transposeA: true });
  const y = routinesFor(n * n * b.cols).solveTriangular(r, projected, false, false);
  const x = matrix(n, b.cols);
  pivots.forEach((to, from) => {
    x.data.set(rowAt(y.data, from, b.cols), to * b.cols);
  });
  return { x, rank: n };
}

function bySvd(a: Matrix, b: Matrix, tolerance: number): { x: Matrix; rank: number } {
  const { u, s, v }: Svd = svd(a);
  const rank = numericalRank(s, tolerance);
  const coefficients = matmul(transpose(dividedColumns(u, s, rank)), b);
  return { x: matmul(clearedAfter(v, rank), coefficients), rank };
}

/** The first `count` columns of A, each divided by its singular value. */
function dividedColumns(a: Matrix, s: Float64Array, count: number): Matrix {
  const result = matrix(a.rows, a.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < count; j++) result.data[i * a.cols + j] = a.data[i * a.cols + j] / s[j];
  }
  return result;
}

/** The first `count` columns of A; the others become zeros, so that the shape stays. */
function clearedAfter(a: Matrix, count: number): Matrix {
  return { ...a, data: a.data.map((x, at) => (at % a.cols < count ? x : 0)) };
}
