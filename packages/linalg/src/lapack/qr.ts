// Orthogonal factors by LAPACK: DGEQRF, DGEQP3, DORGQR, and the streaming step.

import type { RawQr } from "../backend/routines.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { requireDone, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";
import { copyTransposed, readTransposed } from "./transposes.ts";

/** Rows per step of the streaming QR: with 64 columns they fit a second-level cache. */
const STEP_ROWS = 512;

export function householderFactors(
  kernel: Kernel,
  a: Matrix,
  mode: "thin" | "full" | "r",
  pivoting: boolean,
): RawQr {
  const { rows: m, cols: n } = a;
  const k = Math.min(m, n);
  const shape = `[${m}, ${n}]`;
  return scoped(kernel, (scope) => {
    const columns = mode === "full" ? m : k;
    const at = copyTransposed(kernel, scope, a, m * Math.max(n, columns));
    const tau = scope.doubles(k);
    let pivots: Int32Array = Int32Array.from({ length: n }, (_, j) => j);
    if (pivoting) {
      const block = scope.integers(n);
      requireDone(kernel, "dgeqp3", shape, kernel.la_geqp3(m, n, at, block, tau));
      pivots = scope.readIntegers(block, n);
    } else {
      requireDone(kernel, "dgeqrf", shape, kernel.la_geqrf(m, n, at, tau));
    }
    const upper = scope.doubles(k * n);
    kernel.la_extract_r(m, n, at, upper);
    const top = readTransposed(kernel, scope, upper, k, n);
    if (mode === "r") return { q: undefined, r: top, pivots };
    requireDone(kernel, "dorgqr", shape, kernel.la_orgqr(m, columns, k, at, tau));
    const q = readTransposed(kernel, scope, at, m, columns);
    const r = mode === "full" ? matrix(m, n) : top;
    if (r !== top) r.data.set(top.data);
    return { q, r, pivots };
  });
}

export function appendRowsByLapack(kernel: Kernel, r: Matrix, block: Matrix): void {
  const n = r.cols;
  scoped(kernel, (scope) => {
    const upper = copyTransposed(kernel, scope, r);
    const step = Math.min(STEP_ROWS, block.rows);
    const rows = scope.doubles(step * n);
    for (let first = 0; first < block.rows; first += step) {
      const part = block.data.subarray(first * n, Math.min(first + step, block.rows) * n);
      scope.view(rows, part.length).set(part);
      requireDone(
        kernel,
        "dgeqrf",
        `[${n + step}, ${n}]`,
        kernel.la_tsqr_step(n, upper, part.length / n, rows),
      );
    }
    r.data.set(readTransposed(kernel, scope, upper, n, n).data);
  });
}
