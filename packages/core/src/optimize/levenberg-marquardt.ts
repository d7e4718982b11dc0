// Levenberg–Marquardt: Gauss–Newton steps on a sum of squares, damped as far as their prediction fails (Madsen,
// Nielsen & Tingleff, Methods for Non-Linear Least Squares Problems, 2004, algorithm 3.16).

import { LinalgError, type Matrix, matrix, solve } from "@vielbein/linalg";
import { along, dot, type Minimum, type StepOptions } from "./objective.ts";

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
  /** Converged when a step lowers the value, or moves the point, by less than this fraction. Default 1e-8. */
  readonly tolerance?: number;
}

export async function levenbergMarquardt(
  objective: LeastSquaresObjective,
  start: Float64Array,
  options: LevenbergMarquardtOptions = {},
): Promise<Minimum> {
  const { steps = 50, damping = 1e-3, tolerance = 1e-8, signal, onStep } = options;
  const n = start.length;
  let x: Float64Array = start.slice();
  let value = await objective.value(x);
  let model = await objective.model(x);
  let mu = damping * Math.max(...Array.from({ length: n }, (_, i) => model.hessian.data[i * n + i]!));
  let growth = 2;
  let step = 0;
  while (step < steps) {
    signal?.throwIfAborted();
    const move = dampedStep(model, mu);
    const length = move ? Math.sqrt(dot(move, move)) : 0;
    if (move && length <= tolerance * (Math.sqrt(dot(x, x)) + tolerance)) {
      return { point: x, value, steps: step, converged: true };
    }
    const next = move && along(x, 1, move);
    const nextValue = next ? await objective.value(next) : Number.POSITIVE_INFINITY;
    // What the damped model promises: ½·moveᵀ(μ·move − gradient).
    const predicted = move ? 0.5 * (mu * length ** 2 - dot(move, model.gradient)) : 0;
    const gain = (value - nextValue) / predicted;
    step++;
    if (!(gain > 0) || !next) {
      mu *= growth;
      growth *= 2;
      if (!Number.isFinite(mu)) return { point: x, value, steps: step, converged: true };
      if (onStep?.({ step, value, point: x })) break;
      continue;
    }
    const isDone = value - nextValue <= tolerance * value;
    x = next;
    value = nextValue;
    mu *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
    growth = 2;
    if (onStep?.({ step, value, point: x })) break;
    if (isDone) return { point: x, value, steps: step, converged: true };
    model = await objective.model(x);
  }
  return { point: x, value, steps: step, converged: false };
}

/** −(H + μI)⁻¹·gradient; undefined where that is singular in floating point. */
function dampedStep({ gradient, hessian }: LeastSquaresModel, mu: number): Float64Array | undefined {
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
