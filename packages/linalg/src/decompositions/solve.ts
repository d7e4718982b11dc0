// Square linear systems.

import { routinesFor } from "../backend/backend.ts";
import { LinalgError } from "../errors.ts";
import { type Matrix, requireFinite, requireInRange, requireOption, requireSquare } from "../matrix.ts";
import { requireSymmetric } from "./symmetric.ts";

export interface SolveOptions {
  /**
   * What A is known to be. `"positive"`: symmetric positive definite, solved by Cholesky; `"lower"`, `"upper"`:
   * triangular, the other triangle is not read. Default `"general"`: LU with partial pivoting.
   */
  readonly structure?: "general" | "positive" | "lower" | "upper" | undefined;
}

/**
 * The X `[n, k]` with A·X = B, for a non-singular A `[n, n]` and B `[n, k]`. The residual is small beside
 * ‖A‖·‖X‖; the error of X is larger by the condition of A. For singular A see `leastSquares`.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH`; `NOT_FINITE` (an entry, or the solution); `INVALID_ARGUMENT` (not symmetric) and
 * `NUMERICAL_FAILURE` (not positive definite) where that was promised; `NUMERICAL_FAILURE` (A is exactly singular);
 * `MEMORY_BUDGET`.
 */
export function solve(a: Matrix, b: Matrix, options: SolveOptions = {}): Matrix {
  const { structure = "general" } = options;
  requireOption("solve: structure", structure, ["general", "positive", "lower", "upper"]);
  requireSquare("solve", a);
  requireFinite("solve: a", a);
  requireFinite("solve: b", b);
  if (structure === "positive") requireSymmetric("solve", a);
  const n = a.rows;
  if (b.rows !== n) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `solve: a and b must have the same number of rows, got ${n} and ${b.rows}.`,
    );
  }
  const inRange = (x: Matrix): Matrix => {
    requireInRange("solve: the solution", x.data);
    return x;
  };
  const routines = routinesFor(structure === "general" || structure === "positive" ? n ** 3 : n * n * b.cols);
  if (structure === "lower" || structure === "upper") {
    for (let i = 0; i < n; i++) if (a.data[i * n + i] === 0) throw singular(i + 1, n);
    return inRange(routines.solveTriangular(a, b, structure === "lower", false));
  }
  if (structure === "positive") {
    const { result: l, failedAt } = routines.cholesky(a);
    if (failedAt > 0) {
      throw new LinalgError(
        "NUMERICAL_FAILURE",
        `solve: a must be positive definite, but its leading minor of order ${failedAt} of ${n} is not positive. ` +
          'Ask for structure "general".',
      );
    }
    return inRange(routines.solveTriangular(l, routines.solveTriangular(l, b, true, false), true, true));
  }
  const { result, failedAt } = routines.solve(a, b);
  if (failedAt > 0) throw singular(failedAt, n);
  return inRange(result);
}

function singular(pivot: number, n: number): LinalgError {
  return new LinalgError(
    "NUMERICAL_FAILURE",
    `solve: a must not be singular, but pivot ${pivot} of ${n} is exactly 0. Use leastSquares.`,
  );
}
