// Rows that stay on the heap of the kernel between calls: a basis, or a matrix that is applied many times.

import type { RowStore } from "../backend/routines.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { Scope, scoped } from "./heap.ts";
import type { Kernel } from "./kernel.ts";

export class HeapRowStore implements RowStore {
  readonly length: number;
  count: number = 0;
  readonly #kernel: Kernel;
  #scope: Scope;
  #block: number;
  #capacity: number;

  constructor(kernel: Kernel, length: number, capacity: number) {
    this.length = length;
    this.#kernel = kernel;
    this.#capacity = capacity;
    this.#scope = new Scope(kernel);
    this.#block = this.#scope.doubles(capacity * length);
  }

  append(rows: Matrix): void {
    if (this.count + rows.rows > this.#capacity) this.#grow(this.count + rows.rows);
    const all = this.#scope.view(this.#block, this.#capacity * this.length);
    all.set(rows.data, this.count * this.length);
    this.count += rows.rows;
  }

  clear(): void {
    this.count = 0;
  }

  read(first: number, end: number): Matrix {
    const start = this.#block + 8 * first * this.length;
    return matrix(end - first, this.length, this.#scope.read(start, (end - first) * this.length));
  }

  project(x: Matrix): Matrix {
    return scoped(this.#kernel, (scope) => {
      const c = scope.doubles(x.rows * this.count);
      this.#project(x.rows, scope.copyOf(x.data), c);
      return matrix(x.rows, this.count, scope.read(c, x.rows * this.count));
    });
  }

  combine(c: Matrix, transposed: boolean): Matrix {
    const rows = transposed ? c.cols : c.rows;
    return scoped(this.#kernel, (scope) => {
      const out = scope.doubles(rows * this.length);
      this.#combine(rows, scope.copyOf(c.data), transposed, 1, 0, out);
      return matrix(rows, this.length, scope.read(out, rows * this.length));
    });
  }

  orthogonalize(w: Matrix): Matrix {
    const { rows } = w;
    return scoped(this.#kernel, (scope) => {
      const at = scope.copyOf(w.data);
      const c = scope.doubles(rows * this.count);
      this.#project(rows, at, c);
      this.#combine(rows, c, false, -1, 1, at);
      const sum = scope.read(c, rows * this.count);
      this.#project(rows, at, c);
      this.#combine(rows, c, false, -1, 1, at);
      const again = scope.view(c, sum.length);
      for (let i = 0; i < sum.length; i++) sum[i] += again[i];
      w.data.set(scope.view(at, w.data.length));
      return matrix(rows, this.count, sum);
    });
  }

  release(): void {
    this.#scope.release();
  }

  /** c `[rows, count]` = X·Rᵀ. */
  #project(rows: number, x: number, c: number): void {
    const { length, count } = this;
    if (rows === 1) this.#kernel.la_gemv(1, length, count, 1, this.#block, length, x, 0, c);
    else if (count > 0) {
      this.#kernel.la_gemm(1, 0, count, rows, length, 1, this.#block, length, x, length, 0, c, count);
    }
  }

  /** out `[rows, length]` = alpha·C·R + beta·out, C `[rows, count]` or, transposed, `[count, rows]`. */
  #combine(rows: number, c: number, transposed: boolean, alpha: number, beta: number, out: number): void {
    const { length, count } = this;
    if (rows === 1) this.#kernel.la_gemv(0, length, count, alpha, this.#block, length, c, beta, out);
    else {
      const ldc = Math.max(transposed ? rows : count, 1);
      const t = Number(transposed);
      this.#kernel.la_gemm(0, t, length, rows, count, alpha, this.#block, length, c, ldc, beta, out, length);
    }
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, Math.ceil(1.5 * this.#capacity));
    const scope = new Scope(this.#kernel);
    const block = scope.doubles(capacity * this.length);
    const used = this.count * this.length;
    scope.view(block, used).set(scope.view(this.#block, used));
    this.#scope.release();
    this.#scope = scope;
    this.#block = block;
    this.#capacity = capacity;
  }
}
