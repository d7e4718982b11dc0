// Some eigenvalues of a symmetric matrix that is known by its products.

import { orient } from "../decompositions/signs.ts";
import { ConvergenceError, LinalgError } from "../errors.ts";
import { type Matrix, requireCount, requireOption, requireSquare } from "../matrix.ts";
import { symmetricLanczos } from "./lanczos.ts";
import { lobpcg } from "./lobpcg.ts";
import { type BlockOperator, RowOperator } from "./operator.ts";
import type { EigshOptions, PartialEigh } from "./partial-eigh.ts";
import { requireSearch } from "./search-options.ts";

/**
 * The k largest or smallest eigenvalues of the symmetric A `[n, n]`, with vectors. A is a matrix or an operator,
 * whose products may be asynchronous; that it is symmetric is not checked.
 *
 * @param k from 1 to n.
 * @throws {ConvergenceError} with the `PartialEigh` so far, at the cap of iterations.
 * @throws {LinalgError} `INVALID_ARGUMENT`; `SHAPE_MISMATCH` or `NOT_FINITE` for what the operator returns.
 */
export async function eigsh(
  a: Matrix | BlockOperator,
  k: number,
  options: EigshOptions = {},
): Promise<PartialEigh> {
  const { which = "largest", sign = "any" } = options;
  const method = options.method ?? (options.preconditioner ? "lobpcg" : "lanczos");
  requireOption("eigsh: which", which, ["largest", "smallest"]);
  requireOption("eigsh: method", method, ["lanczos", "lobpcg"]);
  requireSquare("eigsh", a);
  requireCount("eigsh: k", k, a.rows);
  requireSearch("eigsh", k, options);
  if (options.preconditioner && method === "lanczos") {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      'eigsh: a preconditioner needs method "lobpcg", got "lanczos".',
    );
  }
  const operator = new RowOperator("eigsh", a);
  try {
    const result = await (method === "lobpcg" ? lobpcg : symmetricLanczos)(operator, k, options);
    operator.restore(result.values, result.residuals);
    if (sign === "canonical") orient(result.vectors);
    return result;
  } catch (error) {
    if (error instanceof ConvergenceError) operator.restore(error.partial.values, error.partial.residuals);
    throw error;
  } finally {
    operator.release();
  }
}
