// Symmetric eigenproblems of order up to 4 by cyclic Jacobi, for which the set-up of any other method would take
// longer than the work. Golub & Van Loan, Matrix Computations (4th ed.), §8.5.

import { LinalgError } from "../errors.ts";

export const TINY_ORDER = 4;
const MAX_SWEEPS = 40;

/**
 * Eigenvalues, descending, of the symmetric `[n, n]` matrix at `from` in `a`, into `values` at `valuesAt`; and the
 * vectors as columns into `vectors` at `vectorsAt`, if given. `work` `[2·n·n]` is overwritten. The lower triangle
 * counts.
 */
export function tinyEigh(
  a: Float64Array,
  from: number,
  n: number,
  values: Float64Array,
  valuesAt: number,
  vectors: Float64Array | undefined,
  vectorsAt: number,
  work: Float64Array,
): void {
  const largest = load(a, from, n, work);
  diagonalize(work, n, largest * 2 ** -58);
  takeOut(work, n, values, valuesAt, vectors, vectorsAt);
}

/** The matrix into the first half of `work`, the identity into the second. Returns the largest magnitude. */
function load(a: Float64Array, from: number, n: number, work: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const x = a[from + i * n + j];
      work[i * n + j] = work[j * n + i] = x;
      if (Math.abs(x) > largest) largest = Math.abs(x);
    }
  }
  const v = n * n;
  for (let i = 0; i < v; i++) work[v + i] = 0;
  for (let i = 0; i < n; i++) work[v + i * (n + 1)] = 1;
  return largest;
}

/** Rotates until the first half is diagonal; row i of the second half becomes the vector of value i. */
function diagonalize(work: Float64Array, n: number, negligible: number): void {
  let turned = true;
  for (let sweep = 0; turned; sweep++) {
    if (sweep === MAX_SWEEPS) {
      throw new LinalgError(
        "NO_CONVERGENCE",
        `eigh: Jacobi rotations did not converge in ${MAX_SWEEPS} sweeps. Check the matrix for entries that differ by hundreds of orders of magnitude.`,
      );
    }
    turned = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(work[p * n + q]) > negligible) {
          rotate(work, n, p, q);
          turned = true;
        }
      }
    }
  }
}

/** The diagonal, by falling value, and the vectors in that order. */
function takeOut(
  work: Float64Array,
  n: number,
  values: Float64Array,
  valuesAt: number,
  vectors: Float64Array | undefined,
  vectorsAt: number,
): void {
  const v = n * n;
  for (let rank = 0; rank < n; rank++) {
    // Selection: the largest value not yet taken; a taken one is marked by NaN.
    let best = -1;
    for (let i = 0; i < n; i++) {
      if (work[i * (n + 1)] > (best < 0 ? Number.NEGATIVE_INFINITY : work[best * (n + 1)])) best = i;
    }
    values[valuesAt + rank] = work[best * (n + 1)];
    work[best * (n + 1)] = Number.NaN;
    if (vectors) for (let i = 0; i < n; i++) vectors[vectorsAt + i * n + rank] = work[v + best * n + i];
  }
}

/** Makes entry (p, q) zero. */
function rotate(work: Float64Array, n: number, p: number, q: number): void {
  const offDiagonal = work[p * n + q];
  const theta = (work[q * (n + 1)] - work[p * (n + 1)]) / (2 * offDiagonal);
  const root = Math.sqrt(theta * theta + 1);
  const t = theta < 0 ? -1 / (root - theta) : 1 / (theta + root);
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const h = s / (1 + c);
  work[p * (n + 1)] -= t * offDiagonal;
  work[q * (n + 1)] += t * offDiagonal;
  work[p * n + q] = work[q * n + p] = 0;
  for (let r = 0; r < n; r++) {
    if (r !== p && r !== q) {
      const x = work[r * n + p];
      const y = work[r * n + q];
      work[r * n + p] = work[p * n + r] = x - s * (y + h * x);
      work[r * n + q] = work[q * n + r] = y + s * (x - h * y);
    }
    const x = work[n * n + p * n + r];
    const y = work[n * n + q * n + r];
    work[n * n + p * n + r] = x - s * (y + h * x);
    work[n * n + q * n + r] = y + s * (x - h * y);
  }
}
