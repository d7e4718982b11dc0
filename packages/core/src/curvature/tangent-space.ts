// The tangent space of the image of a map at a point, the range of J, and what of vectors is normal to it: (I − J·J⁺)·d,
// which is (I − J·g⁻¹·Jᵀ)·d where the metric g = JᵀJ has an inverse. From the decomposition of J where that fits the
// memory budget, else by products with J and its transpose.

import { leadingColumns, type Matrix, matmul, matrix, svd } from "@vielbein/linalg";
import type { JacobianAt } from "../jacobian/jacobian-at.ts";
import { leadingTriplets } from "../jacobian/leading.ts";
import { resolvedCount } from "../jacobian/tangent-basis.ts";
import type { DerivativeRoute } from "../map/map.ts";
import { leastSquaresResiduals } from "./least-squares.ts";

export interface TangentSpace {
  /** σ₁ ≥ … ≥ σ_k, the leading ones that were asked for. */
  readonly singularValues: Float64Array;
  /** v₁, … as columns, `[n, k]`. */
  readonly inputVectors: Matrix;
  /** Dimension of the tangent space, σ ≤ 1e-6·σ₁ being rounding; undefined by products, which do not tell. */
  readonly rank: number | undefined;
  readonly route: DerivativeRoute;
  /** What of the rows `[count, m]` is normal to the tangent space. The rows may be overwritten. */
  normalParts(rows: Float64Array): Promise<Float64Array>;
  /** Products with J or Jᵀ so far, by the route by products. */
  products(): number | undefined;
  /** By the same route: the largest share of a normal part that is left in the tangent space, see {@link Residuals}. */
  share(): number | undefined;
}

/** The tangent space of a derivative at hand, with its leading `k` triplets. */
export function tangentSpaceAt(at: JacobianAt, k: number): Promise<TangentSpace> {
  return at.fits("decomposition") ? decomposed(at, k) : byProducts(at, k);
}

async function decomposed(at: JacobianAt, k: number): Promise<TangentSpace> {
  const { u, s, v } = svd(await at.matrix());
  const rank = s[0] > 0 ? resolvedCount(s) : 0;
  const frame = leadingColumns(u, rank);
  return {
    singularValues: s.slice(0, k),
    inputVectors: leadingColumns(v, k),
    rank,
    route: "matrix",
    // Where the image fills its space nothing is normal to it, not even rounding.
    normalParts: async (rows) =>
      rank === at.outputs ? new Float64Array(rows.length) : without(without(rows, frame), frame),
    products: () => undefined,
    share: () => undefined,
  };
}

async function byProducts(at: JacobianAt, k: number): Promise<TangentSpace> {
  const found = await leadingTriplets(at, k);
  let { products } = found;
  let share = 0;
  return {
    singularValues: found.singularValues,
    inputVectors: found.inputVectors,
    rank: undefined,
    route: found.route,
    normalParts: async (rows) => {
      const start = without(rows, found.outputVectors);
      const result = await leastSquaresResiduals(at, start, found.singularValues[0]);
      products += result.products;
      share = Math.max(share, result.share);
      return result.vectors;
    },
    products: () => products,
    share: () => share,
  };
}

/** Rows `[count, m]` less their parts in the span of orthonormal columns `[m, r]`. */
function without(rows: Float64Array, frame: Matrix): Float64Array {
  const whole = matrix(rows.length / frame.rows, frame.rows, rows);
  const inside = matmul(matmul(whole, frame), frame, { transposeB: true });
  return rows.map((x, i) => x - inside.data[i]);
}
