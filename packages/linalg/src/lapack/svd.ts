// Singular values by LAPACK. The column-major view of a row-major A is Aᵀ = V·diag(s)·Uᵀ, so U and V change places.

import type { RawSvd, Vectors } from "../backend/routines.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { requireDone, type Scope, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";
import { copyTransposed, readTransposed } from "./transposes.ts";

/** Divide and conquer (DGESDD), normwise accurate. */
export function divideAndConquerSvd(kernel: Kernel, a: Matrix, vectors: Vectors): RawSvd {
  const { rows: m, cols: n } = a;
  const r = Math.min(m, n);
  // DGESDD is a tenth faster on tall matrices than on wide ones, so a tall one is worth a transpose.
  const tall = m > n;
  const [rows, cols] = tall ? [m, n] : [n, m];
  return scoped(kernel, (scope) => {
    const at = tall ? copyTransposed(kernel, scope, a) : scope.copyOf(a.data);
    const s = scope.doubles(r);
    const wanted = vectors !== "none";
    const k = vectors === "full" ? rows : r;
    const l = vectors === "full" ? cols : r;
    const left = wanted ? scope.doubles(rows * k) : 0;
    const right = wanted ? scope.doubles(l * cols) : 0;
    const job = vectors === "none" ? 0 : vectors === "thin" ? 1 : 2;
    const info = kernel.la_gesdd(job, rows, cols, at, s, left, right);
    requireDone(kernel, "dgesdd", `[${m}, ${n}]`, info);
    const values = scope.read(s, r);
    if (!wanted) return { s: values, u: undefined, v: undefined };
    // The right vectors come transposed, which is row-major as they are.
    const leftVectors = readTransposed(kernel, scope, left, rows, k);
    const rightVectors = matrix(cols, l, scope.read(right, l * cols));
    return tall
      ? { s: values, u: leftVectors, v: rightVectors }
      : { s: values, u: rightVectors, v: leftVectors };
  });
}

/** One-sided Jacobi (DGEJSV), accurate relative to every singular value. */
export function jacobiSvd(kernel: Kernel, a: Matrix, vectors: Vectors): RawSvd {
  const { rows: m, cols: n } = a;
  const r = Math.min(m, n);
  const longer = Math.max(m, n);
  return scoped(kernel, (scope) => {
    // DGEJSV wants at least as many rows as columns, which the transpose of a wide matrix has.
    let tall = scope.copyOf(a.data);
    if (m >= n) {
      const copy = scope.doubles(m * n);
      kernel.la_transpose(n, m, tall, copy);
      tall = copy;
    }
    const s = scope.doubles(r);
    const wanted = vectors !== "none";
    const left = wanted ? scope.doubles(longer * r) : 0;
    const right = wanted ? scope.doubles(r * r) : 0;
    const info = kernel.la_gejsv(longer, r, tall, s, left, right);
    requireDone(kernel, "dgejsv", `[${m}, ${n}]`, info);
    const values = scope.read(s, r);
    if (!wanted) return { s: values, u: undefined, v: undefined };
    const long = vectors === "full" ? completed(kernel, scope, left, longer, r) : left;
    const columns = vectors === "full" ? longer : r;
    const longVectors = readTransposed(kernel, scope, long, longer, columns);
    const shortVectors = readTransposed(kernel, scope, right, r, r);
    return m >= n
      ? { s: values, u: longVectors, v: shortVectors }
      : { s: values, u: shortVectors, v: longVectors };
  });
}

/** The r orthonormal columns of length m at `q`, continued to m of them. */
function completed(kernel: Kernel, scope: Scope, q: number, m: number, r: number): number {
  const full = scope.doubles(m * m);
  scope.view(full, m * r).set(scope.view(q, m * r));
  const tau = scope.doubles(r);
  requireDone(kernel, "dgeqrf", `[${m}, ${r}]`, kernel.la_geqrf(m, r, full, tau));
  requireDone(kernel, "dorgqr", `[${m}, ${m}]`, kernel.la_orgqr(m, m, r, full, tau));
  scope.view(full, m * r).set(scope.view(q, m * r));
  return full;
}
