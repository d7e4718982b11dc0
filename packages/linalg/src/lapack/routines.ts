// The backends "wasm", "wasm-relaxed" and "js": LAPACK over the heap of the kernel. A row-major [m, n] is the
// column-major [n, m] of its transpose, so the roles of U and V, of lower and upper are exchanged, and little
// has to be transposed on the way.

import type { Routines } from "../backend/routines.ts";
import { divideAndConquerEigh } from "./eigh.ts";
import type { Kernel } from "./kernel.ts";
import {
  choleskyByLapack,
  gramBySyrk,
  multiplyByGemm,
  solveByLapack,
  solveTriangularByTrsm,
} from "./linear.ts";
import { appendRowsByLapack, householderFactors } from "./qr.ts";
import { HeapRowStore } from "./row-store.ts";
import { eighStackByLapack, svdStackByLapack } from "./stacks.ts";
import { divideAndConquerSvd, jacobiSvd } from "./svd.ts";

export function lapackRoutines(kernel: Kernel): Routines {
  return {
    svd: (a, vectors, relative) =>
      relative ? jacobiSvd(kernel, a, vectors) : divideAndConquerSvd(kernel, a, vectors),
    eigh: (a, vectors) => divideAndConquerEigh(kernel, a, vectors),
    qr: (a, mode, pivoting) => householderFactors(kernel, a, mode, pivoting),
    cholesky: (a) => choleskyByLapack(kernel, a),
    solve: (a, b) => solveByLapack(kernel, a, b),
    solveTriangular: (t, b, lower, transposed) => solveTriangularByTrsm(kernel, t, b, lower, transposed),
    multiply: (out, a, b, transposeA, transposeB) =>
      multiplyByGemm(kernel, out, a, b, transposeA, transposeB),
    gram: (a) => gramBySyrk(kernel, a),
    appendRows: (r, block) => appendRowsByLapack(kernel, r, block),
    eighStack: (stack, values, vectors) => eighStackByLapack(kernel, stack, values, vectors),
    svdStack: (stack, u, s, v) => svdStackByLapack(kernel, stack, u, s, v),
    rowStore: (length, capacity) => new HeapRowStore(kernel, length, capacity),
  };
}
