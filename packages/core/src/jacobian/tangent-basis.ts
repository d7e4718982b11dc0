// The leading k output vectors of the Jacobian at a point: the k-dimensional subspace in which the output moves most,
// for methods that compare subspaces and need nothing else from the local basis. A few leading vectors of a large
// Jacobian come from block Krylov iteration, in a third of the time of the whole decomposition, with a bound on their
// error; where the bound is not met, from the whole decomposition. For a Jacobian that exceeds the memory budget, or
// takes far more products than they do, they come from products alone.

import { ConvergenceError, leadingColumns, type Matrix, type PartialSvd, svd, svds } from "@vielbein/linalg";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { type JacobianOptions, wholeJacobian } from "./jacobian.ts";
import { JacobianAt } from "./jacobian-at.ts";
import { leadingTriplets, requireLeading } from "./leading.ts";

/** An orthonormal basis of the leading k directions in which the output moves at one point. */
export interface TangentBasis {
  /** u₁, …, u_k as columns, `[to.dim, k]`, orthonormal; signs are not fixed. */
  readonly vectors: Matrix;
  /** σ₁ ≥ … ≥ σ_k. */
  readonly singularValues: Float64Array;
  /** `matrix`, or products with it and its transpose: see {@link JacobianAt.isIterated}. */
  readonly route: DerivativeRoute;
}

/** Below this share of the largest, singular values are rounding, and their vectors mean nothing. */
export const RESOLVED = 1e-6;

/** How many of the singular values, largest first, are above rounding. */
export function resolvedCount(singularValues: Float64Array): number {
  return singularValues.filter((value) => value > RESOLVED * singularValues[0]).length;
}

/** Angle, in radians, by which a leading subspace may be off on account of the iteration. */
const SUBSPACE_ERROR = 1e-8;
/** Residuals of the iteration as a fraction of σ₁. */
const RESIDUAL = 1e-12;
const BLOCK = 8;

/**
 * The tangent basis at `point`. The span of the first j columns is within 1e-8 of that of the full decomposition for
 * every j ≤ k where the singular values are apart; where σⱼ and σⱼ₊₁ coincide, J determines no such span. By products
 * it is within about 1e-5·σ₁ over σⱼ − σⱼ₊₁, unless the values hardly differ: see {@link leadingTriplets}.
 *
 * @param point `[from.dim]`.
 * @param k from 1 to min(from.dim, to.dim).
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k out of range; what {@link jacobian} throws.
 */
export async function tangentBasis(
  map: DifferentiableMap,
  point: Float32Array,
  k: number,
  options: JacobianOptions = {},
): Promise<TangentBasis> {
  requireLeading(k, map);
  return tangentBasisAt(JacobianAt.of(map, point, options), k, options);
}

/** {@link tangentBasis} of a derivative at hand. */
export async function tangentBasisAt(
  at: JacobianAt,
  k: number,
  options: JacobianOptions,
): Promise<TangentBasis> {
  if (options.method !== undefined || !at.isIterated(k)) {
    return { ...(await leadingLeftVectors(await wholeJacobian(at, options), k)), route: "matrix" };
  }
  const { outputVectors: vectors, singularValues, route } = await leadingTriplets(at, k);
  return { vectors, singularValues, route };
}

/** The first k left singular vectors of A `[m, n]`, and their values. */
export async function leadingLeftVectors(a: Matrix, k: number): Promise<Omit<TangentBasis, "route">> {
  const few = 4 * (k + 1) <= Math.min(a.rows, a.cols);
  const partial = few ? await iteratedTriplets(a, k + 1) : undefined;
  const { u, s } = partial && errorBound(partial, k) <= SUBSPACE_ERROR ? partial : svd(a);
  return { vectors: leadingColumns(u, k), singularValues: s.slice(0, k) };
}

/** By iteration, or undefined where that takes as many products as A has rows. */
async function iteratedTriplets(a: Matrix, count: number): Promise<PartialSvd | undefined> {
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
