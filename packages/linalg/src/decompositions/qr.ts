// QR factorisation.

import { routinesFor } from "../backend/backend.ts";
import { type Matrix, requireFinite, requireInRange, requireOption } from "../matrix.ts";
import { moderated, scaleByPowerOfTwo } from "./scaling.ts";

/** A[:, pivots] = q·r with k = min(m, n); mode "full": k = m. */
export interface Qr {
  /** `[m, k]`, columns orthonormal. */
  readonly q: Matrix;
  /** `[k, n]`, upper trapezoidal with a non-negative diagonal. */
  readonly r: Matrix;
  /** Column j of q·r is column `pivots[j]` of A: `0 … n − 1` in order without pivoting. */
  readonly pivots: Int32Array;
}

/** Which parts of A = Q·R {@link qr} computes, and whether columns are pivoted. */
export interface QrOptions {
  /** `"thin"`: k = min(m, n); `"full"`: q is orthogonal, k = m; `"r"`: r `[min(m, n), n]` alone. Default `"thin"`. */
  readonly mode?: "thin" | "full" | "r" | undefined;
  /**
   * Take columns by descending remaining norm, so that the diagonal of r descends and shows the rank. Default `false`.
   */
  readonly pivot?: boolean | undefined;
}

/**
 * QR factorisation A = Q·R of A `[m, n]` by Householder reflections. The diagonal of R is non-negative, which
 * makes both factors unique where the first min(m, n) columns of A are independent.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT` or `MEMORY_BUDGET`.
 *
 * @example
 * ```js
 * import { fromRows, matmul, qr } from "@vielbein/linalg";
 *
 * const { q, r } = qr(fromRows([[3, 1], [4, 2]]));
 * console.log(matmul(q, r).data[1].toFixed(6), r.data[2]); // → 1.000000 0
 * ```
 */
export function qr(a: Matrix, options?: QrOptions & { readonly mode?: "thin" | "full" }): Qr;
export function qr(a: Matrix, options: QrOptions & { readonly mode: "r" }): Omit<Qr, "q">;
export function qr(a: Matrix, options?: QrOptions): Qr | Omit<Qr, "q">;
export function qr(a: Matrix, options: QrOptions = {}): Qr | Omit<Qr, "q"> {
  const { mode = "thin", pivot = false } = options;
  requireOption("qr: mode", mode, ["thin", "full", "r"]);
  const { a: problem, exponent } = moderated(a, requireFinite("qr", a));
  const routines = routinesFor(a.rows * a.cols * Math.min(a.rows, a.cols));
  const { q, r, pivots } = routines.qr(problem, mode, pivot);
  scaleByPowerOfTwo(r.data, -exponent);
  if (exponent !== 0) requireInRange("qr: an entry of r", r.data);
  makeDiagonalNonNegative(r, q);
  return q ? { q, r, pivots } : { r, pivots };
}

/** Negates, in place, the rows of R whose diagonal entry is negative, and with them the columns of Q. */
export function makeDiagonalNonNegative(r: Matrix, q?: Matrix): void {
  const { cols: n, data } = r;
  const k = Math.min(r.rows, n);
  const negative: number[] = [];
  for (let i = 0; i < k; i++) {
    if (!(data[i * n + i] < 0)) continue;
    negative.push(i);
    for (let j = i; j < n; j++) data[i * n + j] = -data[i * n + j];
  }
  if (!q || negative.length === 0) return;
  for (let at = 0; at < q.data.length; at += q.cols) {
    for (const j of negative) q.data[at + j] = -q.data[at + j];
  }
}
