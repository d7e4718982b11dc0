// The largest quotients xᵀ·A·x / xᵀ·B·x of two symmetric matrices that are known by their products, B positive definite:
// generalised Davidson iteration (Morgan & Scott, SIAM J. Sci. Stat. Comput. 7, 1986). The basis grows by one
// preconditioned residual a step, and what the products made of it is kept beside it, so that values and residuals cost
// no further product.

import {
  type Eigh,
  eighGeneralized,
  leadingColumns,
  type Matrix,
  matrix,
  orthonormalize,
} from "@vielbein/linalg";
import { dot } from "../optimize/objective.ts";
import { combined, length, startVector, subtractInPlace, unitBeyond } from "./long-vectors.ts";

export interface QuotientSearch {
  /** Length n of the vectors. */
  readonly dim: number;
  /** How many quotients, from 1 to n. */
  readonly k: number;
  /** A·x and B·x of a unit vector x `[n]`. */
  readonly apply: (x: Float64Array) => Promise<readonly [Float64Array, Float64Array]>;
  /** T·r, T positive definite: the nearer it is to B⁻¹, the fewer steps are needed. */
  readonly precondition: (r: Float64Array) => Float64Array;
  /** How small a residual is to become, beside the largest quotient. */
  readonly tolerance: number;
  /** Vectors of the basis between two restarts, at least k + 3. */
  readonly capacity: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LeadingQuotients {
  /** λ₁ ≥ … ≥ λ_k. */
  readonly values: Float64Array;
  /** As columns, `[n, k]`, of unit length, xᵢᵀ·B·xⱼ = 0. */
  readonly vectors: Matrix;
  /** √(rᵀ·T·r / xᵀ·B·x) with r = A·x − λ·B·x: where T is B⁻¹, a quotient lies within it of λ. */
  readonly residuals: Float64Array;
  /** Times that `apply` was called. */
  readonly steps: number;
}

/** Random vectors to begin with, and steps in the end that look for quotients that those could not see. */
const START = 2;
const PROBES = 2;
/** Steps without a gain of one half after which rounding is all that is left. */
const PATIENCE = 40;

/** Finds the k largest quotients, or as much of them as the rounding of the products lets it. */
export async function leadingQuotients(search: QuotientSearch): Promise<LeadingQuotients> {
  const { dim, k, tolerance, capacity, signal } = search;
  const basis = new PencilBasis(search);
  let [best, patience, probes] = [Number.POSITIVE_INFINITY, PATIENCE, 0];
  for (;;) {
    signal?.throwIfAborted();
    let wanted: Float64Array | undefined;
    if (basis.size >= Math.min(dim, START)) {
      const { corrections, ...ritz } = basis.ritz(k);
      const worst = ritz.residuals.findIndex((residual) => residual > tolerance * ritz.values[0]);
      if (basis.size >= Math.min(dim, k + START - 1)) {
        const sum = ritz.residuals.reduce((total, residual) => total + residual, 0);
        if (sum < best / 2) [best, patience] = [sum, PATIENCE];
        const isFound = worst < 0 && probes >= PROBES;
        if (basis.size === dim || isFound || patience-- <= 0) return { ...ritz, steps: basis.steps };
        probes = worst < 0 ? probes + 1 : 0;
      }
      if (worst >= 0) wanted = corrections[worst];
      if (basis.size >= capacity) basis.restart(Math.floor((k + capacity) / 2));
    }
    await basis.grow(wanted);
  }
}

interface Ritz extends Omit<LeadingQuotients, "steps"> {
  /** T·r of each. */
  readonly corrections: readonly Float64Array[];
}

/** Orthonormal vectors with what A and B made of them. */
class PencilBasis {
  readonly #search: QuotientSearch;
  #vectors: Float64Array[] = [];
  #a: Float64Array[] = [];
  #b: Float64Array[] = [];
  #drawn = 0;
  /** Vectors that were appended, those before a restart included. */
  steps = 0;

  constructor(search: QuotientSearch) {
    this.#search = search;
  }

  get size(): number {
    return this.#vectors.length;
  }

  /** Appends the direction of `wanted`, or a random one where that adds nothing. */
  async grow(wanted: Float64Array | undefined): Promise<void> {
    const v = (wanted && unitBeyond(wanted, this.#vectors)) ?? this.#random();
    const [a, b] = await this.#search.apply(v);
    this.steps++;
    this.#vectors.push(v);
    this.#a.push(a);
    this.#b.push(b);
  }

  ritz(k: number): Ritz {
    const { values, vectors: coefficients } = this.#quotients();
    const count = Math.min(k, this.size);
    const vectors = matrix(this.#search.dim, count);
    const residuals = new Float64Array(count);
    const corrections = Array.from({ length: count }, (_, i) => {
      // The coefficients make xᵀ·B·x = 1.
      const x = combined(this.#vectors, coefficients, i);
      const r = subtractInPlace(
        combined(this.#a, coefficients, i),
        combined(this.#b, coefficients, i),
        values[i],
      );
      const unit = 1 / length(x);
      x.forEach((value, at) => {
        vectors.data[at * count + i] = unit * value;
      });
      const correction = this.#search.precondition(r);
      residuals[i] = Math.sqrt(Math.max(0, dot(r, correction)));
      return correction;
    });
    return { values: values.slice(0, count), vectors, residuals, corrections };
  }

  /** Keeps an orthonormal basis of the `count` leading Ritz vectors in place of all. */
  restart(count: number): void {
    const turn = orthonormalize(leadingColumns(this.#quotients().vectors, count));
    const kept = (of: readonly Float64Array[]) =>
      Array.from({ length: turn.cols }, (_, i) => combined(of, turn, i));
    [this.#vectors, this.#a, this.#b] = [kept(this.#vectors), kept(this.#a), kept(this.#b)];
  }

  #random(): Float64Array {
    const { dim } = this.#search;
    return unitBeyond(startVector(this.#drawn++, dim), this.#vectors) ?? this.#random();
  }

  #quotients(): Eigh {
    return eighGeneralized(this.#products(this.#a), this.#products(this.#b));
  }

  /** vᵢᵀ·A·vⱼ, for which the products give two values that differ by rounding. */
  #products(images: readonly Float64Array[]): Matrix {
    const n = this.size;
    const products = matrix(n, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const value = (dot(this.#vectors[i], images[j]) + dot(this.#vectors[j], images[i])) / 2;
        products.data[i * n + j] = value;
        products.data[j * n + i] = value;
      }
    }
    return products;
  }
}
