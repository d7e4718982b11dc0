// The leading singular triplets of a Jacobian at hand, by whichever way takes least: a few of a large matrix come from
// block Krylov iteration with a bound on their error, in about half the time of the whole decomposition; all others, and
// those whose bound is not met, from the whole decomposition.

import { ConvergenceError, leadingColumns, type Matrix, type PartialSvd, svd, svds } from "@vielbein/linalg";

/** The first k columns of U and V and the first k of the singular values of A = U·diag(s)·Vᵀ. */
export interface LeadingDecomposition {
  /** `[m, k]`, orthonormal columns; signs are not fixed. */
  readonly u: Matrix;
  /** σ₁ ≥ … ≥ σ_k. */
  readonly s: Float64Array;
  /** `[n, k]`, orthonormal columns. */
  readonly v: Matrix;
}

/** Angle, in radians, by which a leading subspace may be off on account of the iteration. */
const SUBSPACE_ERROR = 1e-8;
/** Residuals of the iteration as a fraction of σ₁. */
const RESIDUAL = 1e-12;
const BLOCK = 8;
/** Rows and columns from which on the iteration is the faster one (tools/bench/survey). */
const LARGE = 384;

/**
 * The leading k triplets of A `[m, n]`, k from 1 to min(m, n). The span of the first j columns of U, and of V, is within
 * 1e-8 of that of the whole decomposition for every j ≤ k where the singular values are apart; where σⱼ and σⱼ₊₁
 * coincide, A determines no such span.
 */
export async function leadingDecomposition(a: Matrix, k: number): Promise<LeadingDecomposition> {
  const size = Math.min(a.rows, a.cols);
  const partial = size >= LARGE && 4 * (k + 1) <= size ? await iterated(a, k + 1) : undefined;
  const { u, s, v } = partial && errorBound(partial, k) <= SUBSPACE_ERROR ? partial : svd(a);
  return { u: leadingColumns(u, k), s: s.slice(0, k), v: leadingColumns(v, k) };
}

/** By iteration, or undefined where that takes as many products as A has rows. */
async function iterated(a: Matrix, count: number): Promise<PartialSvd | undefined> {
  const iterations = Math.ceil(Math.min(a.rows, a.cols) / (2 * BLOCK));
  try {
    return await svds(a, count, { tolerance: RESIDUAL, blockSize: BLOCK, iterations });
  } catch (error) {
    if (error instanceof ConvergenceError) return undefined;
    throw error;
  }
}

/** Largest angle by which a leading span may be off: residual over gap (Wedin, BIT 12, 1972), for j = 1 … k. */
function errorBound({ s, residuals }: PartialSvd, k: number): number {
  let square = 0;
  let bound = 0;
  for (let j = 0; j < k; j++) {
    square += residuals[j] ** 2;
    bound = Math.max(bound, Math.sqrt(square) / (s[j] - s[j + 1]));
  }
  // 0/0 is an exactly repeated value.
  return Number.isNaN(bound) ? Number.POSITIVE_INFINITY : bound;
}
