// A region of the output at one point, and the one place that decides how its directions are found: from whole metrics
// inside and outside it, or by iteration, where these do not fit the memory budget or take far more products.

import { eigh, leadingColumns, type Matrix, matrix } from "@vielbein/linalg";
import type { DerivativeOptions } from "../jacobian/jacobian-at.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireInteger } from "../requirements.ts";
import {
  type RegionDirections,
  type RegionMetrics,
  type RegionOptions,
  regionDirections,
  regionMetricsAt,
  regionSpeeds,
} from "./region.ts";
import { type IteratedDirections, RegionProducts } from "./region-products.ts";

/** Directions of a region, and by which route; `products` and `residual` are those of iteration. */
export type FoundDirections = RegionDirections &
  Pick<IteratedDirections, "route"> &
  Partial<Pick<IteratedDirections, "products" | "residual">>;

/**
 * The directions of a region of the output at one point, by whichever route fits the memory budget: the two
 * metrics as matrices, or products with J and Jᵀ alone. Open it with {@link RegionAt.of}.
 */
export class RegionAt {
  readonly #map: DifferentiableMap;
  readonly #point: Float32Array;
  readonly #weights: ArrayLike<number>;
  readonly #options: DerivativeOptions;
  readonly #products: RegionProducts;
  #metrics: (RegionMetrics & { readonly route: DerivativeRoute }) | undefined;

  private constructor(
    map: DifferentiableMap,
    point: Float32Array,
    weights: ArrayLike<number>,
    options: DerivativeOptions,
  ) {
    this.#map = map;
    this.#point = point;
    this.#weights = weights;
    this.#options = options;
    this.#products = new RegionProducts(map, point, weights, options);
  }

  /**
   * A region at `point` `[n]`. Nothing is computed yet.
   *
   * @param weights w, `[to.dim]`, from 0 outside to 1 inside the region.
   * @throws {VielbeinError} `SHAPE_MISMATCH` for another number of weights, `OUT_OF_RANGE` for one outside [0, 1]; as
   *   `JacobianAt.of`.
   */
  static of(
    map: DifferentiableMap,
    point: Float32Array,
    weights: ArrayLike<number>,
    options: DerivativeOptions = {},
  ): RegionAt {
    return new RegionAt(map, point, weights, options);
  }

  /**
   * As {@link regionDirections} of the metrics here. By iteration, the k directions (default: all) that it finds agree
   * with these to the residual that it states, and where `tr(g_out)` is an estimate, τ is off by its error.
   *
   * @throws {VielbeinError} `INVALID_ARGUMENT`, `OUT_OF_RANGE` as there; `MEMORY_BUDGET` with `keep`, where more
   *   directions move the rest than fit.
   */
  async directions(options: RegionOptions): Promise<FoundDirections> {
    const { k = this.#map.from.dim } = options;
    requireInteger("regionDirections: k", k, 1, this.#map.from.dim);
    if (this.#products.isWorthIt(k, options)) {
      const found = await this.#products.directions({ ...options, k });
      if (found) return found;
    }
    this.#metrics ??= await regionMetricsAt(this.#map, this.#point, this.#weights, this.#options);
    return { ...regionDirections(this.#metrics, options), route: this.#metrics.route };
  }

  /** How far directions `[n, k]` of unit length move the region and the rest, by the route of the directions. */
  async speeds(vectors: Matrix): Promise<Pick<RegionDirections, "inside" | "outside">> {
    return this.#metrics ? regionSpeeds(this.#metrics, vectors) : this.#products.speeds(vectors);
  }

  /** The leading k directions of the local basis of the whole output, `[n, k]`, by the same route. */
  async localBasis(k: number): Promise<Matrix> {
    if (!this.#metrics) return this.#products.localBasis(k);
    const { inner, outer } = this.#metrics;
    const whole = inner.data.map((value, i) => value + outer.data[i]);
    return leadingColumns(eigh(matrix(inner.rows, inner.rows, whole)).vectors, k);
  }
}
