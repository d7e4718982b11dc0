// The leading singular triplets of a Jacobian from products with it and its transpose: nothing of its size is kept. The
// smaller of the two sides is searched by Lanczos iteration on JᵀJ (or JJᵀ), and the other follows from the images of
// what was found, with the best values that the subspace holds (Rayleigh–Ritz).

import { type Matrix, matmul } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireKind } from "../requirements.ts";
import type { JacobianAt } from "./jacobian-at.ts";
import { type LeadingSubspace, LeadingSubspaces } from "./leading-subspace.ts";
import { decomposeInPlace } from "./long-vectors.ts";
import { ScaledProducts, type Side, smallerSide } from "./scaled-products.ts";

/** Leading singular triplets J·vᵢ = σᵢ·uᵢ from products alone, with how far they are from exact. */
export interface LeadingTriplets {
  /** σ₁ ≥ … ≥ σ_k. */
  readonly singularValues: Float64Array;
  /** v₁, …, v_k as columns, `[n, k]`, orthonormal. */
  readonly inputVectors: Matrix;
  /** u₁, …, u_k as columns, `[m, k]`, orthonormal; signs are not fixed. */
  readonly outputVectors: Matrix;
  /**
   * ‖Jᵀ·uᵢ − σᵢvᵢ‖, where n ≤ m, else ‖J·vᵢ − σᵢuᵢ‖, as the products gave it, including the engine's rounding; the
   * other equation holds by construction. Some singular value lies within it of σᵢ.
   */
  readonly residuals: Float64Array;
  /** Products with J or Jᵀ that it took. */
  readonly products: number;
  /** How the derivative was computed. */
  readonly route: DerivativeRoute;
}

/** Residual to reach by default, as a fraction of σ₁: ten times what products in float32 give. */
const TOLERANCE = 1e-5;

/** Singular values below this share of the largest are rounding of the products. */
const RESOLVED = 1e-6;

/** Vectors of the search beyond twice the number asked for. */
const SPARE = 16;
/** The same without images. */
const ROOMY = 40;
/** Share of the memory that their images may take. */
const SHARE = 1 / 8;

/** A search for leading triplets at a point, in which each goes on from where the one before ended. */
export class TripletSearch {
  readonly #at: JacobianAt;
  readonly #scaled: ScaledProducts;
  readonly #subspaces: LeadingSubspaces;

  constructor(at: JacobianAt) {
    requireKind("leadingTriplets: at", "derivative", at);
    this.#at = at;
    this.#scaled = new ScaledProducts(at, smallerSide(at));
    const { dim, forth, back } = this.#scaled;
    this.#subspaces = new LeadingSubspaces({ dim, forth, back, of: "triplets", signal: at.signal });
  }

  /** As {@link leadingTriplets}; `products` are all that the search has taken so far. */
  async find(k: number, tolerance: number = TOLERANCE): Promise<LeadingTriplets> {
    const [at, scaled] = [this.#at, this.#scaled];
    requireRoom(at, k);
    const found = await this.#subspaces.find({ k, tolerance, capacity: capacityFor(at, k) });
    const { near, far, values, residuals } = triplesOf(found);
    const [inputVectors, outputVectors] = scaled.side === "inputs" ? [near, far] : [far, near];
    const inFull = (x: number): number => x * scaled.unit;
    return {
      singularValues: values.map(inFull),
      inputVectors,
      outputVectors,
      residuals: residuals.map(inFull),
      products: found.products,
      route: await at.productRoute(),
    };
  }
}

/**
 * The leading `k` triplets, from 1 to min(n, m), to a residual of `tolerance`·σ₁, or as near to it as the engine's
 * rounding allows; the search ends after a hundred steps that gain nothing. The residuals say how accurate they are. Of a
 * singular value that occurs more than twice, copies may be missed.
 *
 * @throws {VielbeinError} `MEMORY_BUDGET` for more than fit.
 */
export async function leadingTriplets(
  at: JacobianAt,
  k: number,
  tolerance: number = TOLERANCE,
): Promise<LeadingTriplets> {
  return new TripletSearch(at).find(k, tolerance);
}

/** Leading eigenpairs of the metric JᵀJ, or of JJᵀ. */
export interface LeadingPairs {
  /** λ₁ ≥ … ≥ λ_k ≥ 0. */
  readonly values: Float64Array;
  /** As columns, `[n, k]`, of JJᵀ `[m, k]`, orthonormal; signs are not fixed. */
  readonly vectors: Matrix;
  /**
   * ‖JᵀJ·vᵢ − λᵢvᵢ‖, of JJᵀ likewise, as the products gave them, rounding of the engine included. Some eigenvalue lies
   * within it of λᵢ.
   */
  readonly residuals: Float64Array;
  /** Products with J or Jᵀ that it took. */
  readonly products: number;
  readonly route: DerivativeRoute;
}

export interface PairSearch {
  /** Residuals to reach, as a fraction of λ₁. */
  readonly tolerance: number;
  /** Of JᵀJ or of JJᵀ. Default `inputs`: JᵀJ. */
  readonly side?: Side | undefined;
  /** Orthonormal vectors of that side, fewer than it has dimensions: what is searched is the space orthogonal to them. */
  readonly beyond?: readonly Float64Array[] | undefined;
}

/**
 * The leading k eigenpairs of JᵀJ, from 1 to n, or of JJᵀ, by the same iteration, or as near to the tolerance as the
 * engine's rounding lets them come. Nothing as long as the other side is kept.
 */
export async function leadingPairs(
  at: JacobianAt,
  k: number,
  { tolerance, side = "inputs", beyond }: PairSearch,
): Promise<LeadingPairs> {
  const scaled = new ScaledProducts(at, side);
  const { dim, forth, back } = scaled;
  const subspaces = new LeadingSubspaces({ dim, forth, back, of: "pairs", beyond, signal: at.signal });
  const wanted = { k, tolerance, capacity: 2 * k + ROOMY };
  const { values, vectors, returned, products } = await subspaces.find(wanted);
  const squares = values.map((value) => value ** 2);
  const inFull = (x: number): number => x * scaled.unit ** 2;
  return {
    values: squares.map(inFull),
    vectors,
    residuals: residualsOf(returned, vectors, squares).map(inFull),
    products,
    route: await at.productRoute(),
  };
}

/** The best triplets that the space holds (Rayleigh–Ritz); its images become the far vectors. */
function triplesOf({ vectors, images, returned }: LeadingSubspace): {
  near: Matrix;
  far: Matrix;
  values: Float64Array;
  residuals: Float64Array;
} {
  const far = images!;
  const { s: values, turn } = decomposeInPlace(far);
  const near = matmul(vectors, turn);
  const squares = values.map((value) => value ** 2);
  // Of σ that vanish beside σ₁ the far vector is anyone's, and so is the quotient.
  const residuals = residualsOf(matmul(returned, turn), near, squares).map(
    (residual, i) => residual / Math.max(values[i], RESOLVED * values[0]) || 0,
  );
  return { near, far, values, residuals };
}

/** As many vectors as are worth it, whose images fit a share of the memory; some more than k in any case. */
function capacityFor(at: JacobianAt, k: number): number {
  const fitting = Math.floor((SHARE * at.memoryBudget) / (4 * Math.max(at.inputs, at.outputs)));
  return Math.max(k + 4, Math.min(2 * k + SPARE, fitting));
}

/** ‖bᵢ − sᵢ·vᵢ‖ for the columns of B and V. */
function residualsOf(b: Matrix, v: Matrix, s: Float64Array): Float64Array {
  const squares = new Float64Array(s.length);
  b.data.forEach((x, at) => {
    const i = at % s.length;
    squares[i] += (x - s[i] * v.data[at]) ** 2;
  });
  return squares.map(Math.sqrt);
}

/** Checks a number k of triplets. @throws {VielbeinError} `INVALID_ARGUMENT`. */
export function requireLeading(k: number, { from, to }: Pick<DifferentiableMap, "from" | "to">): void {
  const full = Math.min(from.dim, to.dim);
  if (Number.isInteger(k) && k >= 1 && k <= full) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `k must be an integer from 1 to ${full} = min(${from.dim}, ${to.dim}) for "${from.name}" → "${to.name}", got ${k}.`,
  );
}

function requireRoom(at: JacobianAt, k: number): void {
  if (k <= at.tripletsThatFit) return;
  const { from, to } = at.map;
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `${k} singular triplets of the Jacobian of "${from.name}" → "${to.name}", ${to.dim} × ${from.dim}, exceed the memory budget, which holds ${at.tripletsThatFit}. Ask for fewer, or raise the budget.`,
  );
}
