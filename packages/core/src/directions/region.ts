// Directions that move a region of the output: the local basis of that region alone, or so that the rest keeps still
// (Zhu, Feng, Shen, Zhao, Zha, Zhou & Chen, "Low-Rank Subspaces in GANs", NeurIPS 2021, without its robust principal
// components), or so that the region moves as much as possible for each unit by which the rest does (Zhu, Shen, Xu,
// Zhao & Chen, "Region-Based Semantic Factorization in GANs", ICML 2022).

import {
  type Eigh,
  eigh,
  eighGeneralized,
  leadingColumns,
  type Matrix,
  matmul,
  matrix,
  orient,
  transpose,
  unitColumns,
} from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { JacobianAt } from "../jacobian/jacobian-at.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { weightedMap } from "../map/weighted-map.ts";
import { type MetricOptions, metricTensor, routeOf } from "../metric/metric.ts";
import { requireChoice, requireInteger, requireKind, requireShare } from "../requirements.ts";

/**
 * What becomes of the rest of the output. `ignore`: it may move. `keep`: directions move it by less than a tolerance.
 * `ratio`: directions have the largest quotient of the two motions.
 */
export type OutsideRule = "ignore" | "keep" | "ratio";

/** Every {@link OutsideRule}: what becomes of the rest of the picture. */
export const OUTSIDE_RULES: readonly OutsideRule[] = ["ignore", "keep", "ratio"];

/** What becomes of the rest of the output, and how many directions of the region are returned. */
export interface RegionOptions {
  /**
   * What is asked of the rest of the output: nothing, that it stays still, or that it moves little beside the
   * region.
   */
  readonly outside: OutsideRule;
  /** Number of leading directions to return, from 1 to n. Default: all; with `keep`, those that move the region. */
  readonly k?: number | undefined;
  /**
   * With `keep`: the rest counts as still where it moves by at most this fraction of the most that any direction moves
   * it. Default 0.01.
   */
  readonly tolerance?: number | undefined;
  /** With `ratio`: τ, the part of the trace of the outer metric that is added to its diagonal. Default 1e-3. */
  readonly regularization?: number | undefined;
}

/** The metric of an output in two parts, `[n, n]` each. */
export interface RegionMetrics {
  /** g_in = Jᵀ·diag(w)·J. */
  readonly inner: Matrix;
  /** g_out = Jᵀ·diag(1 − w)·J. */
  readonly outer: Matrix;
}

/** Directions of a region with how far a unit step along each moves the region and the rest. */
export interface RegionDirections {
  /** Directions as columns, `[n, k]`, of unit length; orthogonal unless they are those of `ratio`. */
  readonly vectors: Matrix;
  /** Descending: the same as `inside`, or with `ratio` the quotients vᵀ·g_in·v / vᵀ·(g_out + τ·tr(g_out)·1)·v. */
  readonly values: Float64Array;
  /** ‖√w ⊙ J·v‖ and ‖√(1−w) ⊙ J·v‖ of each, `[k]`: units of the output per unit of the input. */
  readonly inside: Float64Array;
  /** ‖√(1−w) ⊙ J·v‖ of each, `[k]`, in the same units. */
  readonly outside: Float64Array;
  /**
   * With `keep`: the dimension of the space that leaves the rest still. Directions of it that leave the region still as
   * well are none of the region's: `vectors` may be fewer.
   */
  readonly kept?: number | undefined;
  /**
   * With `ratio`, where tr(g_out) is an estimate: its standard error as a share of it. τ is off by as much.
   */
  readonly traceError?: number | undefined;
}

/** What {@link RegionOptions} are where nothing else is said. */
export const REGION_DEFAULTS: Readonly<Record<"tolerance" | "regularization", number>> = {
  tolerance: 0.01,
  regularization: 1e-3,
};

/** Motion of the region below this share of what is moved anywhere is rounding of float32. */
const STILL = 1e-5;

/**
 * The metric inside and outside a region at a point: takes n products with J and n with its transpose, twice, or the
 * columns of J.
 *
 * @param point `[from.dim]`.
 * @param weights w, `[to.dim]`, from 0 outside to 1 inside the region.
 * @throws {VielbeinError} `SHAPE_MISMATCH` for another number of weights, `OUT_OF_RANGE` for one outside [0, 1]; what
 *   {@link metricTensor} throws.
 */
export async function regionMetricsAt(
  map: DifferentiableMap,
  point: Float32Array,
  weights: ArrayLike<number>,
  options: MetricOptions = {},
): Promise<RegionMetrics & { readonly route: DerivativeRoute }> {
  requireKind("regionMetricsAt: weights", "numbers", weights);
  const rest = outerWeights(weights);
  const inside = weightedMap(map, weights);
  const inner = await metricTensor(inside, point, options);
  const outer = await metricTensor(weightedMap(map, rest), point, options);
  return { inner, outer, route: routeOf(JacobianAt.of(inside, point, options), options) };
}

/** 1 − w. @throws {VielbeinError} `OUT_OF_RANGE` for a weight outside [0, 1]. */
export function outerWeights(weights: ArrayLike<number>): Float64Array {
  return Float64Array.from(weights, (weight) => {
    if (weight >= 0 && weight <= 1) return 1 - weight;
    throw new VielbeinError("OUT_OF_RANGE", `Weights of a region lie between 0 and 1, got ${weight}.`);
  });
}

/**
 * Directions of a region, the most effective first: eigenvectors of g_in (`ignore`); of its restriction to the space
 * spanned by the eigenvectors of g_out with √λ ≤ tolerance·√λ₁ (`keep`; Zhu et al., NeurIPS 2021); or of (g_out +
 * τ·tr(g_out)·1)⁻¹·g_in (`ratio`; Zhu et al., ICML 2022).
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k, tolerance or τ out of range; `OUT_OF_RANGE` where no direction
 *   leaves the rest still, or none of these moves the region.
 */
export function regionDirections(metrics: RegionMetrics, options: RegionOptions): RegionDirections {
  requireKind("regionDirections: metrics", "regionMetrics", metrics);
  requireKind("regionDirections: options", "object", options);
  requireChoice("regionDirections: outside", options.outside, OUTSIDE_RULES);
  const { inner, outer } = metrics;
  const { outside, k = inner.rows } = options;
  requireInteger("regionDirections: k", k, 1, inner.rows);
  const { values, vectors: all } = directionsOf(inner, outer, options);
  const count = outside === "keep" ? countMoving(values, Math.sqrt(traceOf(outer))) : all.cols;
  const vectors = leading(all, Math.min(k, count));
  return {
    vectors,
    values: values.slice(0, vectors.cols),
    ...regionSpeeds(metrics, vectors),
    kept: outside === "keep" ? all.cols : undefined,
  };
}

/**
 * How many of the directions that leave the rest still move the region.
 *
 * @param speeds ‖√w ⊙ J·v‖ of each, descending.
 * @param reach how far directions may move the rest, in the same unit.
 * @throws {VielbeinError} `OUT_OF_RANGE` where there is none, though something moves the rest.
 */
export function countMoving(speeds: Float64Array, reach: number): number {
  const still = STILL * Math.max(reach, speeds[0]);
  if (still === 0) return speeds.length;
  const count = speeds.findIndex((speed) => speed <= still);
  if (count === 0) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      "The directions that leave the rest of the output still do not move the region either. Raise the tolerance, or take directions of the largest ratio.",
    );
  }
  return count < 0 ? speeds.length : count;
}

/** How far directions `[n, k]` of unit length move the region and the rest, as in {@link RegionDirections}. */
export function regionSpeeds(
  metrics: RegionMetrics,
  vectors: Matrix,
): Pick<RegionDirections, "inside" | "outside"> {
  requireKind("regionSpeeds: metrics", "regionMetrics", metrics);
  const { inner, outer } = metrics;
  return { inside: lengthsBy(inner, vectors), outside: lengthsBy(outer, vectors) };
}

function leading(vectors: Matrix, k: number): Matrix {
  return k < vectors.cols ? leadingColumns(vectors, k) : vectors;
}

/** Eigenvalues as in {@link RegionDirections}, and all directions. */
function directionsOf(
  inner: Matrix,
  outer: Matrix,
  { outside, tolerance, regularization }: RegionOptions,
): Eigh {
  switch (outside) {
    case "ignore":
      return rooted(eigh(inner));
    case "keep": {
      const still = stillSpace(outer, tolerance);
      const { values, vectors } = eigh(matmul(matmul(transpose(still), inner), still));
      return rooted({ values, vectors: matmul(still, vectors) });
    }
    case "ratio": {
      const { values, vectors } = eighGeneralized(inner, regularized(outer, regularization));
      return { values, vectors: oriented(unitColumns(vectors)) };
    }
  }
}

/** Square roots in place of the eigenvalues: lengths instead of their squares. */
function rooted({ values, vectors }: Eigh): Eigh {
  return { values: values.map((value) => Math.sqrt(Math.max(value, 0))), vectors: oriented(vectors) };
}

function oriented(vectors: Matrix): Matrix {
  orient(vectors);
  return vectors;
}

/** An orthonormal basis `[n, kept]` of the directions that move the rest by at most the tolerance. */
function stillSpace(outer: Matrix, tolerance = REGION_DEFAULTS.tolerance): Matrix {
  requireShare("regionDirections: tolerance", tolerance);
  const { values, vectors } = eigh(outer);
  const limit = tolerance * Math.sqrt(Math.max(values[0], 0));
  const first = values.findIndex((value) => Math.sqrt(Math.max(value, 0)) <= limit);
  if (first < 0) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `Every direction moves the rest of the output by more than ${tolerance} of the most that one does: none is left for the region. Raise the tolerance, or take directions of the largest ratio.`,
    );
  }
  const { rows, cols, data } = vectors;
  const kept = cols - first;
  return matrix(
    rows,
    kept,
    Float64Array.from(
      { length: rows * kept },
      (_, k) => data[Math.floor(k / kept) * cols + first + (k % kept)],
    ),
  );
}

/** g + τ·tr(g)·1; the identity where g is 0, which has no scale of its own. */
function regularized(g: Matrix, tau = REGION_DEFAULTS.regularization): Matrix {
  requireShare("regionDirections: regularization", tau);
  const n = g.rows;
  const trace = traceOf(g);
  const added = trace > 0 ? tau * trace : 1;
  return matrix(
    n,
    n,
    g.data.map((value, k) => (k % (n + 1) === 0 ? value + added : value)),
  );
}

function traceOf({ rows, data }: Matrix): number {
  let trace = 0;
  for (let i = 0; i < rows; i++) trace += data[i * rows + i];
  return Math.max(trace, 0);
}

/** √(vᵀ·g·v) of every column. */
function lengthsBy(g: Matrix, vectors: Matrix): Float64Array {
  const { data } = matmul(g, vectors);
  const { rows, cols, data: v } = vectors;
  return Float64Array.from({ length: cols }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += v[i * cols + j] * data[i * cols + j];
    return Math.sqrt(Math.max(sum, 0));
  });
}
