// The largest singular values of a matrix that is known by its products.

import { orient } from "../decompositions/signs.ts";
import { ConvergenceError } from "../errors.ts";
import { type Matrix, requireCount, requireMatrix, requireOption } from "../matrix.ts";
import { blockKrylov } from "./block-krylov.ts";
import { type LinearOperator, RowOperator } from "./operator.ts";
import type { PartialSvd, SvdsOptions } from "./partial-svd.ts";
import { randomized } from "./randomized.ts";
import { requireSearch } from "./search-options.ts";

/**
 * The k largest singular values of A, with vectors. A is a matrix or an operator, whose products may be
 * asynchronous.
 *
 * @param k from 1 to min(rows, cols).
 * @throws {ConvergenceError} with the `PartialSvd` so far, at the cap of iterations.
 * @throws {LinalgError} `INVALID_ARGUMENT`; `SHAPE_MISMATCH` or `NOT_FINITE` for what the operator returns.
 *
 * @example
 * ```js
 * import { matrix, normal, svd, svds } from "@vielbein/linalg";
 *
 * const a = matrix(200, 50, normal(0, 0, 200 * 50));
 * const { s } = await svds(a, 2);
 * console.log(s.length, Math.abs(s[0] - svd(a).s[0]) < 1e-9 * s[0]); // → 2 true
 * ```
 */
export async function svds(
  a: Matrix | LinearOperator,
  k: number,
  options: SvdsOptions = {},
): Promise<PartialSvd> {
  const { method = "block-krylov", sign = "any" } = options;
  requireOption("svds: method", method, ["block-krylov", "randomized"]);
  requireMatrix("svds", a);
  requireCount("svds: k", k, Math.min(a.rows, a.cols));
  // Without power iterations the range finder is a plain sketch.
  requireSearch("svds", k, options, method === "randomized" ? 0 : 1);
  const operator = new RowOperator("svds", a);
  try {
    const result = await (method === "randomized" ? randomized : blockKrylov)(operator, k, options);
    operator.restore(result.s, result.residuals);
    if (sign === "canonical") orient(result.u, result.v);
    return result;
  } catch (error) {
    if (error instanceof ConvergenceError) operator.restore(error.partial.s, error.partial.residuals);
    throw error;
  } finally {
    operator.release();
  }
}
