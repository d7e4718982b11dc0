// Directions of a region from products with the Jacobian and its transpose: neither it nor a metric is kept. What each
// rule needs of the rest of the output is the leading part of its metric: with `keep` all that moves it by more than
// the tolerance, with `ratio` what makes the iteration fast, and most of the trace.

import { leadingColumns, type Matrix, matrix, normal, orient, rowAt, transpose } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { LEADING, metricFits } from "../jacobian/budget.ts";
import { type DerivativeOptions, JacobianAt } from "../jacobian/jacobian-at.ts";
import { type LeadingPairs, leadingPairs } from "../jacobian/leading.ts";
import { leadingQuotients } from "../jacobian/leading-quotients.ts";
import { orthogonalTo } from "../jacobian/long-vectors.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { weightedMap } from "../map/weighted-map.ts";
import { dot } from "../optimize/objective.ts";
import { requireShare } from "../requirements.ts";
import {
  countMoving,
  outerWeights,
  REGION_DEFAULTS,
  type RegionDirections,
  type RegionOptions,
} from "./region.ts";

/** What iteration found, and what it took. */
export interface IteratedDirections extends RegionDirections {
  readonly route: DerivativeRoute;
  /** Products with J or Jᵀ. */
  readonly products: number;
  /**
   * The largest residual, as a share of the largest eigenvalue: of g_in·v − λ·v, or with `ratio` of the pencil, where it
   * bounds the error of the quotients as far as the outer metric is known.
   */
  readonly residual: number;
}

/** Residuals to reach, as a share of the largest eigenvalue: of what is asked for, and of what only serves the search. */
const FOUND = 1e-6;
const QUOTIENT = 1e-4;
const ROUGH = 1e-3;
/** Random vectors that the trace of what is left of the outer metric is estimated from. */
const TRACE_PROBES = 16;
/** They read random numbers that neither samples nor the search for leading pairs read. */
const FIRST_PROBE = 2 ** 42;
/** Below these shares of the largest motion and of the trace of squares, squares are rounding of the products. */
const RESOLVED = 3e-3;
const RESOLVED_SQUARE = 1e-5;
/** Vectors of the basis of quotients beyond twice their number. */
const ROOMY = 60;

export class RegionProducts {
  readonly #whole: JacobianAt;
  readonly #inner: JacobianAt;
  readonly #outer: JacobianAt;
  readonly #weights: ArrayLike<number>;
  #products = 0;

  /** As {@link RegionAt.of}. */
  constructor(
    map: DifferentiableMap,
    point: Float32Array,
    weights: ArrayLike<number>,
    options: DerivativeOptions = {},
  ) {
    const rest = outerWeights(weights);
    this.#weights = weights;
    this.#whole = JacobianAt.of(map, point, options);
    this.#inner = JacobianAt.of(weightedMap(map, weights), point, options);
    this.#outer = JacobianAt.of(weightedMap(map, rest), point, options);
  }

  /** Whether the leading k directions by this rule are far fewer products than two whole metrics. */
  isWorthIt(k: number, { outside }: Pick<RegionOptions, "outside">): boolean {
    return this.#inner.isIterated(outside === "ignore" ? k : k + LEADING);
  }

  /**
   * The leading k directions; undefined where the whole metrics, for which there is room, are needed: so many directions
   * move the rest, or so little of it counts.
   *
   * @throws {VielbeinError} `MEMORY_BUDGET` where there is none; as {@link regionDirections}.
   */
  async directions(options: RegionOptions & { readonly k: number }): Promise<IteratedDirections | undefined> {
    this.#products = 0;
    const found = await this.#search(options);
    if (!found) return undefined;
    const { values, residuals, kept, traceError, reach } = found;
    orient(found.vectors);
    const speeds = await this.speeds(found.vectors);
    const count = reach === undefined ? values.length : countMoving(speeds.inside, reach);
    return {
      values: (options.outside === "ratio" ? values : values.map(Math.sqrt)).slice(0, count),
      vectors: leadingColumns(found.vectors, count),
      inside: speeds.inside.slice(0, count),
      outside: speeds.outside.slice(0, count),
      kept,
      traceError,
      route: await this.#whole.productRoute(),
      products: this.#products,
      residual: Math.max(...residuals) / values[0] || 0,
    };
  }

  /** As {@link regionSpeeds}: one product for each direction. */
  async speeds(vectors: Matrix): Promise<Pick<RegionDirections, "inside" | "outside">> {
    const [inside, outside] = [new Float64Array(vectors.cols), new Float64Array(vectors.cols)];
    const directions = Float32Array.from(transpose(vectors).data);
    for (let k = 0; k < vectors.cols; k++) {
      const moved = await this.#whole.push(rowAt(directions, k, vectors.rows), 1);
      moved.forEach((x, i) => {
        inside[k] += this.#weights[i] * x * x;
        outside[k] += (1 - this.#weights[i]) * x * x;
      });
    }
    this.#products += vectors.cols;
    return { inside: inside.map(Math.sqrt), outside: outside.map(Math.sqrt) };
  }

  /** The leading k directions of the local basis of the whole output, `[n, k]`. */
  async localBasis(k: number): Promise<Matrix> {
    return (await leadingPairs(this.#whole, k, { tolerance: FOUND })).vectors;
  }

  #search(options: RegionOptions & { readonly k: number }): Promise<Found | undefined> {
    const { outside, k } = options;
    const { tolerance = REGION_DEFAULTS.tolerance, regularization = REGION_DEFAULTS.regularization } =
      options;
    switch (outside) {
      case "ignore":
        return this.#pairs(this.#inner, k, FOUND);
      case "keep":
        return this.#keeping(k, tolerance);
      case "ratio":
        return this.#quotients(k, regularization);
    }
  }

  async #pairs(at: JacobianAt, k: number, tolerance: number, beyond?: Float64Array[]): Promise<LeadingPairs> {
    const found = await leadingPairs(at, k, { tolerance, beyond });
    this.#products += found.products;
    return found;
  }

  async #keeping(k: number, tolerance: number): Promise<Found | undefined> {
    requireShare("regionDirections: tolerance", tolerance);
    const n = this.#whole.inputs;
    const found = this.#resolves("tolerance", tolerance, RESOLVED)
      ? await this.#moving(tolerance)
      : undefined;
    if (!found) return undefined;
    const { moving, reach } = found;
    const kept = n - moving.length;
    const count = Math.min(k, kept);
    const { values, vectors, residuals } = await this.#pairs(this.#inner, count, FOUND, moving);
    return { values, vectors, residuals, kept, reach };
  }

  /**
   * Orthonormal directions that move the rest by more than the tolerance, and how far one does at most; undefined where
   * they are too many.
   */
  async #moving(
    tolerance: number,
  ): Promise<{ readonly moving: Float64Array[]; readonly reach: number } | undefined> {
    const n = this.#whole.inputs;
    const most = this.#hasRoomForMetric ? Math.floor(n / 4) : this.#fittingVectors();
    for (let count = Math.min(LEADING, most); count >= 1; count = Math.min(2 * count, most)) {
      const { values, vectors } = await this.#pairs(this.#outer, count, FOUND);
      const moving = values.findIndex((value) => value <= tolerance ** 2 * values[0]);
      if (moving >= 0) {
        return { moving: columnsOf(vectors).slice(0, moving), reach: Math.sqrt(values[0]) };
      }
      if (count === most) break;
    }
    if (this.#hasRoomForMetric) return undefined;
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `More than ${most} directions move the rest of the output by ${tolerance} of the most that one does, and the memory budget has no room for more. Raise it or the tolerance, or take directions of the largest ratio.`,
    );
  }

  get #hasRoomForMetric(): boolean {
    return metricFits(this.#whole.map, this.#whole.memoryBudget);
  }

  /**
   * Whether products, which round in float32, resolve a share of the outer metric.
   *
   * @throws {VielbeinError} `OUT_OF_RANGE` where they do not and there is no room for the whole metric either.
   */
  #resolves(what: string, share: number, least: number): boolean {
    if (share >= least) return true;
    if (this.#hasRoomForMetric) return false;
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `${what} must be ${least} at least where the outer metric is known by products alone, whose rounding hides less, got ${share}. Raise it, or the memory budget.`,
    );
  }

  /** As many as there is room for, with what the search keeps beside them. */
  #fittingVectors(): number {
    const n = this.#whole.inputs;
    return Math.min(n - 1, Math.max(1, Math.floor(this.#whole.memoryBudget / (8 * 6 * n))));
  }

  async #quotients(k: number, tau: number): Promise<Found | undefined> {
    requireShare("regionDirections: regularization", tau);
    if (!this.#resolves("regularization", tau, RESOLVED_SQUARE)) return undefined;
    const n = this.#whole.inputs;
    const outer = await this.#pairs(this.#outer, Math.min(n, LEADING), ROUGH);
    const { trace, traceError, rest } = await this.#traceOf(outer);
    const added = trace > 0 ? tau * trace : 1;
    const found = await leadingQuotients({
      dim: n,
      k,
      apply: (x) => this.#pencil(x, added),
      precondition: inverseOf(outer, rest, added),
      tolerance: QUOTIENT,
      capacity: 2 * k + ROOMY,
      signal: this.#whole.signal,
    });
    return { ...found, traceError };
  }

  /** g_in·x and (g_out + added)·x. */
  async #pencil(x: Float64Array, added: number): Promise<readonly [Float64Array, Float64Array]> {
    const { outputs, inputs: n } = this.#whole;
    const moved = await this.#whole.push(Float32Array.from(x), 1);
    const parts = new Float32Array(2 * outputs);
    moved.forEach((value, i) => {
      parts[i] = this.#weights[i] * value;
      parts[outputs + i] = (1 - this.#weights[i]) * value;
    });
    const pulled = await this.#whole.pull(parts, 2);
    this.#products += 3;
    return [pulled.slice(0, n), pulled.subarray(n).map((value, i) => value + added * x[i])];
  }

  /**
   * The trace of g_out, with its standard error: the leading eigenvalues, and what random vectors orthogonal to their
   * vectors say of the rest (Hutchinson); `rest` is the mean eigenvalue there.
   */
  async #traceOf({ values, vectors }: LeadingPairs): Promise<{
    readonly trace: number;
    readonly traceError: number;
    readonly rest: number;
  }> {
    const n = this.#whole.inputs;
    const leading = values.reduce((sum, value) => sum + value, 0);
    if (values.length === n) return { trace: leading, traceError: 0, rest: 0 };
    const basis = columnsOf(vectors);
    const probes = matrix(n, TRACE_PROBES);
    for (let j = 0; j < TRACE_PROBES; j++) {
      orthogonalTo(basis, normal(0, FIRST_PROBE + j, n)).forEach((value, i) => {
        probes.data[i * TRACE_PROBES + j] = value;
      });
    }
    const { outside } = await this.speeds(probes);
    const squares = outside.map((value) => value ** 2);
    const mean = squares.reduce((sum, value) => sum + value, 0) / TRACE_PROBES;
    const spread = squares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (TRACE_PROBES - 1);
    const trace = leading + mean;
    return {
      trace,
      traceError: Math.sqrt(spread / TRACE_PROBES) / trace || 0,
      rest: mean / (n - values.length),
    };
  }
}

type Found = Pick<LeadingPairs, "values" | "vectors" | "residuals"> &
  Pick<RegionDirections, "kept" | "traceError"> & {
    /** With `keep`: how far a direction moves the rest at most. */
    readonly reach?: number | undefined;
  };

/** The inverse of g_out + added, as far as its leading pairs and the mean of its other eigenvalues tell. */
function inverseOf(
  { values, vectors }: LeadingPairs,
  rest: number,
  added: number,
): (r: Float64Array) => Float64Array {
  const basis = columnsOf(vectors);
  const base = 1 / (rest + added);
  return (r) => {
    const result = r.map((x) => base * x);
    basis.forEach((u, i) => {
      const factor = (1 / (values[i] + added) - base) * dot(u, r);
      for (let at = 0; at < result.length; at++) result[at] += factor * u[at];
    });
    return result;
  };
}

function columnsOf(vectors: Matrix): Float64Array[] {
  const { data } = transpose(vectors);
  return Array.from({ length: vectors.cols }, (_, j) => rowAt(data, j, vectors.rows));
}
