// Local Basis: the singular vectors of the Jacobian at a point (Choi, Lee, Yoon, Park, Hwang & Kang,
// "Do Not Escape From the Manifold", ICLR 2022). With J = Σ σᵢ uᵢ vᵢᵀ, moving the code by t along vᵢ moves
// the output by tσᵢ along uᵢ, to first order.

import { type Matrix, orient } from "@vielbein/linalg";
import { type DerivativeRoute, type DifferentiableMap, requireMap } from "../map/map.ts";
import { requirePoints } from "../map/space.ts";
import { requireKind } from "../requirements.ts";
import { decompositionFits, LEADING, tripletsThatFit } from "./budget.ts";
import { type JacobianOptions, wholeJacobian } from "./jacobian.ts";
import { type DerivativeOptions, JacobianAt } from "./jacobian-at.ts";
import { leadingTriplets, requireLeading } from "./leading.ts";
import { leadingDecomposition } from "./leading-decomposition.ts";

/**
 * Singular value decomposition J = U·diag(σ)·Vᵀ of the Jacobian at one point (Choi et al., ICLR 2022), by
 * {@link localBasis}.
 */
export interface LocalBasis {
  /** x, `[from.dim]`. */
  readonly point: Float32Array;
  /** f(x), `[to.dim]`. */
  readonly value: Float32Array;
  /** σ₁ ≥ σ₂ ≥ …, `k` of them: units of the output per unit of the input. */
  readonly singularValues: Float64Array;
  /** v₁, v₂, … as columns, `[from.dim, k]`, orthonormal: directions in the input space. */
  readonly inputVectors: Matrix;
  /**
   * u₁, u₂, … as columns, `[to.dim, k]`, orthonormal: directions in the output space. The entry of
   * largest magnitude of each is positive, which fixes the sign of vᵢ too.
   */
  readonly outputVectors: Matrix;
  /** `matrix`: by decomposing the whole Jacobian; else from products with it and its transpose. */
  readonly route: DerivativeRoute;
  /**
   * By the route by products only, `[k]`: see {@link LeadingTriplets}. A singular value lies within it of σᵢ, and the
   * vectors are off by about its quotient by the gap to the next value.
   */
  readonly residuals?: Float64Array | undefined;
  /** By the same route: the number of products with the Jacobian and its transpose that it took. */
  readonly products?: number | undefined;
}

/** How many triplets of a local basis are kept, and how the Jacobian is computed. */
export interface LocalBasisOptions extends JacobianOptions {
  /**
   * Leading singular triplets to keep, from 1 to min(from.dim, to.dim). Default: all; of a Jacobian that exceeds the
   * memory budget as a matrix the leading 32, see {@link defaultTriplets}.
   */
  readonly k?: number | undefined;
}

/**
 * How many triplets {@link localBasis} finds by itself: all, or of a Jacobian beyond the memory budget the leading 32.
 */
export function defaultTriplets(
  map: Pick<DifferentiableMap, "from" | "to" | "bytesPerTangent">,
  { memoryBudget }: Pick<DerivativeOptions, "memoryBudget"> = {},
): number {
  requireKind("defaultTriplets: map", "map", map);
  const full = Math.min(map.from.dim, map.to.dim);
  return decompositionFits(map, memoryBudget)
    ? full
    : Math.min(full, LEADING, tripletsThatFit(map, memoryBudget));
}

/**
 * The local basis at each of the points: by a singular value decomposition of the Jacobian in float64, of which a few
 * leading triplets of a large one are computed alone, to 1e-8; or where that exceeds the memory budget, or takes several
 * times as long, the leading part of it by iteration, from products with the Jacobian and its transpose.
 *
 * @param points `[count, from.dim]`, row-major.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k out of range; what {@link jacobian} throws.
 */
export async function localBasis(
  map: DifferentiableMap,
  points: Float32Array,
  options: LocalBasisOptions = {},
): Promise<LocalBasis[]> {
  requireMap("localBasis", map);
  const n = map.from.dim;
  requirePoints("localBasis: points", points, Math.max(1, Math.floor(points?.length / n)), map.from);
  const bases: LocalBasis[] = [];
  for (let start = 0; start < points.length; start += n) {
    bases.push(await localBasisAt(map, points.slice(start, start + n), options));
  }
  return bases;
}

/**
 * {@link localBasis} at one point `[from.dim]`.
 *
 * @example
 * ```js
 * import { functionMap, localBasisAt } from "@vielbein/core";
 *
 * const from = { name: "x", dim: 2, shape: [2] };
 * const to = { name: "y", dim: 3, shape: [3] };
 * const map = functionMap({ from, to, evaluate: ([a, b]) => [4 * a, 3 * b, 0] });
 * const { singularValues, inputVectors, outputVectors } = await localBasisAt(map, Float32Array.of(0, 0));
 * console.log([...singularValues].map((each) => each.toFixed(3)).join(" ")); // → 4.000 3.000
 * console.log(inputVectors.rows, outputVectors.rows); // → 2 3
 * ```
 */
export async function localBasisAt(
  map: DifferentiableMap,
  point: Float32Array,
  options: LocalBasisOptions = {},
): Promise<LocalBasis> {
  requireMap("localBasis", map);
  const { k = defaultTriplets(map, options) } = options;
  requireLeading(k, map);
  const at = JacobianAt.of(map, point, options);
  const { singularValues, route, residuals, products, ...triplets } = await tripletsAt(at, k, options);
  orient(triplets.outputVectors, triplets.inputVectors);
  const value = (await at.value()) as Float32Array;
  return {
    point,
    value,
    singularValues,
    inputVectors: triplets.inputVectors,
    outputVectors: triplets.outputVectors,
    route,
    residuals,
    products,
  };
}

type Triplets = Omit<LocalBasis, "point" | "value">;

async function tripletsAt(at: JacobianAt, k: number, options: JacobianOptions): Promise<Triplets> {
  if (options.method === undefined && at.isIterated(k)) return leadingTriplets(at, k);
  const { u, s, v } = await leadingDecomposition(await wholeJacobian(at, options), k);
  return { singularValues: s, inputVectors: v, outputVectors: u, route: "matrix" };
}
