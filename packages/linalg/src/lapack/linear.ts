// Products and linear systems over the kernel's BLAS and LAPACK.

import type { Checked } from "../backend/routines.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { requireDone, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";
import { copyTransposed, readTransposed } from "./transposes.ts";

/** Numbers in a slice of a tall product: 16 MiB. */
const SLICE = 2 ** 21;
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
  // A tall product goes through the heap in slices of rows.
  const step = transposeA ? m : Math.min(m, Math.max(256, Math.floor(SLICE / Math.max(depth, n))));
  scoped(kernel, (scope) => {
    const y = scope.copyOf(b.data);
    const x = a === b && step === m ? y : scope.doubles(transposeA ? a.data.length : step * depth);
    const c = scope.doubles(step * n);
    const [tb, ta] = [Number(transposeB), Number(transposeA)];
    const [ldb, lda] = [Math.max(b.cols, 1), Math.max(a.cols, 1)];
    for (let first = 0; first < m; first += step) {
      const rows = Math.min(step, m - first);
      if (x !== y) {
        const part = transposeA ? a.data : a.data.subarray(first * depth, (first + rows) * depth);
        scope.view(x, part.length).set(part);
      }
      // Row-major C = A·B is column-major Cᵀ = Bᵀ·Aᵀ.
      kernel.la_gemm(tb, ta, n, rows, depth, 1, y, ldb, x, lda, 0, c, Math.max(n, 1));
      out.data.set(scope.view(c, rows * n), first * n);
    }
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
