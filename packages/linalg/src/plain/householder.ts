// Householder QR on row-major data, with or without column pivoting, and products with its Q.
// Golub & Van Loan, Matrix Computations (4th ed.), §5.2 and §5.4.2; the products by the UT transform of
// Joffrain, Low, Quintana-Ortí, van de Geijn & Van Zee, "Accumulating Householder transformations,
// revisited" (2006).

import { NEGLIGIBLE } from "../decompositions/scaling.ts";
import { type Matrix, matrix, rowAt, transpose } from "../matrix.ts";
import { gramOf, multiplied } from "./multiply.ts";

/** A[:, pivots] = Q·R with Q = H₀H₁…H₍ₖ₋₁₎ and Hⱼ = I − 2vⱼvⱼᵀ. */
export interface HouseholderQr {
  /** `[k, n]`, upper trapezoidal. */
  readonly r: Matrix;
  /** `[m, k]`; column j is the unit vector vⱼ. */
  readonly reflectors: Matrix;
  /** `pivots[j]` is the column of A that stands at column j of Q·R. */
  readonly pivots: Int32Array;
}

/**
 * QR of the `[m, n]` matrix in `work`, which is overwritten and must be scaled (see scaling.ts).
 * Without pivoting k = min(m, n). With it, columns are taken by descending remaining norm, and k is the
 * number of them whose remaining norm is not negligible.
 */
export function householderQr(work: Float64Array, m: number, n: number, pivoting: boolean): HouseholderQr {
  const steps = Math.min(m, n);
  const vectors = matrix(steps, m);
  const pivots = Int32Array.from({ length: n }, (_, j) => j);
  const squares = new Float64Array(n);
  const projection = new Float64Array(n);
  if (pivoting) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) squares[j] += work[i * n + j] * work[i * n + j];
    }
  }
  let k = 0;
  for (; k < steps; k++) {
    if (pivoting) {
      let best = k;
      for (let j = k + 1; j < n; j++) if (squares[j] > squares[best]) best = j;
      if (Math.sqrt(squares[best]) < NEGLIGIBLE) break;
      if (best !== k) swapColumns(work, m, n, k, best, pivots, squares);
    }
    const v = rowAt(vectors.data, k, m);
    for (let i = k; i < m; i++) v[i] = work[i * n + k];
    work[k * n + k] = makeReflector(v, k);
    reflect(work, m, n, k, v, projection, squares);
  }
  const r = matrix(k, n);
  for (let i = 0; i < k; i++) r.data.set(work.subarray(i * n + i, (i + 1) * n), i * n + i);
  const used = matrix(k, m, vectors.data.subarray(0, k * m));
  return { r, reflectors: transpose(used), pivots };
}

/**
 * Q·[X; 0] `[m, c]` for the Q of `reflectors` `[m, k]` and X `[p, c]`, k ≤ p ≤ m.
 *
 * Q = I − V·T·Vᵀ, where T⁻¹ is the upper triangle of VᵀV with its diagonal halved.
 */
export function applyQ(reflectors: Matrix, x: Matrix): Matrix {
  const k = reflectors.cols;
  const top: Matrix = { rows: x.rows, cols: k, data: reflectors.data.subarray(0, x.rows * k) };
  const y = multiplied(top, x, true);
  solveUpperHalved(gramOf(reflectors), y);
  const result = multiplied(reflectors, y);
  for (let i = 0; i < result.data.length; i++) result.data[i] = -result.data[i];
  for (let i = 0; i < x.data.length; i++) result.data[i] += x.data[i];
  return result;
}

/**
 * Replaces x, the entries of `v` from `start` on, by the unit vector v for which (I − 2vvᵀ)x = βe₁, and
 * returns β. The zero vector gives e₁, so that I − 2vvᵀ is always a reflection.
 */
export function makeReflector(v: Float64Array, start: number): number {
  let square = 0;
  for (let i = start; i < v.length; i++) square += v[i] * v[i];
  const norm = Math.sqrt(square);
  if (norm === 0) {
    v[start] = 1;
    return 0;
  }
  // The sign that adds magnitudes avoids cancellation in the first entry.
  const beta = v[start] > 0 ? -norm : norm;
  v[start] -= beta;
  const length = Math.sqrt(2 * norm) * Math.sqrt(Math.abs(v[start]));
  for (let i = start; i < v.length; i++) v[i] /= length;
  return beta;
}

/**
 * Applies I − 2vvᵀ to the columns after k, and leaves in `squares` the squared norms of what remains of
 * them below row k. They are summed again rather than downdated, so no cancellation can spoil the pivoting.
 * Four rows at a time: the loads and stores of `projection` and `squares` are shared.
 */
function reflect(
  work: Float64Array,
  m: number,
  n: number,
  k: number,
  v: Float64Array,
  projection: Float64Array,
  squares: Float64Array,
): void {
  projection.fill(0, k + 1);
  let i = k;
  for (; i + 3 < m; i += 4) {
    const [v0, v1, v2, v3] = [2 * v[i], 2 * v[i + 1], 2 * v[i + 2], 2 * v[i + 3]];
    const at = i * n;
    for (let j = k + 1; j < n; j++) {
      const p = at + j;
      projection[j] += v0 * work[p] + v1 * work[p + n] + (v2 * work[p + 2 * n] + v3 * work[p + 3 * n]);
    }
  }
  for (; i < m; i++) {
    for (let j = k + 1; j < n; j++) projection[j] += 2 * v[i] * work[i * n + j];
  }
  for (let j = k + 1; j < n; j++) work[k * n + j] -= v[k] * projection[j];
  squares.fill(0, k + 1);
  for (i = k + 1; i + 3 < m; i += 4) {
    const [v0, v1, v2, v3] = [v[i], v[i + 1], v[i + 2], v[i + 3]];
    const at = i * n;
    for (let j = k + 1; j < n; j++) {
      const p = at + j;
      const w = projection[j];
      const x0 = work[p] - v0 * w;
      const x1 = work[p + n] - v1 * w;
      const x2 = work[p + 2 * n] - v2 * w;
      const x3 = work[p + 3 * n] - v3 * w;
      work[p] = x0;
      work[p + n] = x1;
      work[p + 2 * n] = x2;
      work[p + 3 * n] = x3;
      squares[j] += x0 * x0 + x1 * x1 + (x2 * x2 + x3 * x3);
    }
  }
  for (; i < m; i++) {
    for (let j = k + 1; j < n; j++) {
      const x = work[i * n + j] - v[i] * projection[j];
      work[i * n + j] = x;
      squares[j] += x * x;
    }
  }
}

function swapColumns(
  work: Float64Array,
  m: number,
  n: number,
  a: number,
  b: number,
  pivots: Int32Array,
  squares: Float64Array,
): void {
  for (let i = 0; i < m; i++) {
    const kept = work[i * n + a];
    work[i * n + a] = work[i * n + b];
    work[i * n + b] = kept;
  }
  [pivots[a], pivots[b]] = [pivots[b], pivots[a]];
  [squares[a], squares[b]] = [squares[b], squares[a]];
}

/** Solves T⁻¹·Z = Y in place of Y, T⁻¹ the upper triangle of `symmetric` with its diagonal halved. */
function solveUpperHalved(symmetric: Matrix, y: Matrix): void {
  const k = symmetric.rows;
  const c = y.cols;
  for (let i = k - 1; i >= 0; i--) {
    const at = i * c;
    for (let l = i + 1; l < k; l++) {
      const factor = symmetric.data[i * k + l];
      for (let j = 0; j < c; j++) y.data[at + j] -= factor * y.data[l * c + j];
    }
    const diagonal = symmetric.data[i * k + i] / 2;
    for (let j = 0; j < c; j++) y.data[at + j] /= diagonal;
  }
}
