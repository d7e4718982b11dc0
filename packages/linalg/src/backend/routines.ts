// What a backend can do. The public functions check their arguments, choose a backend and finish the result;
// plain/ and lapack/ implement this, each in its own way.

import type { Matrix } from "../matrix.ts";
import type { MatrixStack } from "../matrix-stack.ts";

export type Vectors = "thin" | "full" | "none";

/** A = u·diag(s)·vᵀ; u and v are undefined if no vectors were asked for. */
export interface RawSvd {
  readonly s: Float64Array;
  readonly u: Matrix | undefined;
  readonly v: Matrix | undefined;
}

/** Values descending, vectors as columns in their order. */
export interface RawEigh {
  readonly values: Float64Array;
  readonly vectors: Matrix | undefined;
}

/** A[:, pivots] = q·r with any signs; q undefined in mode `"r"`. */
export interface RawQr {
  readonly q: Matrix | undefined;
  readonly r: Matrix;
  readonly pivots: Int32Array;
}

/** A result, or the order (from 1) of the leading minor or the pivot at which it failed; 0 if it did not. */
export interface Checked {
  readonly result: Matrix;
  readonly failedAt: number;
}

/** Arguments are finite, of fitting shapes, and not changed, except where it says so. */
export interface Routines {
  /** With `relative`, to high relative accuracy. The largest entry of A lies in [2^-450, 2^451) or is 0. */
  svd(a: Matrix, vectors: Vectors, relative: boolean): RawSvd;
  /** Of the lower triangle of the symmetric A, scaled like that of `svd`. */
  eigh(a: Matrix, vectors: boolean): RawEigh;
  /** A scaled like that of `svd`. */
  qr(a: Matrix, mode: "thin" | "full" | "r", pivoting: boolean): RawQr;
  /** L of A = L·Lᵀ, from the lower triangle of A. */
  cholesky(a: Matrix): Checked;
  /** X of A·X = B by LU with partial pivoting. */
  solve(a: Matrix, b: Matrix): Checked;
  /** X of op(T)·X = B for a triangular T with no zero on its diagonal. */
  solveTriangular(t: Matrix, b: Matrix, lower: boolean, transposed: boolean): Matrix;
  /** `out` = op(A)·op(B); `out` shares no memory with A and B. */
  multiply(out: Matrix, a: Matrix, b: Matrix, transposeA: boolean, transposeB: boolean): void;
  gram(a: Matrix): Matrix;
  /** Replaces the upper triangular `r` `[n, n]` by the R of [r; block], up to signs. */
  appendRows(r: Matrix, block: Matrix): void;
  /** Values `[count, n]`, descending, and vectors of a stack of symmetric matrices. */
  eighStack(stack: MatrixStack, values: Float64Array, vectors: Float64Array): void;
  svdStack(stack: MatrixStack, u: Float64Array, s: Float64Array, v: Float64Array): void;
  /** An empty store of rows of `length`, with room for `capacity` of them at first. */
  rowStore(length: number, capacity: number): RowStore;
}

/** A matrix R `[count, length]` that grows by rows and stays where the products are made. */
export interface RowStore {
  readonly length: number;
  readonly count: number;
  append(rows: Matrix): void;
  clear(): void;
  /** Copies of the rows `first` to `end` − 1. */
  read(first: number, end: number): Matrix;
  /** X·Rᵀ `[b, count]` of X `[b, length]`. */
  project(x: Matrix): Matrix;
  /** C·R `[b, length]` of C `[b, count]`, or Cᵀ·R of C `[count, b]`. */
  combine(c: Matrix, transposed: boolean): Matrix;
  /** W ← W − W·Rᵀ·R, twice, in place of W `[b, length]`, for orthonormal rows of R. Returns the sum of the W·Rᵀ. */
  orthogonalize(w: Matrix): Matrix;
  /** Gives the memory back. */
  release(): void;
}
