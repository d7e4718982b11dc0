// What the methods for leading singular triplets take and yield.

import type { Matrix } from "../matrix.ts";
import type { SearchOptions } from "./search-options.ts";

/** The leading singular triplets of A `[rows, cols]`, by {@link svds}. */
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

/** Method and tolerance of {@link svds}. */
export interface SvdsOptions extends SearchOptions {
  /**
   * `"block-krylov"` runs until all k residuals are small; `"randomized"` (Halko, Martinsson & Tropp 2011) makes
   * `iterations` power steps and stops, with no more accuracy than the decay of the spectrum gives. Default
   * `"block-krylov"`.
   */
  readonly method?: "block-krylov" | "randomized" | undefined;
  /**
   * Residuals up to this fraction of the largest singular value are small enough. The error of a value is of the order
   * of its residual squared over its gap to the next value, that of a vector of the order of the residual over the gap.
   * Default 1e-8 (block-krylov). With `"randomized"`, larger residuals are an error if this is given, and are only
   * reported if it is not.
   */
  readonly tolerance?: number | undefined;
  /**
   * Vectors in a block: products are computed in blocks of this many, and copies of values of higher multiplicity can
   * be missed. Default 8 (block-krylov), k + 10 (randomized).
   */
  readonly blockSize?: number | undefined;
  /** Vectors that the two bases keep before they are compressed. Default 1.5·k + 12 blocks. */
  readonly maxBasis?: number | undefined;
  /** Cap: blocks (block-krylov, default 300), or power iterations (randomized, default 2). */
  readonly iterations?: number | undefined;
}
