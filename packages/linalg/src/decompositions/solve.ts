// Square linear systems.

import { routinesFor } from "../backend/backend.ts";
import { LinalgError } from "../errors.ts";
import {
  type Matrix,
  requireFinite,
  requireInRange,
  requireOption,
  requireSameRows,
  requireSquare,
} from "../matrix.ts";
import { requireSymmetric } from "./symmetric.ts";

/** What {@link solve} may take for granted about A. */
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
 * @throws {LinalgError} `SHAPE_MISMATCH`; `NOT_FINITE` (an entry, or the solution); `INVALID_ARGUMENT` (not symmetric)
 * and `NUMERICAL_FAILURE` (not positive definite) where `structure` promises it; `NUMERICAL_FAILURE` (A is exactly
 * singular); `MEMORY_BUDGET`.
 *
 * @example
 * ```js
 * import { fromRows, solve } from "@vielbein/linalg";
 *
 * console.log(solve(fromRows([[2, 1], [1, 3]]), fromRows([[3], [5]])).data.join(" ")); // → 0.8 1.4
 * ```
 */
export function solve(a: Matrix, b: Matrix, options: SolveOptions = {}): Matrix {
  const { structure = "general" } = options;
  requireOption("solve: structure", structure, ["general", "positive", "lower", "upper"]);
  requireSquare("solve", a);
  requireFinite("solve: a", a);
  requireFinite("solve: b", b);
  if (structure === "positive") requireSymmetric("solve", a);
  requireSameRows("solve", a, b);
  const x = SOLVERS[structure](a, b);
  requireInRange("solve: the solution", x.data);
  return x;
}

const SOLVERS: Readonly<Record<NonNullable<SolveOptions["structure"]>, (a: Matrix, b: Matrix) => Matrix>> = {
  general: solveGeneral,
  positive: solvePositive,
  lower: (a, b) => solveTriangular(a, b, true),
  upper: (a, b) => solveTriangular(a, b, false),
};

function solveGeneral(a: Matrix, b: Matrix): Matrix {
  const { result, failedAt } = routinesFor(a.rows ** 3).solve(a, b);
  if (failedAt > 0) throw singular(failedAt, a.rows);
  return result;
}

function solvePositive(a: Matrix, b: Matrix): Matrix {
  const routines = routinesFor(a.rows ** 3);
  const { result: l, failedAt } = routines.cholesky(a);
  if (failedAt > 0) {
    throw new LinalgError(
      "NUMERICAL_FAILURE",
      `solve: a must be positive definite, but its leading minor of order ${failedAt} of ${a.rows} is not positive. ` +
        'Ask for structure "general".',
    );
  }
  return routines.solveTriangular(l, routines.solveTriangular(l, b, true, false), true, true);
}

function solveTriangular(a: Matrix, b: Matrix, isLower: boolean): Matrix {
  const n = a.rows;
  for (let i = 0; i < n; i++) if (a.data[i * n + i] === 0) throw singular(i + 1, n);
  return routinesFor(n * n * b.cols).solveTriangular(a, b, isLower, false);
}

function singular(pivot: number, n: number): LinalgError {
  return new LinalgError(
    "NUMERICAL_FAILURE",
    `solve: a must not be singular, but pivot ${pivot} of ${n} is exactly 0. Use leastSquares.`,
  );
}
