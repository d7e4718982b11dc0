// The input's half of the local basis, for callers that need no output vectors, each of which is as large as the
// output.

import { eigh, leadingColumns, type Matrix, orient, svd } from "@vielbein/linalg";
import type { DerivativeRoute } from "../map/map.ts";
import { requireKind } from "../requirements.ts";
import type { JacobianAt } from "./jacobian-at.ts";
import { requireLeading, TripletSearch } from "./leading.ts";

/**
 * Singular values and right singular vectors of the Jacobian at one point: a local basis without its output
 * vectors, which may be far larger.
 */
export interface InputBasis {
  /** σ₁ ≥ σ₂ ≥ …, all min(from.dim, to.dim) of them, or the leading ones that were asked for. */
  readonly singularValues: Float64Array;
  /**
   * v₁, v₂, … as columns, `[from.dim, k]`, orthonormal. The entry of largest magnitude of uᵢ is positive, as in
   * {@link LocalBasis}; by the spectrum of JᵀJ, which has no uᵢ, that of vᵢ.
   */
  readonly inputVectors: Matrix;
  /** How the derivative was computed. */
  readonly route: DerivativeRoute;
}

/**
 * Elements of a Jacobian that is decomposed whole: that of a larger one takes some six times as long as the spectrum of
 * JᵀJ.
 */
const DECOMPOSED = 2 ** 23;

/**
 * Singular values and input vectors at a point: by the singular value decomposition of J or, where that takes too much
 * memory or time, from the spectrum of JᵀJ, accurate to 1e-8·σ₁; only the leading `k` by products with J and its
 * transpose.
 *
 * @param k from 1 to min(from.dim, to.dim). Default: all.
 * @param tolerance of the leading k, as that of {@link leadingTriplets}.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k out of range; `MEMORY_BUDGET` for more than fits; what the map
 * throws.
 */
export async function inputBasisAt(at: JacobianAt, k?: number, tolerance?: number): Promise<InputBasis> {
  requireKind("inputBasisAt: at", "derivative", at);
  if (k !== undefined) return new InputBasisSearch(at).find(k, tolerance);
  const isSmall = at.inputs * at.outputs <= DECOMPOSED && at.fits("decomposition");
  return isSmall ? byDecomposition(at) : byMetric(at);
}

/** Input bases of leading directions at a point, in which each goes on from the products of the one before. */
export class InputBasisSearch {
  readonly #at: JacobianAt;
  readonly #triplets: TripletSearch;

  constructor(at: JacobianAt) {
    this.#at = at;
    this.#triplets = new TripletSearch(at);
  }

  /** As {@link inputBasisAt} of the leading `k`. */
  async find(k: number, tolerance?: number): Promise<InputBasis> {
    requireLeading(k, this.#at.map);
    const { singularValues, inputVectors, outputVectors, route } = await this.#triplets.find(k, tolerance);
    orient(outputVectors, inputVectors);
    return { singularValues, inputVectors, route };
  }
}

async function byDecomposition(at: JacobianAt): Promise<InputBasis> {
  const { u, s, v } = svd(await at.matrix());
  orient(u, v);
  return { singularValues: s, inputVectors: v, route: "matrix" };
}

async function byMetric(at: JacobianAt): Promise<InputBasis> {
  const route = at.gramRoute;
  const { values, vectors } = eigh(await at.gram(route), { sign: "canonical" });
  const count = Math.min(at.inputs, at.outputs);
  return {
    singularValues: values.slice(0, count).map((value) => Math.sqrt(Math.max(0, value))),
    inputVectors: leadingColumns(vectors, count),
    route,
  };
}
