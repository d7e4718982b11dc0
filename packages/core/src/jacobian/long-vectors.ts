// Few vectors that may be as long as an image: what is made of them, in their own memory where that is possible.

import { eigh, type Matrix, matmul, matrix, normal, rowAt } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";

/** What is left of a vector of length 1 when it lies in a space, by rounding. */
const NOTHING = 1e-10;

/**
 * Iterations begin with random numbers that no sample of a prior reads, under any seed: normalising networks do not move
 * along the point itself, and a start there would be lost.
 */
const FIRST_START = 2 ** 43;

/** The random vector of this number that an iteration may begin with, `[dim]`. */
export function startVector(number: number, dim: number): Float64Array {
  return normal(0, FIRST_START + number, dim);
}

export function length(a: FloatArray): number {
  return Math.sqrt(dot(a, a));
}

/** a − factor·b, in a. */
export function subtractInPlace(a: Float64Array, b: FloatArray, factor: number): Float64Array {
  for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
  return a;
}

/** What is left of a vector beside orthonormal ones. */
export function orthogonalTo(basis: readonly FloatArray[], v: FloatArray): Float64Array {
  const rest = Float64Array.from(v);
  for (const other of basis) subtractInPlace(rest, other, dot(rest, other));
  return rest;
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

/** The first k of those as columns, `[·, k]`. */
export function combinations(vectors: readonly FloatArray[], coefficients: Matrix, k: number): Matrix {
  const sums = matrix(vectors[0].length, k);
  vectors.forEach((v, j) => {
    const row = rowAt(coefficients.data, j, coefficients.cols);
    for (let at = 0; at < v.length; at++) {
      const x = v[at];
      for (let i = 0; i < k; i++) sums.data[at * k + i] += row[i] * x;
    }
  });
  return sums;
}

/**
 * `v`, made orthogonal to orthonormal vectors and of length 1, in place; undefined where it lies in their span. Twice,
 * since once leaves rounding.
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
 * The decomposition of a matrix with few columns, which becomes U in place, its columns orthonormal also where s
 * vanishes. From the spectrum of AᵀA: good to about 1e-16·s₁²/s.
 */
export function decomposeInPlace(a: Matrix): LongSvd {
  const { vectors: turn } = eigh(energiesOf(a));
  turnRows(a, turn);
  // Where the lengths are rounding, they need not descend as the eigenvalues do.
  const lengths = Array.from({ length: a.cols }, (_, i) => columnLength(a, i));
  const order = lengths.map((_, i) => i).sort((i, j) => lengths[j] - lengths[i]);
  const permutation = matrix(a.cols, a.cols);
  order.forEach((from, to) => {
    permutation.data[from * a.cols + to] = 1;
  });
  turnRows(a, permutation);
  orthonormalize(a);
  return { s: Float64Array.from(order, (i) => lengths[i]), turn: matmul(turn, permutation) };
}

/** AᵀA. */
function energiesOf({ cols: k, data }: Matrix): Matrix {
  const energies = matrix(k, k);
  for (let at = 0; at < data.length; at += k) {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) energies.data[i * k + j] += data[at + i] * data[at + j];
    }
  }
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < i; j++) energies.data[j * k + i] = energies.data[i * k + j];
  }
  return energies;
}

/** A·turn in place of A. */
function turnRows(a: Matrix, turn: Matrix): void {
  const k = a.cols;
  const row = new Float64Array(k);
  for (let at = 0; at < a.data.length; at += k) {
    row.set(a.data.subarray(at, at + k));
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += row[j] * turn.data[j * k + i];
      a.data[at + i] = sum;
    }
  }
}

/** Each column made orthogonal to those before it and of length 1; a random one in place of what lies in their span. */
function orthonormalize(a: Matrix): void {
  for (let i = 0; i < a.cols; i++) {
    for (let drawn = 0; !isolateColumn(a, i); drawn++) {
      const random = normal(0, drawn, a.rows);
      for (let row = 0; row < a.rows; row++) a.data[row * a.cols + i] = random[row];
    }
  }
}

/** {@link unitBeyond} of column i and those before it, where they lie; `false` where it lies in their span. */
function isolateColumn(a: Matrix, i: number): boolean {
  for (let pass = 0; pass < 2; pass++) {
    divideColumn(a, i, columnLength(a, i));
    const along = new Float64Array(i);
    for (let at = 0; at < a.data.length; at += a.cols) {
      for (let j = 0; j < i; j++) along[j] += a.data[at + j] * a.data[at + i];
    }
    for (let at = 0; at < a.data.length; at += a.cols) {
      for (let j = 0; j < i; j++) a.data[at + i] -= along[j] * a.data[at + j];
    }
  }
  const size = columnLength(a, i);
  divideColumn(a, i, size);
  return size > NOTHING;
}

function columnLength({ cols, data }: Matrix, i: number): number {
  let square = 0;
  for (let at = i; at < data.length; at += cols) square += data[at] ** 2;
  return Math.sqrt(square);
}

function divideColumn({ cols, data }: Matrix, i: number, divisor: number): void {
  for (let at = i; at < data.length; at += cols) data[at] /= divisor;
}

function divide(a: Float64Array, divisor: number): Float64Array {
  for (let i = 0; i < a.length; i++) a[i] /= divisor;
  return a;
}

/** Vectors of one precision, one at least, behind each other; a single one as it is. */
export function concatenate(parts: readonly FloatArray[]): FloatArray {
  if (parts.length === 1) return parts[0];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = parts[0] instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
