// The largest singular values of a matrix that is known by its products.

import { orient } from "../decompositions/signs.ts";
import { ConvergenceError } from "../errors.ts";
import { type Matrix, requireOption } from "../matrix.ts";
import { blockKrylov } from "./block-krylov.ts";
import {
  type LinearOperator,
  RowOperator,
  requireBasis,
  requireCount,
  requireTolerance,
} from "./operator.ts";
import { randomized } from "./randomized.ts";

export interface PartialSvd {
  /** `[rows, k]`, columns orthonormal. */
  readonly u: Matrix;
  /** The k largest singular values, descending. */
  readonly s: Float64Array;
  /** `[cols, k]`, columns orthonormal. */
  readonly v: Matrix;
  /** √(‖A·vᵢ − sᵢ·uᵢ‖² + ‖Aᵀ·uᵢ − sᵢ·vᵢ‖²); some singular value of A lies within this of sᵢ. */
  readonly residuals: Float64Array;
  /** Blocks that the basis grew by (block-krylov) or power iterations (randomized). */
  readonly iterations: number;
  /** Products of A or Aᵀ with a single vector. */
  readonly products: number;
}

export interface SvdsOptions {
  /**
   * `"block-krylov"` runs until all k residuals are small; `"randomized"` (Halko, Martinsson & Tropp 2011) makes
   * `iterations` power steps and stops, with no more accuracy than the decay of the spectrum gives. Default
   * `"block-krylov"`.
   */
  readonly method?: "block-krylov" | "randomized";
  /**
   * Residuals up to this fraction of the largest singular value are small enough. The error of a value is of the
   * order of its square over the gap, that of a vector of its quotient by the gap. Default 1e-8 (block-krylov).
   * Given for `"randomized"`, larger residuals are an error; not given, they are just reported.
   */
  readonly tolerance?: number;
  /** Vectors in a block: products come in blocks of this many. Values of higher multiplicity can
   * be missed. Default 8 (block-krylov), k + 10 (randomized). */
  readonly blockSize?: number;
  /** Vectors that the two bases keep before they are compressed. Default 1.5·k + 12 blocks. */
  readonly maxBasis?: number;
  /** Cap: blocks (block-krylov, default 300), or power iterations (randomized, default 2). */
  readonly iterations?: number;
  /** Seed of the random start. Default 0. */
  readonly seed?: number | bigint;
  /** `"canonical"` makes the first largest entry of every column of u positive. Default `"any"`. */
  readonly sign?: "canonical" | "any";
  /** Stops between two products. */
  readonly signal?: AbortSignal;
}

/**
 * The k largest singular values of A, with vectors. A is a matrix or an operator, whose products may be
 * asynchronous.
 *
 * @param k from 1 to min(rows, cols).
 * @throws {ConvergenceError} with the `PartialSvd` so far, at the cap of iterations.
 * @throws {LinalgError} `INVALID_ARGUMENT`; `SHAPE_MISMATCH` or `NOT_FINITE` for what the operator returns.
 */
export async function svds(
  a: Matrix | LinearOperator,
  k: number,
  options: SvdsOptions = {},
): Promise<PartialSvd> {
  const { method = "block-krylov", sign = "any" } = options;
  requireOption("svds: method", method, ["block-krylov", "randomized"]);
  requireOption("svds: sign", sign, ["canonical", "any"]);
  const most = Math.min(a.rows, a.cols);
  requireCount("svds: k", k, most);
  requireTolerance("svds", options.tolerance ?? 0);
  if (options.blockSize !== undefined) requireCount("svds: blockSize", options.blockSize, Infinity);
  // Without power iterations the range finder is a plain sketch.
  const least = method === "randomized" ? 0 : 1;
  if (options.iterations !== undefined) requireCount("svds: iterations", options.iterations, Infinity, least);
  requireBasis("svds", k, options.maxBasis);
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
