// Singular value decomposition.

import { routinesFor } from "../backend/backend.ts";
import type { Vectors } from "../backend/routines.ts";
import { type Matrix, requireFinite, requireInRange, requireOption } from "../matrix.ts";
import { moderated, scaleByPowerOfTwo } from "./scaling.ts";
import { orient } from "./signs.ts";

/** A = u·diag(s)·vᵀ with r = min(m, n); "full" continues u and v to orthogonal matrices. */
export interface Svd {
  /** Left singular vectors as columns, `[m, r]` (full: `[m, m]`), orthonormal. */
  readonly u: Matrix;
  /** Singular values, descending, `r` of them. */
  readonly s: Float64Array;
  /** Right singular vectors as columns, `[n, r]` (full: `[n, n]`), orthonormal. Not transposed. */
  readonly v: Matrix;
}

/** Which vectors {@link svd} computes, how accurately, and their signs. */
export interface SvdOptions {
  /**
   * `"thin"` computes the r vectors of u and v that have singular values, `"full"` completes them to orthogonal
   * matrices, `"none"` computes the singular values alone, in less than half the time. Default `"thin"`.
   */
  readonly vectors?: Vectors | undefined;
  /**
   * `"normwise"` (divide and conquer, LAPACK's DGESDD): every singular value to within eps·s[0].
   * `"relative"` (one-sided Jacobi, DGEJSV), in about four times the time: to within eps·cond(B)·s[i], if
   * A = D₁·B·D₂ with diagonal D₁ and D₂ of any grading. Default `"normwise"`.
   */
  readonly accuracy?: "normwise" | "relative" | undefined;
  /** `"canonical"` makes the first largest entry of every column of u positive. Default `"any"`. */
  readonly sign?: "canonical" | "any" | undefined;
}

/**
 * Singular value decomposition A = U·diag(s)·Vᵀ of A `[m, n]`, any shape and rank.
 *
 * ‖A − U·diag(s)·Vᵀ‖ is of the order of eps·‖A‖. The columns of u and v that belong to singular values of 0 are
 * orthonormal too.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH`; `INVALID_ARGUMENT`; `NOT_FINITE` (an entry, or a singular value above
 * 1.8e308); `NO_CONVERGENCE`; `MEMORY_BUDGET`.
 *
 * @example
 * ```js
 * import { fromRows, svd } from "@vielbein/linalg";
 *
 * const { u, s, v } = svd(fromRows([[3, 0], [0, -2], [0, 0]]));
 * console.log(s.join(" "), u.rows, v.rows); // → 3 2 3 2
 * ```
 */
export function svd(a: Matrix, options?: SvdOptions & { readonly vectors?: "thin" | "full" }): Svd;
export function svd(a: Matrix, options: SvdOptions & { readonly vectors: "none" }): Pick<Svd, "s">;
export function svd(a: Matrix, options?: SvdOptions): Svd | Pick<Svd, "s">;
export function svd(a: Matrix, options: SvdOptions = {}): Svd | Pick<Svd, "s"> {
  const { vectors = "thin", accuracy = "normwise", sign = "any" } = options;
  requireOption("svd: vectors", vectors, ["thin", "full", "none"]);
  requireOption("svd: accuracy", accuracy, ["normwise", "relative"]);
  requireOption("svd: sign", sign, ["canonical", "any"]);
  const { a: problem, exponent } = moderated(a, requireFinite("svd", a));
  const routines = routinesFor(a.rows * a.cols * Math.min(a.rows, a.cols));
  const { s, u, v } = routines.svd(problem, vectors, accuracy === "relative");
  scaleByPowerOfTwo(s, -exponent);
  requireInRange("svd: the largest singular value", s);
  if (!u || !v) return { s };
  if (sign === "canonical") orient(u, v);
  return { u, s, v };
}
