// Triangular factors: Cholesky, LU with partial pivoting, substitution.
// Golub & Van Loan, Matrix Computations (4th ed.), §3.1, §3.4 and §4.2.

import type { Checked } from "../backend/routines.ts";
import { type Matrix, matrix } from "../matrix.ts";

/** L of A = L·Lᵀ, from the lower triangle of A, row by row. */
export function plainCholesky(a: Matrix): Checked {
  const n = a.rows;
  const result = matrix(n, n);
  const l = result.data;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a.data[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i !== j) l[i * n + j] = sum / l[j * n + j];
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else return { result, failedAt: i + 1 };
    }
  }
  return { result, failedAt: 0 };
}

/** X of A·X = B. */
export function plainSolve(a: Matrix, b: Matrix): Checked {
  const n = a.rows;
  const work = a.data.slice();
  const result = matrix(n, b.cols, b.data.slice());
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(work[i * n + k]) > Math.abs(work[pivot * n + k])) pivot = i;
    }
    if (work[pivot * n + k] === 0) return { result, failedAt: k + 1 };
    swapRows(work, n, k, pivot);
    swapRows(result.data, b.cols, k, pivot);
    for (let i = k + 1; i < n; i++) {
      const factor = work[i * n + k] / work[k * n + k];
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) work[i * n + j] -= factor * work[k * n + j];
      subtractRow(result, i, k, factor);
    }
  }
  return { result: plainSolveTriangular(matrix(n, n, work), result, false, false), failedAt: 0 };
}

/** X of op(T)·X = B by substitution. */
export function plainSolveTriangular(t: Matrix, b: Matrix, lower: boolean, transposed: boolean): Matrix {
  const n = t.rows;
  const x = matrix(n, b.cols, b.data.slice());
  const forward = lower !== transposed;
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    for (let before = 0; before < step; before++) {
      const k = forward ? before : n - 1 - before;
      subtractRow(x, i, k, transposed ? t.data[k * n + i] : t.data[i * n + k]);
    }
    const diagonal = t.data[i * n + i];
    for (let j = 0; j < b.cols; j++) x.data[i * b.cols + j] /= diagonal;
  }
  return x;
}

/** Row i −= factor · row k. */
function subtractRow(x: Matrix, i: number, k: number, factor: number): void {
  if (factor === 0) return;
  const { cols, data } = x;
  for (let j = 0; j < cols; j++) data[i * cols + j] -= factor * data[k * cols + j];
}

function swapRows(data: Float64Array, cols: number, i: number, k: number): void {
  if (i === k) return;
  for (let j = 0; j < cols; j++) {
    const kept = data[i * cols + j];
    data[i * cols + j] = data[k * cols + j];
    data[k * cols + j] = kept;
  }
}
