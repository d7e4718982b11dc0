// The leading k output vectors of the Jacobian at a point: the k-dimensional subspace in which the output moves most,
// for methods that compare subspaces and need nothing else from the local basis. They come from the leading
// decomposition of the Jacobian or, where that exceeds the memory budget, or takes far more products than they do, from
// products alone.

import type { Matrix } from "@vielbein/linalg";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireKind } from "../requirements.ts";
import { type JacobianOptions, wholeJacobian } from "./jacobian.ts";
import { JacobianAt } from "./jacobian-at.ts";
import { leadingTriplets, requireLeading } from "./leading.ts";
import { leadingDecomposition } from "./leading-decomposition.ts";

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
  requireKind("resolvedCount: singularValues", "numbers", singularValues);
  return singularValues.filter((value) => value > RESOLVED * singularValues[0]).length;
}

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
  requireKind("tangentBasis: map", "map", map);
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
    const { u, s } = await leadingDecomposition(await wholeJacobian(at, options), k);
    return { vectors: u, singularValues: s, route: "matrix" };
  }
  const { outputVectors: vectors, singularValues, route } = await leadingTriplets(at, k);
  return { vectors, singularValues, route };
}
