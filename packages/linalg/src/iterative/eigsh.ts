// Some eigenvalues of a symmetric matrix that is known by its products.

import { orient } from "../decompositions/signs.ts";
import { ConvergenceError, LinalgError } from "../errors.ts";
import { type Matrix, requireOption } from "../matrix.ts";
import { symmetricLanczos } from "./lanczos.ts";
import { lobpcg } from "./lobpcg.ts";
import { type BlockOperator, RowOperator, requireBasis, requireCount, requireTolerance } from "./operator.ts";

export interface PartialEigh {
  /** The k eigenvalues, from the end that was asked for inwards. */
  readonly values: Float64Array;
  /** `[n, k]`, columns orthonormal. */
  readonly vectors: Matrix;
  /** ‖A·x − λ·x‖; some eigenvalue of A lies within this of λ. */
  readonly residuals: Float64Array;
  /** Restarts (lanczos) or steps (lobpcg). */
  readonly iterations: number;
  /** Products of A with a single vector. */
  readonly products: number;
}

export interface EigshOptions {
  /** Which end of the spectrum. Default `"largest"`. */
  readonly which?: "largest" | "smallest";
  /**
   * `"lanczos"` (thick-restarted, with full reorthogonalisation) needs the fewest products; `"lobpcg"` can use a
   * preconditioner. Default `"lanczos"`, or `"lobpcg"` where a preconditioner is given.
   */
  readonly method?: "lanczos" | "lobpcg";
  /** For `"lobpcg"`: an approximation of A⁻¹·R (positive definite) for the residuals R `[n, b]`. */
  readonly preconditioner?: (residuals: Matrix) => Matrix | Promise<Matrix>;
  /** Residuals up to this fraction of the largest |eigenvalue| met are small enough. Default 1e-10. */
  readonly tolerance?: number;
  /**
   * Vectors in a block: products come in blocks of this many, and eigenvalues of higher multiplicity can be
   * missed. Default 2 (lanczos), k + max(2, k / 4) (lobpcg).
   */
  readonly blockSize?: number;
  /** Lanczos: vectors that the basis keeps before a restart. Default max(2·k + 20 blocks, 60). */
  readonly maxBasis?: number;
  /** Cap: restarts (lanczos, default 300) or steps (lobpcg, default 1000). */
  readonly iterations?: number;
  /** Seed of the random start. Default 0. */
  readonly seed?: number | bigint;
  /** `"canonical"` makes the first largest entry of every vector positive. Default `"any"`. */
  readonly sign?: "canonical" | "any";
  /** Stops between two products. */
  readonly signal?: AbortSignal;
}

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
  requireOption("eigsh: sign", sign, ["canonical", "any"]);
  if (a.rows !== a.cols) {
    throw new LinalgError("SHAPE_MISMATCH", `eigsh: a must be square, got [${a.rows}, ${a.cols}].`);
  }
  requireCount("eigsh: k", k, a.rows);
  requireTolerance("eigsh", options.tolerance ?? 0);
  if (options.blockSize !== undefined) requireCount("eigsh: blockSize", options.blockSize, Infinity);
  if (options.iterations !== undefined) requireCount("eigsh: iterations", options.iterations, Infinity);
  requireBasis("eigsh", k, options.maxBasis);
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
