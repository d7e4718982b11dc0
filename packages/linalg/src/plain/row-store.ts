// Rows in ordinary memory.

import type { RowStore } from "../backend/routines.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { multiplied } from "./multiply.ts";

export class PlainRowStore implements RowStore {
  readonly length: number;
  count: number = 0;
  #data: Float64Array;

  constructor(length: number, capacity: number) {
    this.length = length;
    this.#data = new Float64Array(length * capacity);
  }

  append(rows: Matrix): void {
    const needed = (this.count + rows.rows) * this.length;
    if (needed > this.#data.length) {
      const larger = new Float64Array(Math.max(needed, Math.ceil(1.5 * this.#data.length)));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data.set(rows.data, this.count * this.length);
    this.count += rows.rows;
  }

  clear(): void {
    this.count = 0;
  }

  read(first: number, end: number): Matrix {
    return matrix(end - first, this.length, this.#data.slice(first * this.length, end * this.length));
  }

  project(x: Matrix): Matrix {
    return multiplied(x, this.#rows(), false, true);
  }

  combine(c: Matrix, transposed: boolean): Matrix {
    return multiplied(c, this.#rows(), transposed);
  }

  orthogonalize(w: Matrix): Matrix {
    const first = this.#subtractProjection(w);
    const second = this.#subtractProjection(w);
    for (let i = 0; i < first.data.length; i++) first.data[i] += second.data[i];
    return first;
  }

  release(): void {}

  #subtractProjection(w: Matrix): Matrix {
    const coefficients = this.project(w);
    const parts = this.combine(coefficients, false);
    for (let i = 0; i < w.data.length; i++) w.data[i] -= parts.data[i];
    return coefficients;
  }

  #rows(): Matrix {
    return matrix(this.count, this.length, this.#data.subarray(0, this.count * this.length));
  }
}
