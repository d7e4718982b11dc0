// Eigendecomposition of symmetric matrices, plain and generalised.

import { routinesFor } from "../backend/backend.ts";
import type { Routines } from "../backend/routines.ts";
import {
  type Matrix,
  matrix,
  requireInRange,
  requireOption,
  requireSameRows,
  requireShape,
  transpose,
} from "../matrix.ts";
import { TINY_ORDER } from "../plain/tiny-eigh.ts";
import { cholesky } from "./cholesky.ts";
import { moderated, scaleByPowerOfTwo } from "./scaling.ts";
import { orient } from "./signs.ts";
import { requireSymmetric } from "./symmetric.ts";

/** A = vectors·diag(values)·vectorsᵀ. */
export interface Eigh {
  /** Eigenvalues in descending order, as everywhere in this toolkit (NumPy's `eigh` ascends). */
  readonly values: Float64Array;
  /** Eigenvectors as columns, `[n, n]`, orthonormal, in the order of `values`. */
  readonly vectors: Matrix;
}

/** Whether {@link eigh} computes vectors, and their signs. */
export interface EighOptions {
  /** Whether to compute the vectors. Default `true`. */
  readonly vectors?: boolean | undefined;
  /** `"canonical"` makes the first largest entry of every vector positive. Default `"any"`. */
  readonly sign?: "canonical" | "any" | undefined;
}

/**
 * Eigendecomposition of the symmetric matrix A `[n, n]`. Entries (i, j) and (j, i) may differ by 1e-8 of the largest,
 * as rounding to float32 leaves them: the lower triangle then counts, as in LAPACK. If they differ by more, A is
 * refused. The error of every eigenvalue is of the order of eps·‖A‖: eigenvalues that are small beside the largest have
 * few correct digits. Take `svd` of a factor where those matter.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` (not square); `INVALID_ARGUMENT` (not symmetric); `NOT_FINITE` (an
 * entry, or an eigenvalue above 1.8e308); `NO_CONVERGENCE`; `MEMORY_BUDGET`.
 *
 * @example
 * ```js
 * import { eigh, fromRows } from "@vielbein/linalg";
 *
 * const { values, vectors } = eigh(fromRows([[2, 1], [1, 2]]));
 * console.log([...values].map((value) => value.toFixed(6)).join(" "), vectors.cols); // → 3.000000 1.000000 2
 * ```
 */
export function eigh(a: Matrix, options?: EighOptions & { readonly vectors?: true }): Eigh;
export function eigh(a: Matrix, options: EighOptions & { readonly vectors: false }): Pick<Eigh, "values">;
export function eigh(a: Matrix, options?: EighOptions): Eigh | Pick<Eigh, "values">;
export function eigh(a: Matrix, options: EighOptions = {}): Eigh | Pick<Eigh, "values"> {
  const largest = requireSymmetric("eigh", a);
  requireOption("eigh: sign", options.sign ?? "any", ["canonical", "any"]);
  const { a: problem, exponent } = moderated(a, largest);
  // Up to order 4 plain Jacobi is faster than a call into the kernel.
  const work = a.rows <= TINY_ORDER ? 0 : a.rows ** 3;
  const { values, vectors } = routinesFor(work).eigh(problem, options.vectors ?? true);
  scaleByPowerOfTwo(values, -exponent);
  requireInRange("eigh: an eigenvalue", values);
  if (!vectors) return { values };
  if (options.sign === "canonical") orient(vectors);
  return { values, vectors };
}

/**
 * Solutions of A·x = λ·B·x for symmetric A `[n, n]` and positive definite B `[n, n]`: values descending, vectors with
 * vectorsᵀ·B·vectors = I. Uses the Cholesky factor of B, so digits are lost in proportion to the condition of B.
 *
 * @throws {LinalgError} as `eigh`; `NUMERICAL_FAILURE` if B is not positive definite.
 */
export function eighGeneralized(a: Matrix, b: Matrix, options: Pick<EighOptions, "sign"> = {}): Eigh {
  requireShape("eighGeneralized: b", b);
  requireOption("eighGeneralized: sign", options.sign ?? "any", ["canonical", "any"]);
  requireSymmetric("eighGeneralized: a", a);
  requireSameRows("eighGeneralized", a, b);
  const l = cholesky(b);
  const routines = routinesFor(a.rows ** 3);
  // Its eigenvectors are y = Lᵀ·x.
  const { values, vectors: y } = eigh(congruent(l, a, routines));
  const vectors = routines.solveTriangular(l, y, true, true);
  if (options.sign === "canonical") orient(vectors);
  return { values, vectors };
}

/** L⁻¹·A·L⁻ᵀ, exactly symmetric. */
function congruent(l: Matrix, a: Matrix, routines: Routines): Matrix {
  const n = a.rows;
  const half = transpose(routines.solveTriangular(l, a, true, false));
  const { data } = routines.solveTriangular(l, half, true, false);
  const c = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) c.data[i * n + j] = (data[i * n + j] + data[j * n + i]) / 2;
  }
  return c;
}
