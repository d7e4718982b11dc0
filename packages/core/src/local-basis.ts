// Local Basis: the singular vectors of the Jacobian at a point (Choi, Lee, Yoon, Park, Hwang & Kang,
// "Do Not Escape From the Manifold", ICLR 2022). With J = Σ σᵢ uᵢ vᵢᵀ, moving the code by t along vᵢ moves
// the output by tσᵢ along uᵢ, to first order.

import { canonicalSigns, leadingColumns, type Matrix, svd } from "@vielbein/linalg";
import { VielbeinError } from "./errors.ts";
import { type JacobianOptions, jacobian } from "./jacobian.ts";
import type { DifferentiableMap } from "./map.ts";
import { requirePoints } from "./space.ts";

export interface LocalBasis {
  /** x, `[from.dim]`. */
  readonly point: Float32Array;
  /** f(x), `[to.dim]`. */
  readonly value: Float32Array;
  /** σ₁ ≥ σ₂ ≥ …, `rank` of them: units of the output per unit of the input. */
  readonly singularValues: Float64Array;
  /** v₁, v₂, … as columns, `[from.dim, rank]`, orthonormal: directions in the input space. */
  readonly inputVectors: Matrix;
  /**
   * u₁, u₂, … as columns, `[to.dim, rank]`, orthonormal: directions in the output space. The entry of
   * largest magnitude of each is positive, which fixes the sign of vᵢ too.
   */
  readonly outputVectors: Matrix;
}

export interface LocalBasisOptions extends JacobianOptions {
  /** Leading singular triplets to keep, from 1 to min(from.dim, to.dim). Default: all. */
  readonly rank?: number;
}

/**
 * The local basis at each of the points, by a full singular value decomposition of the Jacobian in float64.
 *
 * @param points `[count, from.dim]`, row-major.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a rank out of range; what {@link jacobian} throws.
 */
export async function localBasis(
  map: DifferentiableMap,
  points: Float32Array,
  options: LocalBasisOptions = {},
): Promise<LocalBasis[]> {
  const n = map.from.dim;
  requirePoints("localBasis: points", points, Math.max(1, Math.floor(points.length / n)), map.from);
  const bases: LocalBasis[] = [];
  for (let start = 0; start < points.length; start += n) {
    bases.push(await localBasisAt(map, points.slice(start, start + n), options));
  }
  return bases;
}

/** {@link localBasis} at one point `[from.dim]`. */
export async function localBasisAt(
  map: DifferentiableMap,
  point: Float32Array,
  options: LocalBasisOptions = {},
): Promise<LocalBasis> {
  const full = Math.min(map.from.dim, map.to.dim);
  const rank = options.rank ?? full;
  if (!Number.isInteger(rank) || rank < 1 || rank > full) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `rank must be an integer from 1 to ${full} = min(${map.from.dim}, ${map.to.dim}) for "${map.from.name}" → "${map.to.name}", got ${rank}.`,
    );
  }
  const derivative = await jacobian(map, point, options);
  const value = await map.evaluate(point, 1);
  const { u, s, v } = svd(derivative);
  const signed = canonicalSigns(leadingColumns(u, rank), leadingColumns(v, rank));
  return {
    point,
    value,
    singularValues: s.slice(0, rank),
    inputVectors: signed.v,
    outputVectors: signed.u,
  };
}
