// Symmetric eigenproblems by divide and conquer (DSYEVD).

import type { RawEigh } from "../backend/routines.ts";
import { type Matrix, matrix, rowAt } from "../matrix.ts";
import { requireDone, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";

export function divideAndConquerEigh(kernel: Kernel, a: Matrix, wantVectors: boolean): RawEigh {
  const n = a.rows;
  return scoped(kernel, (scope) => {
    // DSYEVD reads the column-major lower triangle, the row-major upper one: bring ours over.
    const at = scope.doubles(n * n);
    const straight = scope.copyOf(a.data);
    kernel.la_transpose(n, n, straight, at);
    const w = scope.doubles(n);
    const info = kernel.la_syevd(wantVectors ? 1 : 0, n, at, w);
    requireDone(kernel, "dsyevd", `[${n}, ${n}]`, info);
    const values = scope.read(w, n).reverse();
    if (!wantVectors) return { values, vectors: undefined };
    kernel.la_transpose(n, n, at, straight);
    const vectors = matrix(n, n, scope.read(straight, n * n));
    // LAPACK's values ascend, ours descend.
    for (let i = 0; i < n; i++) rowAt(vectors.data, i, n).reverse();
    return { values, vectors };
  });
}
