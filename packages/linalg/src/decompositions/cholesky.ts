// Cholesky factorisation.

import { routinesFor } from "../backend/backend.ts";
import { LinalgError } from "../errors.ts";
import type { Matrix } from "../matrix.ts";
import { requireSymmetric } from "./symmetric.ts";

/**
 * The lower triangular L `[n, n]` with positive diagonal and A = L·Lᵀ, for a symmetric positive definite A.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` (not square); `INVALID_ARGUMENT` (not symmetric); `NOT_FINITE`;
 * `NUMERICAL_FAILURE` (not positive definite, to working precision).
 */
export function cholesky(a: Matrix): Matrix {
  requireSymmetric("cholesky", a);
  const { result, failedAt } = routinesFor(a.rows ** 3).cholesky(a);
  if (failedAt > 0) {
    throw new LinalgError(
      "NUMERICAL_FAILURE",
      `cholesky: the matrix must be positive definite, but its leading minor of order ${failedAt} of ${a.rows} is ` +
        "not positive. Use eigh for an indefinite matrix, or add a small multiple of the identity.",
    );
  }
  return result;
}
