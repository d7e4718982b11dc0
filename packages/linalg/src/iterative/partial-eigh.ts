// What the methods for some eigenpairs take and yield.

import type { Matrix } from "../matrix.ts";
import type { SearchOptions } from "./search-options.ts";

/** A few eigenpairs at one end of the spectrum of a symmetric A `[n, n]`, by {@link eigsh}. */
export interface PartialEigh {
  /** The k eigenvalues, the outermost at the chosen end of the spectrum first. */
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

/** End of the spectrum, method and tolerance of {@link eigsh}. */
export interface EigshOptions extends SearchOptions {
  /** Which end of the spectrum. Default `"largest"`. */
  readonly which?: "largest" | "smallest" | undefined;
  /**
   * `"lanczos"` (thick-restarted, with full reorthogonalisation) needs the fewest products; `"lobpcg"` can use a
   * preconditioner. Default `"lanczos"`, or `"lobpcg"` where a preconditioner is given.
   */
  readonly method?: "lanczos" | "lobpcg" | undefined;
  /** For `"lobpcg"`: an approximation of A⁻¹·R (positive definite) for the residuals R `[n, b]`. */
  readonly preconditioner?: ((residuals: Matrix) => Matrix | Promise<Matrix>) | undefined;
  /** Residuals up to this fraction of the largest |eigenvalue| seen so far are small enough. Default 1e-10. */
  readonly tolerance?: number | undefined;
  /**
   * Vectors in a block: products are computed in blocks of this many, and copies of eigenvalues of higher multiplicity
   * can be missed. Default 2 (lanczos), k + max(2, k / 4) (lobpcg).
   */
  readonly blockSize?: number | undefined;
  /** Lanczos: vectors that the basis keeps before a restart. Default max(2·k + 20 blocks, 60). */
  readonly maxBasis?: number | undefined;
  /** Cap: restarts (lanczos, default 300) or steps (lobpcg, default 1000). */
  readonly iterations?: number | undefined;
}
