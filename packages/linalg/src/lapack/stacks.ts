// Stacks of matrices, in slices that go to the kernel with one call.

import type { MatrixStack } from "../matrix-stack.ts";
import { requireDone, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";

/** Numbers in a slice: half a megabyte, so that a long stack needs no more heap than a short one. */
const SLICE = 65536;

export function eighStackByLapack(
  kernel: Kernel,
  { count, rows: n, data }: MatrixStack,
  values: Float64Array,
  vectors: Float64Array,
): void {
  const step = Math.max(1, Math.min(count, Math.floor(SLICE / (n * n))));
  scoped(kernel, (scope) => {
    const a = scope.doubles(step * n * n);
    const w = scope.doubles(step * n);
    const info = scope.integers(step);
    for (let first = 0; first < count; first += step) {
      const size = Math.min(step, count - first);
      const from = first * n * n;
      // Transposed on the way: DSYEVD reads the column-major lower triangle.
      transposeEach(data, from, scope.view(a, size * n * n), 0, size, n, n, false);
      const failures = kernel.la_syevd_batch(1, size, n, a, w, info);
      const worst = failures > 0 ? Math.max(...scope.readIntegers(info, size)) : failures;
      requireDone(kernel, "dsyevd", `[${n}, ${n}]`, worst);
      transposeEach(scope.view(a, size * n * n), 0, vectors, from, size, n, n, true);
      const ascending = scope.view(w, size * n);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < n; j++) values[(first + i) * n + j] = ascending[i * n + n - 1 - j];
      }
    }
  });
}

export function svdStackByLapack(
  kernel: Kernel,
  { count, rows: m, cols: n, data }: MatrixStack,
  u: Float64Array,
  s: Float64Array,
  v: Float64Array,
): void {
  const r = Math.min(m, n);
  const step = Math.max(1, Math.min(count, Math.floor(SLICE / (m * n))));
  scoped(kernel, (scope) => {
    const a = scope.doubles(step * m * n);
    const values = scope.doubles(step * r);
    const left = scope.doubles(step * n * r);
    const right = scope.doubles(step * r * m);
    const info = scope.integers(step);
    for (let first = 0; first < count; first += step) {
      const size = Math.min(step, count - first);
      scope.view(a, size * m * n).set(data.subarray(first * m * n, (first + size) * m * n));
      const failures = kernel.la_gesdd_batch(1, size, n, m, a, values, left, right, info);
      const worst = failures > 0 ? Math.max(...scope.readIntegers(info, size)) : failures;
      requireDone(kernel, "dgesdd", `[${m}, ${n}]`, worst);
      s.set(scope.view(values, size * r), first * r);
      u.set(scope.view(right, size * r * m), first * r * m);
      transposeEach(scope.view(left, size * n * r), 0, v, first * n * r, size, r, n, false);
    }
  });
}

/** Transposes of `count` row-major matrices `[rows, cols]`; with `reversed`, their columns in reverse order. */
function transposeEach(
  from: Float64Array,
  fromAt: number,
  to: Float64Array,
  toAt: number,
  count: number,
  rows: number,
  cols: number,
  reversed: boolean,
): void {
  for (let i = 0; i < count; i++) {
    const base = i * rows * cols;
    for (let row = 0; row < rows; row++) {
      const target = toAt + base + (reversed ? rows - 1 - row : row);
      const source = fromAt + base + row * cols;
      for (let col = 0; col < cols; col++) to[target + col * rows] = from[source + col];
    }
  }
}
