// What of vectors no tangent vector reaches: the residuals of least squares with a Jacobian that is known by its
// products alone (conjugate gradients on the normal equations, CGLS: Björck, "Numerical Methods for Least Squares
// Problems", SIAM 1996, 7.4). Several vectors go through the engine together.

import { norm, rowAt } from "@vielbein/linalg";
import type { JacobianAt } from "../jacobian/jacobian-at.ts";
import { concatenate, subtractInPlace } from "../jacobian/long-vectors.ts";

/** A residual is done where ‖Jᵀr‖ is below this share of σ₁‖r‖. */
const TOLERANCE = 1e-4;
/** So small a share of a vector is rounding of products in float32. */
const ROUNDING = 1e-6;
const MOST_ITERATIONS = 200;

export interface Residuals {
  /** d − J·a for the a that makes it shortest, `[count, m]`. */
  readonly vectors: Float64Array;
  /**
   * The largest ‖Jᵀr‖/(σ₁‖r‖), 0 in exact arithmetic: of a residual, at most this times σ₁/σᵢ lies along the output
   * vector uᵢ.
   */
  readonly share: number;
  /** Products with J or Jᵀ that it took. */
  readonly products: number;
}

/** One of the vectors on its way. */
interface Search {
  /** `[m]`, a part of the result. */
  readonly residual: Float64Array;
  /** ‖d‖. */
  readonly length: number;
  /** Of the search in the input space, `[n]`. */
  direction: Float64Array;
  /** ‖Jᵀr‖². */
  square: number;
}

/**
 * Residuals of least squares with J for the vectors d `[count, m]`, which are overwritten: to ‖Jᵀr‖ ≤ 1e-4·σ₁‖r‖, or
 * until 200 iterations are over.
 *
 * @param largest σ₁.
 */
export async function leastSquaresResiduals(
  at: JacobianAt,
  vectors: Float64Array,
  largest: number,
): Promise<Residuals> {
  const { inputs: n, outputs: m } = at;
  const count = vectors.length / m;
  const searches = Array.from({ length: count }, (_, i): Search => {
    const residual = rowAt(vectors, i, m);
    return { residual, length: norm(residual), direction: new Float64Array(n), square: 0 };
  });
  let products = await turn(at, searches);
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const open = searches.filter((search) => shareOf(search, largest) > TOLERANCE);
    if (open.length === 0) break;
    products += (await descend(at, open)) + (await turn(at, open));
  }
  return { vectors, share: Math.max(...searches.map((search) => shareOf(search, largest))), products };
}

/** ‖Jᵀr‖/(σ₁‖r‖); 0 where nothing but rounding is left of a vector. */
function shareOf({ residual, length, square }: Search, largest: number): number {
  const rest = norm(residual);
  return rest > ROUNDING * length ? Math.sqrt(square) / (largest * rest) : 0;
}

/** Goes to the shortest residual along the direction of each search. */
async function descend(at: JacobianAt, searches: readonly Search[]): Promise<number> {
  const lengths = searches.map(({ direction }) => norm(direction));
  const units = searches.map(({ direction }, i) => direction.map((x) => x / lengths[i]));
  const images = await at.push(concatenate(units), searches.length);
  searches.forEach(({ residual, square }, i) => {
    const image = rowAt(images, i, at.outputs);
    const step = square / (lengths[i] * norm(image) ** 2);
    // Nothing moves along a direction of the null space.
    if (Number.isFinite(step)) subtractInPlace(residual, image, step);
  });
  return searches.length;
}

/** Turns each search to the gradient Jᵀr, made conjugate to the direction before. */
async function turn(at: JacobianAt, searches: readonly Search[]): Promise<number> {
  const residuals = searches.map(({ residual }) => residual);
  const gradients = await at.pull(concatenate(residuals), searches.length);
  searches.forEach((search, i) => {
    const gradient = rowAt(gradients, i, at.inputs);
    const square = norm(gradient) ** 2;
    const share = search.square > 0 ? square / search.square : 0;
    search.direction = search.direction.map((x, k) => gradient[k] + share * x);
    search.square = square;
  });
  return searches.length;
}
