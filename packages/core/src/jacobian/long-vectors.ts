// Few vectors that may be as long as an image: what is made of them, in their own memory where that is possible.

import { eigh, type Matrix, matrix, normal } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";

/** What is left of a vector of length 1 when it lies in a space, by rounding. */
const NOTHING = 1e-10;

export function length(a: FloatArray): number {
  return Math.sqrt(dot(a, a));
}

/** a − factor·b, in a. */
export function subtractInPlace(a: Float64Array, b: FloatArray, factor: number): Float64Array {
  for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
  return a;
}

/** Σⱼ cⱼᵢ·vⱼ. */
export function combined(vectors: readonly FloatArray[], coefficients: Matrix, i: number): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((v, j) => {
    const c = coefficients.data[j * coefficients.cols + i];
    for (let at = 0; at < sum.length; at++) sum[at] += c * v[at];
  });
  return sum;
}

/**
 * `v`, made orthogonal to orthonormal vectors and of length 1, in place; undefined where it lies in their span. Twice, since
 * once leaves rounding.
 */
export function unitBeyond(v: Float64Array, basis: readonly FloatArray[]): Float64Array | undefined {
  for (let pass = 0; pass < 2; pass++) {
    divide(v, length(v));
    for (const other of basis) subtractInPlace(v, other, dot(v, other));
  }
  const size = length(v);
  return size > NOTHING ? divide(v, size) : undefined;
}

/** A singular value decomposition A = U·diag(s)·turnᵀ. */
export interface LongSvd {
  readonly s: Float64Array;
  /** `[k, k]`. */
  readonly turn: Matrix;
}

/**
 * The decomposition of the matrix with these k columns, which become those of U in place, orthonormal also where s vanishes.
 * From the spectrum of AᵀA: good to about 1e-16·s₁²/s.
 */
export function decomposeColumns(columns: Float64Array[]): LongSvd {
  const k = columns.length;
  const energies = matrix(k, k);
  columns.forEach((a, i) => {
    columns.forEach((b, j) => {
      energies.data[i * k + j] = dot(a, b);
    });
  });
  const { vectors: turn } = eigh(energies);
  turnInPlace(columns, turn);
  const lengths = columns.map(length);
  // Where they are rounding, they need not descend as the eigenvalues do.
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a]);
  const s = Float64Array.from(order, (i) => lengths[i]);
  columns.splice(0, k, ...order.map((i) => columns[i]));
  columns.forEach((column, i) => {
    const before = columns.slice(0, i);
    for (let drawn = 0; !unitBeyond(column, before); drawn++) column.set(normal(0, drawn, column.length));
  });
  return { s, turn: { ...turn, data: turn.data.map((_, at) => turn.data[at - (at % k) + order[at % k]]) } };
}

/** The columns of A·turn in place of those of A. */
function turnInPlace(columns: readonly Float64Array[], turn: Matrix): void {
  const k = columns.length;
  const row = new Float64Array(k);
  for (let at = 0; at < columns[0].length; at++) {
    for (let i = 0; i < k; i++) row[i] = columns[i][at];
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += row[j] * turn.data[j * k + i];
      columns[i][at] = sum;
    }
  }
}

function divide(a: Float64Array, divisor: number): Float64Array {
  for (let i = 0; i < a.length; i++) a[i] /= divisor;
  return a;
}
