// Principal components of sampled activations: the directions of GANSpace (Härkönen, Hertzmann, Lehtinen & Paris,
// "GANSpace: Discovering Interpretable GAN Controls", NeurIPS 2020). Where activations are codes themselves (w of a
// mapping network), the components are directions of the code; else the code is regressed on the components'
// coordinates.

import { leadingColumns, type Matrix, matmul, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { scaledColumns } from "../grassmann/frames.ts";
import type { FloatArray } from "../map/float-array.ts";
import { requirePoints } from "../map/space.ts";
import { requireInteger } from "../requirements.ts";
import { CrossMoments, Moments } from "../statistics/moments.ts";
import { ByCovariance, BySketch, type Estimator } from "./component-estimators.ts";

/** How many components are kept, and when they are approximated. */
export interface PrincipalComponentsOptions {
  /** Number of components to keep, from 1 to the dimension. Default: 50, or as many as there are. */
  readonly k?: number | undefined;
  /** Dimension of the codes beside the activations, for {@link PrincipalComponents.latent}. Default: no codes. */
  readonly latentDim?: number | undefined;
  /** Above this dimension the covariance is not formed, and components are approximate. Default 4096. */
  readonly exactUpTo?: number | undefined;
}

/**
 * Principal components of points that were added one batch after another, by {@link
 * PrincipalComponentsAccumulator}.
 */
export interface PrincipalComponents {
  /** x̄, `[dim]`. */
  readonly mean: Float64Array;
  /** Components as columns, `[dim, k]`, orthonormal; the entry of largest magnitude of each is positive. */
  readonly components: Matrix;
  /** Standard deviation along each component, descending, with denominator n − 1. */
  readonly stdev: Float64Array;
  /** Share of the total variance along each component. */
  readonly share: Float64Array;
  /** Number of samples n. */
  readonly count: number;
  /** Whether the components are those of the samples up to rounding; in high dimensions they come from a sketch. */
  readonly isExact: boolean;
  /** Directions of the code that go with the components, if there were codes. */
  readonly latent?: LatentDirections | undefined;
}

/**
 * Directions of the code that move activations along their principal components, by least squares of codes on
 * coordinates (GANSpace).
 */
export interface LatentDirections {
  /** Directions of unit length as columns, `[latentDim, k]`; in general not orthogonal. */
  readonly directions: Matrix;
  /** Standard deviation of the codes along each. */
  readonly stdev: Float64Array;
}

const DEFAULT_COMPONENTS = 50;
const EXACT_UP_TO = 4096;

/** Collects batches of samples in any number and of any sizes; the result does not depend on how they are split. */
export class PrincipalComponentsAccumulator {
  readonly #dim: number;
  readonly #kept: number;
  readonly #estimator: Estimator;
  readonly #codes: { readonly cross: CrossMoments; readonly own: Moments } | undefined;

  /**
   * @param dim dimension of the samples.
   * @throws {VielbeinError} `INVALID_ARGUMENT` for a number of components out of range.
   */
  constructor(dim: number, options: PrincipalComponentsOptions = {}) {
    const { k = Math.min(DEFAULT_COMPONENTS, dim), latentDim, exactUpTo = EXACT_UP_TO } = options;
    requireInteger("Principal components: their number", k, 1, dim, "the dimension");
    this.#dim = dim;
    this.#kept = k;
    this.#estimator = dim <= exactUpTo ? new ByCovariance(dim) : new BySketch(dim, k);
    if (latentDim !== undefined) {
      this.#codes = { cross: new CrossMoments(dim, latentDim), own: new Moments(latentDim) };
    }
  }

  /**
   * Adds samples `[count, dim]`, with codes `[count, latentDim]` where the options say so.
   *
   * @throws {VielbeinError} `SHAPE_MISMATCH` or `NOT_FINITE`.
   */
  append(samples: FloatArray, codes?: FloatArray): void {
    const x = rowsOf("samples", samples, this.#dim);
    if (x.rows === 0) return;
    this.#estimator.append(x);
    if (!this.#codes) return;
    const z = rowsOf("codes", codes ?? new Float64Array(), this.#codes.own.meanX.length);
    if (z.rows !== x.rows) {
      throw new VielbeinError(
        "SHAPE_MISMATCH",
        `Principal components: there must be a code for each of ${x.rows} samples, got ${z.rows}.`,
      );
    }
    this.#codes.cross.append(x, z);
    this.#codes.own.append(z);
  }

  /**
   * The components of the samples so far; fewer than asked for where there are no more than that many samples.
   *
   * @throws {VielbeinError} `INVALID_ARGUMENT` for fewer than two samples; `NUMERICAL_FAILURE` where nothing varies.
   */
  result(): PrincipalComponents {
    const { count, mean, variance, vectors, variances } = this.#estimator.finish();
    if (!(variance > 0)) {
      throw new VielbeinError(
        "NUMERICAL_FAILURE",
        `Principal components: none of the ${this.#dim} coordinates varies over the ${count} samples. Draw other samples, or choose another space.`,
      );
    }
    const kept = Math.min(this.#kept, count - 1, variances.length);
    const components = leadingColumns(vectors, kept);
    const stdev = variances.slice(0, kept).map((value) => Math.sqrt(Math.max(0, value)));
    return {
      mean,
      components,
      stdev,
      share: stdev.map((value) => value ** 2 / variance),
      count,
      isExact: this.#estimator.isExact,
      latent: this.#codes && latentDirections(this.#codes, components, count),
    };
  }
}

/**
 * Least squares of the codes on the coordinates along the components. Coordinates along different components are
 * uncorrelated over the samples, so the solution is, up to length, the covariance of codes and coordinates.
 */
function latentDirections(
  { cross, own }: { readonly cross: CrossMoments; readonly own: Moments },
  components: Matrix,
  count: number,
): LatentDirections {
  const slopes = matmul(cross.scatter, components, { transposeA: true });
  const { rows, cols, data } = slopes;
  const norms = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) norms[i % cols] += data[i] ** 2;
  const directions = scaledColumns(
    slopes,
    norms.map((square) => (square > 0 ? 1 / Math.sqrt(square) : 0)),
  );
  const spread = matmul(own.scatter, directions);
  const variances = new Float64Array(cols);
  for (let i = 0; i < rows * cols; i++) variances[i % cols] += directions.data[i] * spread.data[i];
  return { directions, stdev: variances.map((value) => Math.sqrt(Math.max(0, value) / (count - 1))) };
}

function rowsOf(what: string, values: FloatArray, dim: number): Matrix {
  requirePoints(`Principal components: ${what}`, values, Math.floor(values.length / dim), {
    name: what,
    dim,
    shape: [dim],
  });
  return matrix(values.length / dim, dim, values);
}
