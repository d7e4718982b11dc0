// The space of the leading eigenvectors of JᵀJ (or JJᵀ) by Lanczos iteration with full reorthogonalisation and
// restarts, one product forth and one back a step. What the products gave is kept beside the basis, so that values,
// residuals and the images of the vectors found cost no further product.

import { eigh, type Matrix, matrix } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";
import {
  combinations,
  combined,
  length,
  orthogonalTo,
  startVector,
  subtractInPlace,
  unitBeyond,
} from "./long-vectors.ts";

export interface SubspaceSearch {
  /** Length of the vectors searched for. */
  readonly dim: number;
  /** A·x of one vector x `[dim]`. */
  readonly forth: (x: Float64Array) => Promise<FloatArray>;
  /** Aᵀ·y of what `forth` gave. */
  readonly back: (y: FloatArray) => Promise<FloatArray>;
  /**
   * What is to become small: `triplets` ‖Aᵀu − σv‖ beside σ₁, and images are kept to have u; `pairs` ‖AᵀA·v − λv‖
   * beside λ₁.
   */
  readonly of: "triplets" | "pairs";
  /** Orthonormal vectors `[dim]`: what is searched is the space orthogonal to them. Default none. */
  readonly beyond?: readonly Float64Array[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is wanted of a search. */
export interface WantedSubspace {
  /** How many vectors. */
  readonly k: number;
  /** How small the residuals are to become. */
  readonly tolerance: number;
  /** Vectors of the basis between two restarts, at least k + 3. */
  readonly capacity: number;
}

export interface LeadingSubspace {
  /** σ₁ ≥ … ≥ σ_k, by vᵀAᵀA·v. */
  readonly values: Float64Array;
  /** v₁, …, v_k as columns, orthonormal, `[dim, k]`. */
  readonly vectors: Matrix;
  /** A·v₁, …, A·v_k as columns; of `pairs` none. */
  readonly images: Matrix | undefined;
  /** AᵀA·v₁, …, AᵀA·v_k as columns. */
  readonly returned: Matrix;
  /** Products with A and with Aᵀ. */
  readonly products: number;
}

/**
 * From one random vector the iteration sees only one direction of a value that is there twice. So where it takes more
 * than this many steps beyond 2k, another comes in; and in the end it goes on from one more, for some steps at least, and
 * for as many at most while a value as large as those found may be on its way.
 */
const LATE = 6;
const PROBES = 2;
const MOST_PROBES = 4;
/**
 * Steps without a gain of one half after which the search ends, because of rounding or of values that hardly differ.
 */
const PATIENCE = 100;

/** A search for leading subspaces, in which each goes on from where the one before ended. */
export class LeadingSubspaces {
  readonly #search: SubspaceSearch;
  readonly #basis: Basis;

  constructor(search: SubspaceSearch) {
    this.#search = search;
    this.#basis = new Basis(search.dim, search.of, search.beyond ?? []);
  }

  /**
   * Finds the leading k, or as much of them as the rounding of the products, and patience with values that hardly
   * differ, let it.
   */
  async find({ k, tolerance, capacity }: WantedSubspace): Promise<LeadingSubspace> {
    const { of, beyond = [], forth, back, signal } = this.#search;
    const basis = this.#basis;
    const dim = this.#search.dim - beyond.length;
    const progress = new Progress();
    let probes = 0;
    for (;;) {
      signal?.throwIfAborted();
      const ritz = basis.ritz(k);
      const largest = of === "pairs" ? ritz.values[0] ** 2 : ritz.values[0];
      const worst = ritz.residuals.findIndex((residual) => residual > tolerance * largest);
      let wanted: FloatArray | undefined;
      if (basis.size >= Math.min(dim, k)) {
        const isFound = worst < 0 && (probes >= MOST_PROBES || (probes >= PROBES && basis.holdsLeading(k)));
        if (basis.size === dim || isFound || progress.hasEnded(ritz))
          return basis.found(ritz, 2 * basis.steps);
        probes = worst < 0 ? probes + 1 : 0;
        wanted = worst < 0 && probes > 1 ? basis.newest : undefined;
      }
      if (worst >= 0 && basis.steps !== 2 * k + LATE) wanted = ritz.rest[worst];
      if (basis.size >= capacity) basis.restart(Math.floor((k + capacity) / 2));
      const v = basis.next(wanted);
      const image = await forth(v);
      basis.append(v, image, await back(image));
    }
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
  /** Lengths of those, of triplets over σᵢ. */
  readonly residuals: Float64Array;
}

/** Orthonormal vectors with what the products made of them. */
class Basis {
  readonly #dim: number;
  readonly #of: SubspaceSearch["of"];
  readonly #beyond: readonly Float64Array[];
  #vectors: Float64Array[] = [];
  #images: FloatArray[] = [];
  #returned: FloatArray[] = [];
  #drawn = 0;
  /** Vectors that were appended, those before a restart included. */
  steps = 0;

  constructor(dim: number, of: SubspaceSearch["of"], beyond: readonly Float64Array[]) {
    this.#dim = dim;
    this.#of = of;
    this.#beyond = beyond;
  }

  get size(): number {
    return this.#vectors.length;
  }

  append(v: Float64Array, image: FloatArray, returned: FloatArray): void {
    this.steps++;
    this.#vectors.push(v);
    if (this.#of === "triplets") this.#images.push(image);
    this.#returned.push(this.#beyond.length > 0 ? orthogonalTo(this.#beyond, returned) : returned);
  }

  /** AᵀA times the vector that came last. */
  get newest(): FloatArray {
    return this.#returned[this.size - 1];
  }

  /** A unit vector orthogonal to the basis: the direction of `wanted`, or a random one where that adds nothing. */
  next(wanted: FloatArray | undefined): Float64Array {
    const found = wanted && unitBeyond(Float64Array.from(wanted), [...this.#beyond, ...this.#vectors]);
    return found ?? this.next(startVector(this.#drawn++, this.#dim));
  }

  /** Whether no Ritz pair beyond the first k may be on its way to an eigenvalue that is larger than theirs. */
  holdsLeading(k: number): boolean {
    const { values, rest } = this.ritz(this.size);
    return rest.slice(k).every((vector, i) => values[k + i] ** 2 + length(vector) < values[k - 1] ** 2);
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
    const unit = (value: number): number => (this.#of === "pairs" ? 1 : Math.max(value, 1e-6 * values[0]));
    const residuals = values.map((value, i) => length(rest[i]) / unit(value) || 0);
    return { coefficients, values, rest, residuals };
  }

  found({ coefficients, values }: Ritz, products: number): LeadingSubspace {
    const each = (vectors: readonly FloatArray[]): Matrix =>
      combinations(vectors, coefficients, values.length);
    const images = this.#of === "triplets" ? each(this.#images) : undefined;
    return { values, vectors: each(this.#vectors), images, returned: each(this.#returned), products };
  }

  /** Keeps the `count` leading Ritz vectors in place of all. */
  restart(count: number): void {
    const { coefficients } = this.ritz(1);
    const kept = (vectors: readonly FloatArray[]) =>
      Array.from({ length: count }, (_, i) => combined(vectors, coefficients, i));
    this.#vectors = kept(this.#vectors);
    if (this.#of === "triplets") {
      const images = this.#images;
      // One by one: in double precision all of them would be twice as much.
      this.#images = Array.from({ length: count }, (_, i) =>
        Float32Array.from(combined(images, coefficients, i)),
      );
    }
    this.#returned = kept(this.#returned);
  }

  /** vᵢᵀAᵀA·vⱼ, for which the products give two values that differ by rounding. */
  #energy(i: number, j: number): number {
    return (dot(this.#vectors[i], this.#returned[j]) + dot(this.#vectors[j], this.#returned[i])) / 2;
  }
}
