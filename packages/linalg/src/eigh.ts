// Eigendecomposition of a symmetric matrix.

import { LinalgError } from "./errors.ts";
import { applyQ } from "./householder.ts";
import { type Matrix, matrix, requireFinite } from "./matrix.ts";
import { scaleByPowerOfTwo, scaled } from "./scaling.ts";
import { implicitQl, tridiagonalize } from "./tridiagonal.ts";

/** A = vectors·diag(values)·vectorsᵀ. */
export interface Eigh {
  /** Eigenvalues in descending order, as everywhere in this toolkit (NumPy's `eigh` ascends). */
  readonly values: Float64Array;
  /** Eigenvectors as columns, `[n, n]`, orthonormal, in the order of `values`. */
  readonly vectors: Matrix;
}

/** Largest |aᵢⱼ − aⱼᵢ|, relative to the largest entry, that passes for rounding. */
const ASYMMETRY = 1e-8;

/**
 * Eigendecomposition of the symmetric matrix A `[n, n]`; where A is symmetric only up to rounding, its lower
 * triangle counts. The error of every eigenvalue is of the order of eps·‖A‖: eigenvalues that are small beside
 * the largest have few correct digits. Take `svd` of a factor where those matter. Signs of the vectors are
 * arbitrary: see `canonicalSigns`.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` (not square); `INVALID_ARGUMENT` (not symmetric); `NOT_FINITE` (an
 * entry, or an eigenvalue above 1.8e308); `NO_CONVERGENCE`.
 */
export function eigh(a: Matrix): Eigh {
  requireFinite("eigh", a);
  const n = a.rows;
  if (a.cols !== n) {
    throw new LinalgError("SHAPE_MISMATCH", `eigh: the matrix must be square, got [${n}, ${a.cols}].`);
  }
  const { data, exponent } = scaled(a);
  requireSymmetric(data, n);
  const { diagonal, offDiagonal, reflectors } = tridiagonalize(data, n);
  const rows = matrix(n, n + (n % 2));
  for (let i = 0; i < n; i++) rows.data[i * rows.cols + i] = 1;
  implicitQl(diagonal, offDiagonal, rows);
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j]! - diagonal[i]!);
  const values = Float64Array.from(order, (from) => diagonal[from]!);
  scaleByPowerOfTwo(values, -exponent);
  if (!values.every(Number.isFinite)) {
    throw new LinalgError("NOT_FINITE", "eigh: an eigenvalue exceeds 1.8e308. Scale the matrix down.");
  }
  const ordered = matrix(n, n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i++) ordered.data[i * n + to] = rows.data[from * rows.cols + i]!;
  });
  return { values, vectors: applyQ(reflectors, ordered) };
}

function requireSymmetric(data: Float64Array, n: number): void {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      largest = Math.max(largest, Math.abs(data[i * n + j]!));
      difference = Math.max(difference, Math.abs(data[i * n + j]! - data[j * n + i]!));
    }
  }
  if (difference > ASYMMETRY * largest) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `eigh: the matrix must be symmetric, but entries (i, j) and (j, i) differ by ${(
        difference / largest
      ).toPrecision(3)} of the largest. Pass (A + Aᵀ)/2 if that is what you mean.`,
    );
  }
}
