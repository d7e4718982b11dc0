// Thin QR factorisation.

import { applyQ, householderQr } from "./householder.ts";
import { identity, type Matrix, requireFinite } from "./matrix.ts";
import { scaleByPowerOfTwo, scaled } from "./scaling.ts";

/** A = q·r, thin: k = min(m, n). */
export interface Qr {
  /** `[m, k]`, columns orthonormal. */
  readonly q: Matrix;
  /** `[k, n]`, upper trapezoidal with a non-negative diagonal. */
  readonly r: Matrix;
}

/**
 * QR factorisation A = Q·R of A `[m, n]` by Householder reflections, without pivoting. The diagonal of R is
 * non-negative, which makes both factors unique where the first min(m, n) columns of A are independent.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` or `NOT_FINITE`.
 */
export function qr(a: Matrix): Qr {
  requireFinite("qr", a);
  const { data, exponent } = scaled(a);
  const { r, reflectors } = householderQr(data, a.rows, a.cols, false);
  const k = r.rows;
  const q = applyQ(reflectors, identity(k));
  scaleByPowerOfTwo(r.data, -exponent);
  for (let i = 0; i < k; i++) {
    if (r.data[i * a.cols + i]! < 0) {
      for (let j = i; j < a.cols; j++) r.data[i * a.cols + j]! *= -1;
      for (let row = 0; row < a.rows; row++) q.data[row * k + i]! *= -1;
    }
  }
  return { q, r };
}
