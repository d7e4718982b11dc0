// QR factorisation by Householder reflections.

import type { RawQr } from "../backend/routines.ts";
import { scaleByPowerOfTwo, scaled } from "../decompositions/scaling.ts";
import { identity, type Matrix, matrix } from "../matrix.ts";
import { applyQ, householderQr } from "./householder.ts";

export function plainQr(a: Matrix, mode: "thin" | "full" | "r", pivoting: boolean): RawQr {
  const { rows: m, cols: n } = a;
  const { data, exponent } = scaled(a);
  const { r, reflectors, pivots } = householderQr(data, m, n, pivoting);
  scaleByPowerOfTwo(r.data, -exponent);
  const k = Math.min(m, n);
  // With pivoting, R ends at the numerical rank; rows of zeros fill it up.
  const filled = matrix(mode === "full" ? m : k, n);
  filled.data.set(r.data);
  const q = mode === "r" ? undefined : applyQ(reflectors, identity(filled.rows));
  return { q, r: filled, pivots };
}

/** Replaces the upper triangular `r` `[n, n]` by the R of [r; block]. */
export function appendRowsPlain(r: Matrix, block: Matrix): void {
  const n = r.cols;
  const stacked = matrix(n + block.rows, n);
  stacked.data.set(r.data);
  stacked.data.set(block.data, r.data.length);
  r.data.set(plainQr(stacked, "r", false).r.data);
}
