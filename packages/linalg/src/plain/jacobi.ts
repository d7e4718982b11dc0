// One-sided Jacobi: rotates the rows of a square matrix until they are orthogonal. Their lengths are then
// its singular values, each to high relative accuracy.
// Drmač & Veselić, "New fast and accurate Jacobi SVD algorithm I, II", SIAM J. Matrix Anal. Appl. 29 (2008).

import { LinalgError } from "../errors.ts";
import { type Matrix, matrix, rowAt } from "../matrix.ts";
import { turn } from "./rotation.ts";

/** Sweeps before giving up; 3 to 9 are the rule. */
const MAX_SWEEPS = 40;
/** Rows per tile: two tiles of a 512-column problem, with its vectors, fit a 256 KiB cache. */
const TILE = 16;

/** G = rotationᵀ·diag(s)·directions, s descending. */
export interface RowJacobi {
  readonly s: Float64Array;
  /** `[n, n]`, rows orthonormal: the right singular vectors of G. */
  readonly directions: Matrix;
  /** `[n, n]` orthogonal, rows the left singular vectors of G; `[n, 0]` when not asked for. */
  readonly rotation: Matrix;
}

/**
 * One-sided Jacobi on the rows of the non-singular `[n, n]` matrix G, best after QR preconditioning.
 *
 * @throws {LinalgError} `NO_CONVERGENCE`.
 */
export function rowJacobi(g: Matrix, wantRotation: boolean): RowJacobi {
  const n = g.rows;
  // Row i of `work` is row i of G, then row i of the rotation, so that one loop turns both. Each is filled
  // up with zeros to a multiple of four, so that unrolled loops have no remainder.
  const span = 4 * Math.ceil(n / 4);
  const width = wantRotation ? 2 * span : span;
  const work = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    work.set(rowAt(g.data, i, n), i * width);
    if (wantRotation) work[i * width + span + i] = 1;
  }
  orthogonalize(work, n, span, width);
  return sorted(work, n, span, width, wantRotation);
}

/** @throws {LinalgError} `NO_CONVERGENCE`. */
function orthogonalize(work: Float64Array, n: number, span: number, width: number): void {
  const squares = new Float64Array(n);
  let sweeps = 0;
  while (sweep(work, n, span, width, squares) > n * Number.EPSILON) {
    if (++sweeps === MAX_SWEEPS) {
      throw new LinalgError(
        "NO_CONVERGENCE",
        `svd: Jacobi rotations did not converge in ${MAX_SWEEPS} sweeps over a matrix of rank ${n}. ` +
          "Check the matrix for entries that differ by hundreds of orders of magnitude.",
      );
    }
  }
}

/** The rows of `work` by falling length, at length 1, and the rotation's rows in that order. */
function sorted(work: Float64Array, n: number, span: number, width: number, hasRotation: boolean): RowJacobi {
  const lengths = Float64Array.from({ length: n }, (_, i) => Math.sqrt(squareOf(work, i * width, span)));
  if (lengths.includes(0)) {
    throw new LinalgError(
      "NO_CONVERGENCE",
      `svd: a singular value of a matrix of rank ${n} fell below the range of float64 on the way. ` +
        "Scale rows or columns so that the entries differ by fewer orders of magnitude.",
    );
  }
  const order = Array.from(lengths.keys()).sort((a, b) => lengths[b] - lengths[a]);
  const s = new Float64Array(n);
  const directions = matrix(n, n);
  const rotation = matrix(n, hasRotation ? n : 0);
  order.forEach((from, to) => {
    const length = lengths[from];
    s[to] = length;
    for (let j = 0; j < n; j++) directions.data[to * n + j] = work[from * width + j] / length;
    const start = from * width + span;
    rotation.data.set(work.subarray(start, start + rotation.cols), to * rotation.cols);
  });
  return { s, directions, rotation };
}

/** Visits every pair of rows once, tile by tile. Returns the largest |cosine| that it met. */
function sweep(work: Float64Array, n: number, span: number, width: number, squares: Float64Array): number {
  for (let i = 0; i < n; i++) squares[i] = squareOf(work, i * width, span);
  const threshold = Math.sqrt(n) * Number.EPSILON;
  let largest = 0;
  for (let p0 = 0; p0 < n; p0 += TILE) {
    for (let q0 = p0; q0 < n; q0 += TILE) {
      for (let p = p0; p < Math.min(p0 + TILE, n); p++) {
        for (let q = Math.max(q0, p + 1); q < Math.min(q0 + TILE, n); q++) {
          const product = dot(work, p * width, q * width, span);
          const cosine = Math.abs(product) / (Math.sqrt(squares[p]) * Math.sqrt(squares[q]));
          if (cosine > largest) largest = cosine;
          if (cosine > threshold) rotate(work, span, width, squares, p, q, product);
        }
      }
    }
  }
  return largest;
}

/** Turns rows p and q so that they become orthogonal and the longer one comes to stand at p. */
function rotate(
  work: Float64Array,
  span: number,
  width: number,
  squares: Float64Array,
  p: number,
  q: number,
  product: number,
): void {
  if (squares[p] < squares[q]) swapRows(work, width, squares, p, q);
  // t = tan of the smaller angle that solves t² + 2ζt − 1 = 0.
  const zeta = (squares[p] - squares[q]) / (2 * product);
  const magnitude = Math.abs(zeta);
  const root = magnitude > 2 ** 27 ? 2 * magnitude : magnitude + Math.sqrt(1 + zeta * zeta);
  const t = (product < 0 ? -1 : 1) / root;
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  turn(work, p * width, q * width, width, s, s / (1 + c));
  const before = squares[q];
  squares[p] += t * product;
  squares[q] -= t * product;
  // The difference cancels when the rows were nearly parallel.
  if (squares[q] < 1e-3 * before) squares[q] = squareOf(work, q * width, span);
}

function swapRows(work: Float64Array, width: number, squares: Float64Array, p: number, q: number): void {
  const kept = rowAt(work, p, width).slice();
  work.copyWithin(p * width, q * width, (q + 1) * width);
  work.set(kept, q * width);
  [squares[p], squares[q]] = [squares[q], squares[p]];
}

function squareOf(work: Float64Array, start: number, span: number): number {
  return dot(work, start, start, span);
}

/** Dot product of two rows; four partial sums, because one would wait for each addition. */
function dot(work: Float64Array, a: number, b: number, span: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let p = a, q = b; p < a + span; p += 4, q += 4) {
    s0 += work[p] * work[q];
    s1 += work[p + 1] * work[q + 1];
    s2 += work[p + 2] * work[q + 2];
    s3 += work[p + 3] * work[q + 3];
  }
  return s0 + s1 + (s2 + s3);
}
