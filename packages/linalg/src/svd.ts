// Singular value decomposition by QR-preconditioned one-sided Jacobi (LAPACK's DGEJSV):
// A·P = Q₁·R₁ with column pivoting, R₁ᵀ = Q₂·R₂, Jacobi on the rows of R₂.

import { LinalgError } from "./errors.ts";
import { applyQ, householderQr } from "./householder.ts";
import { type RowJacobi, rowJacobi } from "./jacobi.ts";
import { type Matrix, matrix, requireFinite, transpose } from "./matrix.ts";
import { scaleByPowerOfTwo, scaled } from "./scaling.ts";

/** A = u·diag(s)·vᵀ, thin: r = min(m, n). */
export interface Svd {
  /** Left singular vectors as columns, `[m, r]`, orthonormal. */
  readonly u: Matrix;
  /** Singular values, descending, `r` of them. */
  readonly s: Float64Array;
  /** Right singular vectors as columns, `[n, r]`, orthonormal. Not transposed. */
  readonly v: Matrix;
}

export interface SvdOptions {
  /** `"thin"` computes u and v, `"none"` the singular values alone. Default `"thin"`. */
  readonly vectors?: "thin" | "none";
}

/**
 * Singular value decomposition A = U·diag(s)·Vᵀ of A `[m, n]`, any shape and rank.
 *
 * If A = D₁·B·D₂ with diagonal D₁, D₂ of any grading, the relative error of every singular value is of the
 * order of eps·cond(B), not eps·cond(A): small singular values are as accurate as the data define them.
 * Those below 2^-900 of the largest entry are returned as 0. The columns of u and v that belong to zeros
 * are orthonormal too. Signs are arbitrary: see `canonicalSigns`.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH`; `NOT_FINITE` (an entry, or a singular value above 1.8e308);
 * `NO_CONVERGENCE`.
 */
export function svd(a: Matrix, options?: { readonly vectors?: "thin" }): Svd;
export function svd(a: Matrix, options: { readonly vectors: "none" }): Pick<Svd, "s">;
export function svd(a: Matrix, options?: SvdOptions): Svd | Pick<Svd, "s">;
export function svd(a: Matrix, options: SvdOptions = {}): Svd | Pick<Svd, "s"> {
  const vectors = options.vectors ?? "thin";
  if (vectors !== "thin" && vectors !== "none") {
    throw new LinalgError("INVALID_ARGUMENT", `svd: vectors must be "thin" or "none", got "${vectors}".`);
  }
  requireFinite("svd", a);
  if (a.rows >= a.cols) return tallSvd(a, vectors === "thin");
  const { s, u, v } = tallSvd(transpose(a), vectors === "thin") as Svd;
  return vectors === "thin" ? { u: v, s, v: u } : { s };
}

function tallSvd(a: Matrix, wantVectors: boolean): Svd | Pick<Svd, "s"> {
  const { rows: m, cols: n } = a;
  const { data, exponent } = scaled(a);
  // Rows by descending magnitude: with column pivoting, this is what keeps Householder QR accurate for
  // matrices with badly scaled rows (Cox & Higham 1998).
  const rowOrder = rowsByMagnitude(data, m, n);
  const first = householderQr(gatherRows(data, n, rowOrder), m, n, true);
  const rank = first.r.rows;
  const second = householderQr(transpose(first.r).data, n, rank, false);
  const jacobi = rowJacobi(second.r, wantVectors);
  const s = new Float64Array(n);
  s.set(jacobi.s);
  scaleByPowerOfTwo(s, -exponent);
  if (n > 0 && s[0] === Number.POSITIVE_INFINITY) {
    throw new LinalgError(
      "NOT_FINITE",
      "svd: the largest singular value exceeds 1.8e308. Scale the matrix down.",
    );
  }
  if (!wantVectors) return { s };
  const { left, right } = embed(jacobi, n);
  const u = scatterRows(applyQ(first.reflectors, left), rowOrder);
  const v = scatterRows(applyQ(second.reflectors, right), first.pivots);
  return { u, s, v };
}

/** [X 0; 0 I] `[n, n]` of the singular vectors X of R₂ᵀ: the identity reaches the null spaces of A and Aᵀ. */
function embed({ directions, rotation }: RowJacobi, n: number): { left: Matrix; right: Matrix } {
  const rank = directions.rows;
  const left = matrix(n, n);
  const right = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; i < rank && j < rank; j++) {
      left.data[i * n + j] = directions.data[j * rank + i]!;
      right.data[i * n + j] = rotation.data[j * rank + i]!;
    }
    if (i >= rank) left.data[i * n + i] = right.data[i * n + i] = 1;
  }
  return { left, right };
}

function rowsByMagnitude(data: Float64Array, m: number, n: number): Int32Array {
  const largest = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) largest[i] = Math.max(largest[i]!, Math.abs(data[i * n + j]!));
  }
  return Int32Array.from({ length: m }, (_, i) => i).sort((a, b) => largest[b]! - largest[a]!);
}

function gatherRows(data: Float64Array, n: number, order: Int32Array): Float64Array {
  const result = new Float64Array(data.length);
  order.forEach((from, to) => {
    result.set(data.subarray(from * n, (from + 1) * n), to * n);
  });
  return result;
}

function scatterRows(a: Matrix, order: Int32Array): Matrix {
  const result = matrix(a.rows, a.cols);
  order.forEach((to, from) => {
    result.data.set(a.data.subarray(from * a.cols, (from + 1) * a.cols), to * a.cols);
  });
  return result;
}
