// Products and linear systems over the kernel's BLAS and LAPACK.

import { type Matrix, matrix } from "../matrix.ts";
import type { Checked } from "../routines.ts";
import { requireDone, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";
import { copyTransposed, readTransposed } from "./transposes.ts";

/** Rows per step of the Gram matrix of a tall matrix. */
const GRAM_ROWS = 1024;

export function multiplyByGemm(
  kernel: Kernel,
  out: Matrix,
  a: Matrix,
  b: Matrix,
  transposeA: boolean,
  transposeB: boolean,
): void {
  const { rows: m, cols: n } = out;
  const depth = transposeA ? a.rows : a.cols;
  scoped(kernel, (scope) => {
    const c = scope.doubles(m * n);
    const x = scope.copyOf(a.data);
    const y = a === b ? x : scope.copyOf(b.data);
    // Row-major C = A·B is column-major Cᵀ = Bᵀ·Aᵀ.
    const [tb, ta] = [Number(transposeB), Number(transposeA)];
    const [ldb, lda] = [Math.max(b.cols, 1), Math.max(a.cols, 1)];
    kernel.la_gemm(tb, ta, n, m, depth, 1, y, ldb, x, lda, 0, c, Math.max(n, 1));
    out.data.set(scope.view(c, m * n));
  });
}

/** AᵀA of a row-major A, in steps of rows: a tall matrix needs no room on the heap. */
export function gramBySyrk(kernel: Kernel, a: Matrix): Matrix {
  const { rows: m, cols: n } = a;
  return scoped(kernel, (scope) => {
    const c = scope.doubles(n * n);
    scope.view(c, n * n).fill(0);
    const step = Math.min(GRAM_ROWS, m);
    const rows = scope.doubles(step * n);
    for (let first = 0; first < m; first += step) {
      const part = a.data.subarray(first * n, Math.min(first + step, m) * n);
      scope.view(rows, part.length).set(part);
      kernel.la_syrk(0, n, part.length / n, 1, rows, n, 1, c, n);
    }
    return matrix(n, n, scope.read(c, n * n));
  });
}

/** L of A = L·Lᵀ. The row-major lower triangle is the column-major upper one. */
export function choleskyByLapack(kernel: Kernel, a: Matrix): Checked {
  const n = a.rows;
  return scoped(kernel, (scope) => {
    const at = scope.copyOf(a.data);
    const info = kernel.la_potrf(1, n, at);
    requireDone(kernel, "dpotrf", `[${n}, ${n}]`, info, true);
    return { result: matrix(n, n, scope.read(at, n * n)), failedAt: info };
  });
}

/** X of A·X = B by the LU factors of Aᵀ. */
export function solveByLapack(kernel: Kernel, a: Matrix, b: Matrix): Checked {
  const n = a.rows;
  return scoped(kernel, (scope) => {
    const at = scope.copyOf(a.data);
    const x = copyTransposed(kernel, scope, b);
    const pivots = scope.integers(n);
    const info = kernel.la_getrf(n, n, at, pivots);
    requireDone(kernel, "dgetrf", `[${n}, ${n}]`, info, true);
    if (info > 0) return { result: b, failedAt: info };
    requireDone(kernel, "dgetrs", `[${n}, ${n}]`, kernel.la_getrs(1, n, b.cols, at, pivots, x));
    return { result: readTransposed(kernel, scope, x, n, b.cols), failedAt: 0 };
  });
}

/** X of op(T)·X = B, as Xᵀ·op(T)ᵀ = Bᵀ. */
export function solveTriangularByTrsm(
  kernel: Kernel,
  t: Matrix,
  b: Matrix,
  lower: boolean,
  transposed: boolean,
): Matrix {
  const { rows: n, cols } = b;
  return scoped(kernel, (scope) => {
    const factor = scope.copyOf(t.data);
    const x = scope.copyOf(b.data);
    kernel.la_trsm(1, Number(lower), Number(transposed), 0, cols, n, 1, factor, n, x, Math.max(cols, 1));
    return matrix(n, cols, scope.read(x, n * cols));
  });
}
