// The space of the leading eigenvectors of JᵀJ (or JJᵀ) by Lanczos iteration with full reorthogonalisation and restarts,
// one product forth and one back a step. What the products gave is kept beside the basis, so that values, residuals and the
// images of the vectors found cost no further product.

import { eigh, type Matrix, matrix, normal } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";
import { combined, length, subtractInPlace, unitBeyond } from "./long-vectors.ts";

export interface SubspaceSearch {
  /** Length of the vectors searched for. */
  readonly dim: number;
  /** How many of them. */
  readonly k: number;
  /** A·x of one vector x `[dim]`. */
  readonly forth: (x: Float64Array) => Promise<FloatArray>;
  /** Aᵀ·y of what `forth` gave. */
  readonly back: (y: FloatArray) => Promise<FloatArray>;
  /** Residuals ‖Aᵀu − σv‖ to reach, as a fraction of σ₁. */
  readonly tolerance: number;
  /** Vectors of the basis between two restarts, at least k + 3. */
  readonly capacity: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LeadingSubspace {
  /** v₁, …, v_k, orthonormal, `[dim]` each. */
  readonly vectors: readonly Float64Array[];
  /** A·v₁, …, A·v_k. */
  readonly images: Float64Array[];
  /** AᵀA·v₁, …, AᵀA·v_k. */
  readonly returned: readonly Float64Array[];
  /** Products forth and back. */
  readonly products: number;
}

/** Steps without a gain of one half, after which rounding is all that is left of the residuals. */
const PATIENCE = 40;
/** Steps from a random vector that look for what the iteration cannot see; the second where the first leaves it open. */
const PROBES = 2;
/** How many times smaller than its expected length the share of a random vector in a direction is in one case of twelve. */
const UNLIKELY = 10;

/**
 * Finds the leading k, or as much of them as the rounding of the products lets it. From one vector the iteration sees only
 * one direction of a value that is there several times, so in the end it looks from a random vector for others.
 */
export async function leadingSubspace(search: SubspaceSearch): Promise<LeadingSubspace> {
  const { dim, k, tolerance, capacity, signal } = search;
  const basis = new Basis(dim);
  const progress = new Progress();
  let probes = 0;
  for (;;) {
    signal?.throwIfAborted();
    const ritz = basis.ritz(k);
    const worst = ritz.residuals.findIndex((residual) => residual > tolerance * ritz.values[0]);
    let wanted: FloatArray | undefined;
    if (basis.size >= k) {
      const isProbed = probes === PROBES || (probes > 0 && !basis.mayHide(ritz.values[k - 1]));
      const isFound = worst < 0 && isProbed;
      if (basis.size === dim || isFound || progress.hasEnded(ritz)) return basis.found(ritz, 2 * basis.steps);
      probes = worst < 0 ? probes + 1 : 0;
      wanted = worst < 0 && probes > 1 ? basis.newest : undefined;
    }
    if (worst >= 0) wanted = ritz.rest[worst];
    if (basis.size >= capacity) basis.restart(Math.floor((k + capacity) / 2));
    const v = basis.next(wanted);
    const image = await search.forth(v);
    basis.append(v, image, await search.back(image));
  }
}

/** Whether the residuals still fall. */
class Progress {
  #best = Number.POSITIVE_INFINITY;
  #patience = PATIENCE;

  hasEnded({ residuals }: Ritz): boolean {
    const sum = residuals.reduce((total, residual) => total + residual, 0);
    if (sum < this.#best / 2) [this.#best, this.#patience] = [sum, PATIENCE];
    return this.#patience-- <= 0;
  }
}

/** Ritz pairs: what the basis knows of the leading triplets. */
interface Ritz {
  /** Coefficients in the basis, as columns. */
  readonly coefficients: Matrix;
  /** σᵢ. */
  readonly values: Float64Array;
  /** AᵀA·vᵢ − σᵢ²vᵢ. */
  readonly rest: readonly Float64Array[];
  /** Lengths of those over σᵢ. */
  readonly residuals: Float64Array;
}

/** Orthonormal vectors with what the products made of them. */
class Basis {
  readonly #dim: number;
  #vectors: Float64Array[] = [];
  #images: FloatArray[] = [];
  #returned: FloatArray[] = [];
  #drawn = 0;
  /** Vectors that were appended, those before a restart included. */
  steps = 0;

  constructor(dim: number) {
    this.#dim = dim;
  }

  get size(): number {
    return this.#vectors.length;
  }

  append(v: Float64Array, image: FloatArray, returned: FloatArray): void {
    this.steps++;
    this.#vectors.push(v);
    this.#images.push(image);
    this.#returned.push(returned);
  }

  /** AᵀA times the vector that came last. */
  get newest(): FloatArray {
    return this.#returned[this.size - 1];
  }

  /**
   * Whether a singular value of at least `value` may lie beyond the basis, by what the products made of its newest vector,
   * which is random there: AᵀA takes one of length 1 to λ/√dim of each direction on average.
   */
  mayHide(value: number): boolean {
    const beyond = Float64Array.from(this.newest);
    for (const v of this.#vectors.slice(0, -1)) subtractInPlace(beyond, v, dot(beyond, v));
    return UNLIKELY * Math.sqrt(this.#dim) * length(beyond) > value ** 2;
  }

  /** A unit vector orthogonal to the basis: the direction of `wanted`, or a random one where that adds nothing. */
  next(wanted: FloatArray | undefined): Float64Array {
    const found = wanted && unitBeyond(Float64Array.from(wanted), this.#vectors);
    return found ?? this.next(normal(0, this.#drawn++, this.#dim));
  }

  ritz(k: number): Ritz {
    const { size } = this;
    if (size === 0) {
      const [values, residuals] = [new Float64Array(1), new Float64Array(1)];
      return { coefficients: matrix(0, 0), values, rest: [], residuals };
    }
    const g = matrix(size, size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) g.data[i * size + j] = this.#energy(i, j);
    }
    const { values: squares, vectors: coefficients } = eigh(g);
    const count = Math.min(k, size);
    const values = squares.slice(0, count).map((square) => Math.sqrt(Math.max(0, square)));
    const rest = Array.from(values, (value, i) =>
      subtractInPlace(
        combined(this.#returned, coefficients, i),
        combined(this.#vectors, coefficients, i),
        value ** 2,
      ),
    );
    // Of σ = 0 the direction u is anyone's, and a residual that is small beside σ₁ says all.
    const residuals = values.map((value, i) => length(rest[i]) / Math.max(value, 1e-6 * values[0]) || 0);
    return { coefficients, values, rest, residuals };
  }

  found({ coefficients, values }: Ritz, products: number): LeadingSubspace {
    const each = (vectors: readonly FloatArray[]) =>
      Array.from(values, (_, i) => combined(vectors, coefficients, i));
    const [vectors, images, returned] = [each(this.#vectors), each(this.#images), each(this.#returned)];
    return { vectors, images, returned, products };
  }

  /** Keeps the `count` leading Ritz vectors in place of all. */
  restart(count: number): void {
    const { coefficients } = this.ritz(1);
    const kept = (vectors: readonly FloatArray[]) =>
      Array.from({ length: count }, (_, i) => combined(vectors, coefficients, i));
    this.#vectors = kept(this.#vectors);
    this.#images = kept(this.#images).map((image) => Float32Array.from(image));
    this.#returned = kept(this.#returned);
  }

  /** vᵢᵀAᵀA·vⱼ, of which the products give two values that differ by rounding. */
  #energy(i: number, j: number): number {
    return (dot(this.#vectors[i], this.#returned[j]) + dot(this.#vectors[j], this.#returned[i])) / 2;
  }
}
