// The two stages of the symmetric eigenproblem: Householder tridiagonalisation, and implicit QL iteration.
// Golub & Van Loan, Matrix Computations (4th ed.), §8.3; EISPACK's TRED2 and TQL2.

import { LinalgError } from "../errors.ts";
import { type Matrix, matrix, rowAt, transpose } from "../matrix.ts";
import { makeReflector } from "./householder.ts";
import { turn } from "./rotation.ts";

/** QL steps for one eigenvalue before giving up; fewer than 2 are the rule. */
const MAX_STEPS = 60;

/** A = Q·T·Qᵀ with Q = H₀H₁…, Hⱼ = I − 2vⱼvⱼᵀ. */
export interface Tridiagonal {
  /** Diagonal of T, `n` numbers. */
  readonly diagonal: Float64Array;
  /** Below the diagonal of T, `n − 1` numbers and a zero. */
  readonly offDiagonal: Float64Array;
  /** `[n, n − 2]`; column j is the unit vector vⱼ. */
  readonly reflectors: Matrix;
}

/** Tridiagonalises the symmetric `[n, n]` matrix in the lower triangle of `work`, which is overwritten. */
export function tridiagonalize(work: Float64Array, n: number): Tridiagonal {
  const vectors = matrix(Math.max(n - 2, 0), n);
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  let v: Float64Array = new Float64Array(n);
  let q = new Float64Array(n);
  let product = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    // Column k after the update by step k − 1, which is still due for the columns to its right.
    const next = rowAt(vectors.data, k, n);
    for (let i = k; i < n; i++) next[i] = work[i * n + k] - v[i] * q[k] - q[i] * v[k];
    diagonal[k] = next[k];
    next[k] = 0;
    offDiagonal[k] = makeReflector(next, k + 1);
    product.fill(0);
    updateAndMultiply(work, n, k + 1, v, q, next, product);
    let inner = 0;
    for (let i = k + 1; i < n; i++) inner += next[i] * product[i];
    for (let i = k + 1; i < n; i++) product[i] = 2 * (product[i] - inner * next[i]);
    v = next;
    [q, product] = [product, q];
  }
  for (let k = Math.max(n - 2, 0); k < n; k++) {
    diagonal[k] = work[k * n + k] - 2 * v[k] * q[k];
    if (k + 1 < n) offDiagonal[k] = work[(k + 1) * n + k] - v[k + 1] * q[k] - q[k + 1] * v[k];
  }
  return { diagonal, offDiagonal, reflectors: transpose(vectors) };
}

/**
 * In one pass over the lower triangle from `start` on: A ← A − v·qᵀ − q·vᵀ (the previous step's update), and
 * `product` ← A·next. The pass is bound by memory, so the two are fused.
 */
function updateAndMultiply(
  work: Float64Array,
  n: number,
  start: number,
  v: Float64Array,
  q: Float64Array,
  next: Float64Array,
  product: Float64Array,
): void {
  for (let i = start; i < n; i++) {
    const row = i * n;
    const vi = v[i];
    const qi = q[i];
    const xi = next[i];
    let sum = 0;
    for (let j = start; j < i; j++) {
      const entry = work[row + j] - vi * q[j] - qi * v[j];
      work[row + j] = entry;
      sum += entry * next[j];
      product[j] += entry * xi;
    }
    const entry = work[row + i] - 2 * vi * qi;
    work[row + i] = entry;
    product[i] += sum + entry * xi;
  }
}

/**
 * Eigenvalues of the tridiagonal matrix by implicit QL with Wilkinson's shift, in place of `diagonal` and in
 * no order; `offDiagonal` is destroyed. The rows of `rows`, `n` of them with an even number of entries, are
 * turned along: from the identity they become the eigenvectors.
 *
 * @throws {LinalgError} `NO_CONVERGENCE`.
 */
export function implicitQl(diagonal: Float64Array, offDiagonal: Float64Array, rows: Matrix): void {
  const n = diagonal.length;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(diagonal[i]), Math.abs(offDiagonal[i]));
  // Relative to the whole matrix, not to the neighbours on the diagonal: where eigenvalues vanish, those are
  // rounding errors themselves, and the iteration would never end.
  const negligible = Number.EPSILON * norm;
  for (let l = 0; l < n; l++) {
    for (let steps = 0; ; steps++) {
      let m = l;
      while (m < n - 1 && Math.abs(offDiagonal[m]) > negligible) m++;
      if (m === l) break;
      if (steps === MAX_STEPS) {
        throw new LinalgError(
          "NO_CONVERGENCE",
          `eigh: QL iteration did not isolate eigenvalue ${l} of ${n} in ${MAX_STEPS} steps. ` +
            "Check the matrix for entries that differ by hundreds of orders of magnitude.",
        );
      }
      qlStep(diagonal, offDiagonal, l, m, rows);
    }
  }
}

/** One implicit QL step on the unreduced block l..m. */
function qlStep(d: Float64Array, e: Float64Array, l: number, m: number, rows: Matrix): void {
  const ratio = (d[l + 1] - d[l]) / (2 * e[l]);
  const root = Math.sqrt(ratio * ratio + 1);
  let g = d[m] - d[l] + e[l] / (ratio + (ratio < 0 ? -root : root));
  let s = 1;
  let c = 1;
  let shifted = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    // The sign that makes the cosine non-negative, as the half-angle in `turn` wants it.
    const r = g < 0 ? -Math.sqrt(f * f + g * g) : Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The bulge vanished: the block splits here.
      d[i + 1] -= shifted;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - shifted;
    const t = (d[i] - g) * s + 2 * c * b;
    shifted = s * t;
    d[i + 1] = g + shifted;
    g = c * t - b;
    turn(rows.data, (i + 1) * rows.cols, i * rows.cols, rows.cols, s, s / (1 + c));
  }
  d[l] -= shifted;
  e[l] = g;
  e[m] = 0;
}
