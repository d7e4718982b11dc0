// LAPACK's measures of error (TESTING/EIG and TESTING/LIN: dbdt01, dort01, dsyt21, dqrt01, dpot01, dget02), each in
// units of n·eps; LAPACK's threshold for all of them is 30. Products by plain TypeScript, whatever the backend.

import type { Eigh, Matrix, Qr, Svd } from "../src/index.ts";
import { gramOf, multiplied } from "../src/plain/multiply.ts";
import { EPS } from "./helpers.ts";

export const THRESHOLD = 30;

/** Largest column sum of |A|. */
export function norm1({ rows, cols, data }: Matrix): number {
  let largest = 0;
  for (let j = 0; j < cols; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += Math.abs(data[i * cols + j]!);
    // Negated, so that NaN counts as large.
    if (!(sum <= largest)) largest = sum;
  }
  return largest;
}

export function minus(a: Matrix, b: Matrix): Matrix {
  if (a.rows !== b.rows || a.cols !== b.cols) throw new Error("shapes differ");
  return { ...a, data: a.data.map((x, at) => x - b.data[at]!) };
}

function columnsTimes(a: Matrix, d: ArrayLike<number>): Matrix {
  return { ...a, data: a.data.map((x, at) => x * d[at % a.cols]!) };
}

/** ‖residual‖₁ / (n·eps·‖A‖₁), where a residual of 0 is 0. */
function relative(residual: Matrix, a: Matrix): number {
  const top = norm1(residual);
  if (top === 0) return 0;
  return top / (Math.max(a.rows, a.cols, 1) * EPS) / norm1(a);
}

/** dort01: ‖QᵀQ − I‖₁ / (m·eps). */
export function orthogonalityRatio(q: Matrix): number {
  const g = gramOf(q);
  for (let i = 0; i < g.rows; i++) g.data[i * g.rows + i]! -= 1;
  return norm1(g) / (Math.max(q.rows, 1) * EPS);
}

/** dbdt01. */
export function svdRatio(a: Matrix, { u, s, v }: Svd): number {
  const r = s.length;
  const thin = (x: Matrix): Matrix => ({
    rows: x.rows,
    cols: r,
    data: x.data.filter((_, at) => at % x.cols < r),
  });
  return relative(minus(multiplied(columnsTimes(thin(u), s), thin(v), false, true), a), a);
}

/** dsyt21. */
export function eighRatio(a: Matrix, { values, vectors }: Eigh): number {
  return relative(minus(multiplied(columnsTimes(vectors, values), vectors, false, true), a), a);
}

/** dqrt01, and its like for dgeqp3. */
export function qrRatio(a: Matrix, { q, r, pivots }: Qr): number {
  const permuted: Matrix = {
    ...a,
    data: a.data.map((_, at) => a.data[at - (at % a.cols) + pivots[at % a.cols]!]!),
  };
  return relative(minus(multiplied(q, r), permuted), a);
}

/** dpot01. */
export function choleskyRatio(a: Matrix, l: Matrix): number {
  return relative(minus(multiplied(l, l, false, true), a), a);
}

/** dget02: ‖A·X − B‖₁ / (‖A‖₁·‖X‖₁·n·eps). */
export function solveRatio(a: Matrix, x: Matrix, b: Matrix): number {
  const top = norm1(minus(multiplied(a, x), b));
  return top === 0 ? 0 : top / (norm1(a) * norm1(x) * a.rows * EPS);
}
