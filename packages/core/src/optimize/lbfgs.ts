// L-BFGS: quasi-Newton descent from the last few changes of the gradient (Nocedal & Wright, Numerical Optimization,
// 2006, algorithm 7.5), with a line search that backs off until the value falls enough (Armijo), and goes on as long as
// the value falls and is as steep as it was.

import { requireKind } from "../requirements.ts";
import {
  along,
  type DifferentiableObjective,
  dot,
  isBelowSingle,
  isNegligible,
  type Minimum,
  requireFinite,
  requireOptions,
  type StepOptions,
  type ValueAndGradient,
} from "./objective.ts";

/** Steps, memory and tolerance of {@link lbfgs}. */
export interface LbfgsOptions extends StepOptions {
  /** Default 100. */
  readonly steps?: number | undefined;
  /** Number of changes of the gradient that are remembered. Default 10. */
  readonly memory?: number | undefined;
  /**
   * Converged when, for three steps running, the quadratic model, −½·slope, promises to lower the value by no more than
   * this fraction of it or single precision prevents a decrease, and a second search from there, without what the first
   * one remembered, lowers it by no more before it comes to the same. Default 1e-6.
   */
  readonly tolerance?: number | undefined;
}

interface Change {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

const SUFFICIENT = 1e-4;
const BACKOFFS = 20;
const EXTENSIONS = 20;
/** How much longer the next trial is where the function goes on falling. */
const LONGER = 10;
/** A slope of more than this share of the first has hardly changed: the step was too short to show a curvature. */
const AS_STEEP = 0.9;
/** One promise may rest on a poor memory, so many in a row hardly do. */
const SMALL_PROMISES = 3;

/**
 * Minimises `objective` by L-BFGS (Nocedal & Wright, Numerical Optimization, 2006, algorithm 7.5).
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `NOT_FINITE` at the start.
 */
export async function lbfgs(
  objective: DifferentiableObjective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<Minimum> {
  requireKind("lbfgs: objective", "function", objective);
  requireKind("lbfgs: start", "numbers", start);
  const { steps = 100, memory = 10, tolerance = 1e-6, signal, onStep } = options;
  requireOptions("lbfgs", { steps, memory }, { tolerance });
  let x: Float64Array = start.slice();
  let here = await objective(x);
  requireFinite("lbfgs", here.value, here.gradient);
  const first = here.value;
  const isSmall = (promised: number) => isNegligible(promised, here.value, first, tolerance);
  const end = (converged: boolean): Minimum => ({ point: x, value: here.value, steps: step, converged });
  let changes: Change[] = [];
  let [step, small] = [0, 0];
  /** The value where the second search began. */
  let restarted = Number.POSITIVE_INFINITY;
  const isConfirmed = () => {
    const gained = restarted - here.value;
    return isSmall(gained) || isBelowSingle(gained, here.value);
  };
  while (step < steps) {
    signal?.throwIfAborted();
    if (here.gradient.every((g) => g === 0)) return end(true);
    const direction = descent(here.gradient, changes);
    const slope = dot(direction, here.gradient);
    const promised = changes.length > 0 ? -slope / 2 : Number.POSITIVE_INFINITY;
    const length = changes.length > 0 ? 1 : firstLength(x, here);
    const found = await search(objective, x, here, direction, slope, length);
    if (!found.at && changes.length > 0) {
      // The memory misled: start over with the gradient.
      changes = [];
      continue;
    }
    const isLower = found.at !== undefined && found.at.value < here.value;
    if (!isLower && changes.length === 0 && isConfirmed()) return end(true);
    if (!found.at) return end(isSmall(found.promised));
    const s = found.point.map((value, i) => value - x[i]);
    const y = found.at.gradient.map((value, i) => value - here.gradient[i]);
    const curvature = dot(s, y);
    if (curvature > 1e-10 * Math.sqrt(dot(s, s) * dot(y, y))) {
      changes = [...changes, { s, y, rho: 1 / curvature }].slice(-memory);
    }
    const isStalled = isSmall(here.value - found.at.value) && isBelowSingle(promised, here.value);
    small = isSmall(promised) || isStalled ? small + 1 : 0;
    x = found.point;
    here = found.at;
    step++;
    if (onStep?.({ step, value: here.value, point: x })) break;
    if (small < SMALL_PROMISES) continue;
    // A poor memory promises little for long. What it missed, the gradient alone may find.
    if (isConfirmed()) return end(true);
    restarted = here.value;
    changes = [];
    small = 0;
  }
  return end(false);
}

/**
 * Without a memory, in units of the gradient: as far as the slope promises to lower the value to 0, but no farther than
 * the point is long, or 1. The function may be of any scale.
 */
function firstLength(x: Float64Array, { value, gradient }: ValueAndGradient): number {
  const steepness = Math.sqrt(dot(gradient, gradient));
  const reach = Math.max(1, Math.sqrt(dot(x, x))) / steepness;
  return value > 0 ? Math.min(value / steepness / steepness, reach) : reach;
}

/** −H·gradient with H from the remembered changes (two-loop recursion). */
function descent(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  let q: Float64Array = gradient.map((value) => -value);
  const weights: number[] = [];
  for (const { s, y, rho } of changes.toReversed()) {
    const weight = rho * dot(s, q);
    weights.push(weight);
    q = along(q, -weight, y);
  }
  const last = changes.at(-1);
  if (last) q = q.map((value) => value / (last.rho * dot(last.y, last.y)));
  for (const { s, y, rho } of changes) q = along(q, weights.pop()! - rho * dot(y, q), s);
  return q;
}

interface Lower {
  readonly point: Float64Array;
  readonly at: ValueAndGradient;
}

type Found =
  | Lower
  /** Nothing lower. The least that the slope, and its change up to one of the trials, promise to lower the value by. */
  | { readonly promised: number; readonly at?: undefined };

/** The step made longer for as long as the value falls and the slope stays what it was. */
async function extend(
  objective: DifferentiableObjective,
  x: Float64Array,
  direction: Float64Array,
  slope: number,
  first: number,
  found: Lower,
): Promise<Lower> {
  let [best, t] = [found, first];
  for (let i = 0; i < EXTENSIONS && dot(direction, best.at.gradient) < AS_STEEP * slope; i++) {
    t *= LONGER;
    const point = along(x, t, direction);
    const at = await objective(point);
    if (!(at.value < best.at.value)) break;
    best = { point, at };
  }
  return best;
}

async function search(
  objective: DifferentiableObjective,
  x: Float64Array,
  { value }: ValueAndGradient,
  direction: Float64Array,
  slope: number,
  first: number,
): Promise<Found> {
  let t = first;
  let promised = Number.POSITIVE_INFINITY;
  for (let i = 0; i < BACKOFFS; i++) {
    const point = along(x, t, direction);
    const at = await objective(point);
    if (at.value <= value + SUFFICIENT * t * slope) {
      return i > 0 ? { point, at } : extend(objective, x, direction, slope, t, { point, at });
    }
    // The minimum of the parabola through the value, the slope, and the value just met.
    const parabola = (-slope * t * t) / (2 * (at.value - value - slope * t));
    const curvature = (dot(direction, at.gradient) - slope) / t;
    if (curvature > 0) promised = Math.min(promised, slope ** 2 / (2 * curvature));
    t = Number.isFinite(parabola) ? Math.min(0.5 * t, Math.max(0.1 * t, parabola)) : 0.5 * t;
  }
  return { promised };
}
