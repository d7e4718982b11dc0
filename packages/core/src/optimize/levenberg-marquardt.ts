// Levenberg–Marquardt: Gauss–Newton steps on a sum of squares, damped as far as their prediction fails (Madsen, Nielsen
// & Tingleff, Methods for Non-Linear Least Squares Problems, 2004, algorithm 3.16). In a box, coordinates on a face
// that the gradient presses against it are held there, and those that a step would take out of the box end on its face
// (Kanzow, Yamashita & Fukushima, "Levenberg–Marquardt methods with strong local convergence properties for solving
// nonlinear equations with convex constraints", 2004). Strong damping leaves the projected gradient, which descends.

import { LinalgError, type Matrix, matrix, rowAt, solve } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import {
  along,
  dot,
  isBelowSingle,
  isNegligible,
  type Minimum,
  requireBox,
  requireFinite,
  requireOptions,
  type StepOptions,
} from "./objective.ts";

/** A sum of squares at a point: its value ½‖r‖², gradient Jᵀr `[n]` and Gauss–Newton matrix JᵀJ `[n, n]`. */
export interface LeastSquaresModel {
  /** Jᵀr, `[n]`. */
  readonly gradient: Float64Array;
  /** JᵀJ, `[n, n]`. */
  readonly hessian: Matrix;
}

/** Half a sum of squares, for {@link levenbergMarquardt}: its value, and its model at a point. */
export interface LeastSquaresObjective {
  /** ½‖r(x)‖². */
  value(x: Float64Array): Promise<number>;
  /** Only called at points whose value was just asked for. */
  model(x: Float64Array): Promise<LeastSquaresModel>;
}

/** Steps, damping, tolerance and box of {@link levenbergMarquardt}. */
export interface LevenbergMarquardtOptions extends StepOptions {
  /** Default 50. */
  readonly steps?: number | undefined;
  /** First damping, as a fraction of the largest diagonal entry of JᵀJ. Default 1e-3. */
  readonly damping?: number | undefined;
  /**
   * Converged when the model, damped by no more than `damping`, promises to lower the value by no more than this
   * fraction of it, or to move the point by no more than this fraction of its length. Default 1e-8.
   */
  readonly tolerance?: number | undefined;
  /**
   * The interval `[low, high]` that the search keeps every coordinate to; a start outside this box is moved to the
   * nearest point in it.
   */
  readonly bounds?: readonly [low: number, high: number] | undefined;
}

const UNBOUNDED = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/**
 * Minimises a sum of squares by Levenberg–Marquardt (Madsen, Nielsen & Tingleff 2004, algorithm 3.16).
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`, also for bounds that are not finite or in order; `NOT_FINITE` at the
 * start.
 */
export async function levenbergMarquardt(
  objective: LeastSquaresObjective,
  start: Float64Array,
  options: LevenbergMarquardtOptions = {},
): Promise<Minimum> {
  requireKind("levenbergMarquardt: objective", "leastSquares", objective);
  requireKind("levenbergMarquardt: start", "numbers", start);
  const { steps = 50, damping = 1e-3, tolerance = 1e-8, bounds, signal, onStep } = options;
  requireOptions("levenbergMarquardt", { steps }, { damping, tolerance });
  if (bounds) requireBox("levenbergMarquardt", ...bounds);
  const [low, high] = bounds ?? UNBOUNDED;
  const inBox = (point: Float64Array) => point.map((value) => Math.min(high, Math.max(low, value)));
  let x: Float64Array = inBox(start);
  let value = await objective.value(x);
  const first = value;
  let model = await objective.model(x);
  requireFinite("levenbergMarquardt", value, model.gradient);
  let mu = damping * largestDiagonal(model.hessian);
  let growth = 2;
  let step = 0;
  /** How far every coordinate may move down and up. */
  const reach = (): Reach => ({ down: x.map((value) => low - value), up: x.map((value) => high - value) });
  const end = (converged: boolean): Minimum => ({ point: x, value, steps: step, converged });
  /** A step that strong damping made short says nothing. */
  const freest = () => dampedStep(model, reach(), Math.min(mu, damping * largestDiagonal(model.hessian)));
  const isEnd = (): boolean => {
    const { length, promised } = freest();
    return isNegligible(promised, value, first, tolerance) || length <= tolerance * Math.sqrt(dot(x, x));
  };
  if (isEnd()) return end(true);
  while (step < steps) {
    signal?.throwIfAborted();
    const { move, promised } = dampedStep(model, reach(), mu);
    const next = move && inBox(along(x, 1, move));
    const nextValue = next ? await objective.value(next) : Number.POSITIVE_INFINITY;
    const gain = (value - nextValue) / promised;
    step++;
    if (!(gain > 0) || !next) {
      if (isBelowSingle(freest().promised, value)) return end(true);
      mu *= growth;
      growth *= 2;
      if (!Number.isFinite(mu)) return end(false);
      if (onStep?.({ step, value, point: x })) break;
      continue;
    }
    x = next;
    value = nextValue;
    mu *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
    growth = 2;
    if (onStep?.({ step, value, point: x })) break;
    model = await objective.model(x);
    if (isEnd()) return end(true);
  }
  return end(false);
}

function largestDiagonal({ rows, data }: Matrix): number {
  return Math.max(...Array.from({ length: rows }, (_, i) => data[i * (rows + 1)]));
}

interface Reach {
  readonly down: Float64Array;
  readonly up: Float64Array;
}

interface DampedStep {
  /**
   * The least of the damped model within reach, about; undefined where its matrix is singular in floating point, or the
   * faces made of it what the model does not promise to lower the value.
   */
  readonly move?: Float64Array | undefined;
  readonly length: number;
  /** What the model promises to lower the value by: −moveᵀ(gradient + ½·H·move). */
  readonly promised: number;
}

function dampedStep(model: LeastSquaresModel, reach: Reach, mu: number): DampedStep {
  const none = { length: Number.POSITIVE_INFINITY, promised: Number.POSITIVE_INFINITY };
  const move = boxedMove(model, reach, mu);
  if (!move) return none;
  const { gradient, hessian } = model;
  const n = move.length;
  const bent = move.map((_, i) => dot(rowAt(hessian.data, i, n), move));
  const [length, promised] = [Math.sqrt(dot(move, move)), -dot(move, gradient) - 0.5 * dot(move, bent)];
  return promised > 0 || length === 0 ? { move, length, promised } : none;
}

/**
 * −(H + μI)⁻¹·gradient in the coordinates that are not held. Those that would leave the box are held on its face in
 * turn.
 */
function boxedMove(
  { gradient, hessian }: LeastSquaresModel,
  { down, up }: Reach,
  mu: number,
): Float64Array | undefined {
  const n = gradient.length;
  const move = new Float64Array(n);
  const isHeld = (i: number) => (gradient[i] > 0 && down[i] === 0) || (gradient[i] < 0 && up[i] === 0);
  let free = [...gradient.keys()].filter((i) => !isHeld(i));
  if (free.every((i) => gradient[i] === 0)) return move;
  while (free.length > 0) {
    const slopes = free.map((i) => gradient[i] + dot(rowAt(hessian.data, i, n), move));
    const solution = solveDamped(hessian, free, slopes, mu);
    if (!solution) return undefined;
    const isWithin = (k: number) => solution[k] >= down[free[k]] && solution[k] <= up[free[k]];
    const kept = [...free.keys()].filter(isWithin);
    if (kept.length === free.length) {
      for (const k of kept) move[free[k]] = solution[k];
      return move;
    }
    free.forEach((i, k) => {
      if (!isWithin(k)) move[i] = solution[k] < 0 ? down[i] : up[i];
    });
    free = kept.map((k) => free[k]);
  }
  return move;
}

/** −(H + μI)⁻¹·slopes of some of the coordinates; undefined where that is singular in floating point. */
function solveDamped(
  hessian: Matrix,
  chosen: readonly number[],
  slopes: readonly number[],
  mu: number,
): Float64Array | undefined {
  const right = Float64Array.from(slopes, (slope) => -slope);
  try {
    const damped = dampedPart(hessian, chosen, mu);
    return solve(damped, matrix(chosen.length, 1, right), { structure: "positive" }).data;
  } catch (error) {
    if (error instanceof LinalgError) return undefined;
    throw error;
  }
}

/** H + μI of some of the coordinates. */
function dampedPart({ rows: n, data }: Matrix, chosen: readonly number[], mu: number): Matrix {
  const size = chosen.length;
  const entries = Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return data[chosen[i] * n + chosen[j]] + (i === j ? mu : 0);
  });
  return matrix(size, size, entries);
}
