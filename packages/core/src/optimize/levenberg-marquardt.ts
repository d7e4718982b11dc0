// Levenberg–Marquardt: Gauss–Newton steps on a sum of squares, damped as far as their prediction fails (Madsen,
// Nielsen & Tingleff, Methods for Non-Linear Least Squares Problems, 2004, algorithm 3.16).

import { LinalgError, type Matrix, matrix, solve } from "@vielbein/linalg";
import {
  along,
  dot,
  isBelowSingle,
  isNegligible,
  type Minimum,
  requireFinite,
  requireOptions,
  type StepOptions,
} from "./objective.ts";

/** A sum of squares at a point: its value ½‖r‖², gradient Jᵀr `[n]` and Gauss–Newton matrix JᵀJ `[n, n]`. */
export interface LeastSquaresModel {
  readonly gradient: Float64Array;
  readonly hessian: Matrix;
}

export interface LeastSquaresObjective {
  /** ½‖r(x)‖². */
  value(x: Float64Array): Promise<number>;
  /** Only called at points whose value was just asked for. */
  model(x: Float64Array): Promise<LeastSquaresModel>;
}

export interface LevenbergMarquardtOptions extends StepOptions {
  /** Default 50. */
  readonly steps?: number;
  /** First damping, as a fraction of the largest diagonal entry of JᵀJ. Default 1e-3. */
  readonly damping?: number;
  /**
   * Converged when the model, damped no more than `damping`, promises to lower the value by no more than this fraction of it,
   * or to move the point by no more than this fraction of its length. Default 1e-8.
   */
  readonly tolerance?: number;
}

/**
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `NOT_FINITE` at the start.
 */
export async function levenbergMarquardt(
  objective: LeastSquaresObjective,
  start: Float64Array,
  options: LevenbergMarquardtOptions = {},
): Promise<Minimum> {
  const { steps = 50, damping = 1e-3, tolerance = 1e-8, signal, onStep } = options;
  requireOptions("levenbergMarquardt", { steps }, { damping, tolerance });
  let x: Float64Array = start.slice();
  let value = await objective.value(x);
  const first = value;
  let model = await objective.model(x);
  requireFinite("levenbergMarquardt", value, model.gradient);
  let mu = damping * largestDiagonal(model.hessian);
  let growth = 2;
  let step = 0;
  const end = (converged: boolean): Minimum => ({ point: x, value, steps: step, converged });
  /** A step that strong damping made short says nothing. */
  const freest = () => dampedStep(model, Math.min(mu, damping * largestDiagonal(model.hessian)));
  const isEnd = (): boolean => {
    const { length, promised } = freest();
    return isNegligible(promised, value, first, tolerance) || length <= tolerance * Math.sqrt(dot(x, x));
  };
  if (isEnd()) return end(true);
  while (step < steps) {
    signal?.throwIfAborted();
    const { move, promised } = dampedStep(model, mu);
    const next = move && along(x, 1, move);
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
  return Math.max(...Array.from({ length: rows }, (_, i) => data[i * (rows + 1)]!));
}

interface DampedStep {
  /** −(H + μI)⁻¹·gradient; undefined where that is singular in floating point. */
  readonly move?: Float64Array;
  readonly length: number;
  /** What the damped model promises to lower the value by: ½·moveᵀ(μ·move − gradient). */
  readonly promised: number;
}

function dampedStep(model: LeastSquaresModel, mu: number): DampedStep {
  if (model.gradient.every((g) => g === 0)) {
    return { move: new Float64Array(model.gradient.length), length: 0, promised: 0 };
  }
  const move = solved(model, mu);
  if (!move) return { length: Number.POSITIVE_INFINITY, promised: Number.POSITIVE_INFINITY };
  const length = Math.sqrt(dot(move, move));
  return { move, length, promised: 0.5 * (mu * length ** 2 - dot(move, model.gradient)) };
}

/** −(H + μI)⁻¹·gradient; undefined where that is singular in floating point. */
function solved({ gradient, hessian }: LeastSquaresModel, mu: number): Float64Array | undefined {
  const n = gradient.length;
  const damped = matrix(n, n, hessian.data.slice());
  for (let i = 0; i < n; i++) damped.data[i * n + i]! += mu;
  try {
    return solve(
      damped,
      matrix(
        n,
        1,
        gradient.map((value) => -value),
      ),
      { structure: "positive" },
    ).data;
  } catch (error) {
    if (error instanceof LinalgError) return undefined;
    throw error;
  }
}
