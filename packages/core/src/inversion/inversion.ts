// Inversion: a code whose output is close to a given one. Minimises ½‖f(x) − y‖² + ½ρ‖x‖² from several starts, by
// methods that use the exact Jacobian fully (Levenberg–Marquardt), as a gradient (L-BFGS, Adam), or not at all
// (CMA-ES). For f = features of a perceptual distance ∘ generator, ‖f(x) − y‖² is that distance.

import { type Matrix, matmul, matrix, rowAt } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { JacobianAt } from "../jacobian/jacobian-at.ts";
import { scaledVjp } from "../jacobian/scaled-vjp.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requirePoints } from "../map/space.ts";
import { metricTensor } from "../metric/metric.ts";
import { adam } from "../optimize/adam.ts";
import { cmaEs } from "../optimize/cma-es.ts";
import { lbfgs } from "../optimize/lbfgs.ts";
import { levenbergMarquardt } from "../optimize/levenberg-marquardt.ts";
import { dot, type Minimum, type StepOptions } from "../optimize/objective.ts";
import { requireKind } from "../requirements.ts";
import { countCalls, type Work } from "./work.ts";

/** How {@link invert} searches: least squares with Jacobians, gradients alone, or neither (`cma-es`). */
export type InversionMethod = "levenberg-marquardt" | "lbfgs" | "adam" | "cma-es";

/** Method, prior, coordinates and starts of {@link invert}. */
export interface InversionOptions {
  /** Default `levenberg-marquardt`. */
  readonly method?: InversionMethod | undefined;
  /** ρ: the weight of the squared length of the code, for a standard normal prior. Default 0. */
  readonly prior?: number | undefined;
  /**
   * B `[from.dim, k]`: the search is over c in x = start + B·c, so that Adam and CMA-ES, whose paths depend on the
   * coordinates, work in the coordinates of B; see {@link metricBasis}. Levenberg–Marquardt refuses it.
   */
  readonly basis?: Matrix | undefined;
  /**
   * The box `[low, high]` in every coordinate that Levenberg–Marquardt keeps to, exactly. For the other methods see
   * {@link boundedMap}.
   */
  readonly bounds?: readonly [low: number, high: number] | undefined;
  /** Largest number of steps of each search. Default: that of the method. */
  readonly steps?: number | undefined;
  /** Adam: length of a step. Default 0.05. */
  readonly learningRate?: number | undefined;
  /** CMA-ES: initial standard deviation. Default 0.5. */
  readonly sigma?: number | undefined;
  /** CMA-ES: seed of the samples. Default 0. */
  readonly seed?: number | undefined;
  /** Bytes that the columns of a Jacobian may take. Default 2 GiB. */
  readonly memoryBudget?: number | undefined;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step of every search; `true` ends the search, and no further start is tried. */
  readonly onStep?: (progress: InversionProgress) => boolean | undefined;
}

/** Where a search of {@link invert} stands after a step. */
export interface InversionProgress {
  /** Which of the starts. */
  readonly start: number;
  /** Steps done from this start. */
  readonly step: number;
  /** ‖f(x) − y‖² + ρ‖x‖² of the best x of this search so far. */
  readonly loss: number;
  /** That x, `[from.dim]`. */
  readonly point: Float32Array;
  /** What has been computed so far, over all starts. */
  readonly work: Work;
}

/** The code that {@link invert} found, and how each search for it went. */
export interface Inversion {
  /** The best code, `[from.dim]`. */
  readonly point: Float32Array;
  /** ‖f(x) − y‖² there, without the prior. */
  readonly distance: number;
  /** The result of every start, in their order, for as many starts as `onStep` allowed. */
  readonly searches: readonly {
    readonly point: Float32Array;
    readonly loss: number;
    readonly steps: number;
    readonly converged: boolean;
  }[];
  /** What was computed, over all starts. */
  readonly work: Work;
  /** How the derivative was computed; undefined where none was needed (CMA-ES). */
  readonly route: DerivativeRoute | undefined;
}

/**
 * Codes whose output comes close to a target: minimises ‖f(x) − y‖² + ρ‖x‖² from every start, and returns the best.
 *
 * @param target y, `[to.dim]`.
 * @param starts codes to start from, `[count, from.dim]`, count ≥ 1.
 * @throws {VielbeinError} `SHAPE_MISMATCH`; `NOT_FINITE`, also of the map at a start; `INVALID_ARGUMENT`; what the map
 * throws.
 */
export async function invert(
  map: DifferentiableMap,
  target: Float32Array,
  starts: Float32Array,
  options: InversionOptions = {},
): Promise<Inversion> {
  requireKind("invert: map", "map", map);
  requireKind("invert: starts", "numbers", starts);
  const n = map.from.dim;
  requirePoints("invert: target", target, 1, map.to);
  requirePoints("invert: starts", starts, Math.max(1, Math.floor(starts.length / n)), map.from);
  const { method = "levenberg-marquardt", basis, bounds, prior = 0 } = options;
  if (!(prior >= 0 && prior < Number.POSITIVE_INFINITY)) {
    throw new VielbeinError("INVALID_ARGUMENT", `invert: prior must be at least 0 and finite, got ${prior}.`);
  }
  if (basis && (basis.rows !== n || method === "levenberg-marquardt")) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `invert: basis must be [${n}, k] for a method whose path depends on the coordinates (adam, lbfgs, cma-es), got [${basis.rows}, ${basis.cols}] for ${method}. Leave it out.`,
    );
  }
  if (bounds && method !== "levenberg-marquardt") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `invert: bounds are kept to by levenberg-marquardt, got ${method}. Search on the map of boundedMap.`,
    );
  }
  const problem = new Problem(map, target, options);
  const searches: (Minimum & { readonly x: Float32Array })[] = [];
  let isEnded = false;
  const watched: InversionOptions = {
    ...options,
    onStep: (progress) => {
      isEnded = options.onStep?.(progress) ?? false;
      return isEnded;
    },
  };
  for (let first = 0; first < starts.length && !isEnded; first += n) {
    searches.push(await search(problem, starts.slice(first, first + n), searches.length, method, watched));
  }
  const best = searches.reduce((a, b) => (b.value < a.value ? b : a));
  return {
    point: best.x,
    distance: 2 * best.value - problem.penalty(best.x),
    searches: searches.map(({ x, value, steps, converged }) => ({
      point: x,
      loss: 2 * value,
      steps,
      converged,
    })),
    work: problem.work(),
    route: problem.route(method, starts.slice(0, n)),
  };
}

async function search(
  problem: Problem,
  start: Float32Array,
  index: number,
  method: InversionMethod,
  options: InversionOptions,
): Promise<Minimum & { readonly x: Float32Array }> {
  const { basis, bounds, steps, signal, onStep, learningRate, sigma, seed } = options;
  let isExact = false;
  const common: StepOptions = {
    steps,
    signal,
    onStep: ({ step, value, point }) => {
      const progress = { start: index, step, loss: 2 * value, point: code(point), work: problem.work() };
      isExact = 2 * value <= problem.rounding;
      return onStep?.(progress) || isExact;
    },
  };
  const code = (c: Float64Array): Float32Array =>
    basis
      ? Float32Array.from(matmul(basis, matrix(c.length, 1, c)).data, (x, i) => start[i] + x)
      : Float32Array.from(c);
  const origin = basis ? new Float64Array(basis.cols) : Float64Array.from(start);
  const differentiable = async (c: Float64Array) => {
    const { value, gradient } = await problem.gradient(code(c));
    const column = matrix(gradient.length, 1, gradient);
    return { value, gradient: basis ? matmul(basis, column, { transposeA: true }).data : gradient };
  };
  const found = await {
    "levenberg-marquardt": () =>
      levenbergMarquardt(
        { value: (c) => problem.value(code(c)), model: (c) => problem.model(code(c)) },
        origin,
        { ...common, bounds },
      ),
    lbfgs: () => lbfgs(differentiable, origin, common),
    adam: () => adam(differentiable, origin, { ...common, learningRate }),
    "cma-es": () =>
      cmaEs((points) => problem.values(points.map(code)), origin, {
        ...common,
        sigma,
        seed: (seed ?? 0) + index,
      }),
  }[method]();
  return { ...found, converged: found.converged || isExact, x: code(found.point) };
}

/** The function to minimise, its derivatives, and the count of what they took. */
class Problem {
  readonly #map: DifferentiableMap;
  readonly #target: Float32Array;
  readonly #rho: number;
  readonly #options: InversionOptions;
  /** ‖f(x) − y‖² of outputs that agree to nearly all digits. */
  readonly rounding: number;
  readonly #counts = { values: 0, jvps: 0, vjps: 0 };
  /** f(x) − y where it was last computed. */
  #last: { readonly x: Float32Array; readonly residual: Float32Array } | undefined;

  constructor(map: DifferentiableMap, target: Float32Array, options: InversionOptions) {
    this.#map = countCalls(map, this.#counts);
    this.#target = target;
    this.#rho = options.prior ?? 0;
    this.rounding = 2 ** -44 * dot(target, target);
    this.#options = options;
  }

  work(): Work {
    return { ...this.#counts };
  }

  /** Of Levenberg–Marquardt, that of JᵀJ. */
  route(method: InversionMethod, point: Float32Array): DerivativeRoute | undefined {
    if (method === "cma-es") return undefined;
    if (method !== "levenberg-marquardt") return "products";
    return JacobianAt.of(this.#map, point, { memoryBudget: this.#options.memoryBudget }).gramRoute;
  }

  /** ρ‖x‖². */
  penalty(x: ArrayLike<number>): number {
    return this.#rho * dot(x, x);
  }

  async values(points: readonly Float32Array[]): Promise<number[]> {
    const [n, m] = [this.#map.from.dim, this.#map.to.dim];
    const together = new Float32Array(points.length * n);
    points.forEach((x, i) => {
      together.set(x, i * n);
    });
    const outputs = await this.#map.evaluate(together, points.length);
    return points.map((x, i) => {
      const residual = rowAt(outputs, i, m).slice();
      for (let j = 0; j < m; j++) residual[j] -= this.#target[j];
      this.#last = { x, residual };
      return (dot(residual, residual) + this.penalty(x)) / 2;
    });
  }

  async value(x: Float32Array): Promise<number> {
    return (await this.values([x]))[0];
  }

  async gradient(x: Float32Array): Promise<{ value: number; gradient: Float64Array }> {
    const value = await this.value(x);
    return { value, gradient: await this.#pulledResidual(x) };
  }

  /** Jᵀr + ρx and JᵀJ + ρI. */
  async model(x: Float32Array): Promise<{ gradient: Float64Array; hessian: Matrix }> {
    if (!this.#last?.x.every((value, i) => value === x[i])) await this.value(x);
    const gradient = await this.#pulledResidual(x);
    const { signal, memoryBudget } = this.#options;
    const hessian = await metricTensor(this.#map, x, {
      signal,
      memoryBudget,
    });
    for (let i = 0; i < x.length; i++) hessian.data[i * x.length + i] += this.#rho;
    return { gradient, hessian };
  }

  /** Jᵀr + ρx at the point whose residual is known. */
  async #pulledResidual(x: Float32Array): Promise<Float64Array> {
    const pulled = await scaledVjp(this.#map, x, this.#last!.residual);
    return pulled.map((value, i) => value + this.#rho * x[i]);
  }
}
