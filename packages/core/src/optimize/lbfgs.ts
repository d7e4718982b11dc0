// L-BFGS: quasi-Newton descent from the last few changes of the gradient (Nocedal & Wright, Numerical Optimization,
// 2006, algorithm 7.5), with a line search that backs off until the value falls enough (Armijo).

import {
  along,
  type DifferentiableObjective,
  dot,
  type Minimum,
  type StepOptions,
  type ValueAndGradient,
} from "./objective.ts";

export interface LbfgsOptions extends StepOptions {
  /** Default 100. */
  readonly steps?: number;
  /** Changes of the gradient that are remembered. Default 10. */
  readonly memory?: number;
  /** Converged when a step lowers the value by less than this fraction of it. Default 1e-6. */
  readonly tolerance?: number;
}

interface Change {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

const SUFFICIENT = 1e-4;
const BACKOFFS = 20;
/** In single precision the value stops falling before the gradient vanishes: so many short steps mean the end. */
const SHORT_STEPS = 3;

export async function lbfgs(
  objective: DifferentiableObjective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<Minimum> {
  const { steps = 100, memory = 10, tolerance = 1e-6, signal, onStep } = options;
  let x: Float64Array = start.slice();
  let here = await objective(x);
  let changes: Change[] = [];
  let [step, short] = [0, 0];
  while (step < steps) {
    signal?.throwIfAborted();
    const direction = descent(here.gradient, changes);
    const slope = dot(direction, here.gradient);
    if (!(slope < 0)) return { point: x, value: here.value, steps: step, converged: true };
    const first = changes.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(here.gradient, here.gradient))) : 1;
    const found = await search(objective, x, here, direction, slope, first);
    if (!found && changes.length > 0) {
      // The memory misled: start over with the gradient.
      changes = [];
      continue;
    }
    if (!found) return { point: x, value: here.value, steps: step, converged: true };
    const s = found.point.map((value, i) => value - x[i]!);
    const y = found.at.gradient.map((value, i) => value - here.gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-10 * Math.sqrt(dot(s, s) * dot(y, y))) {
      changes = [...changes, { s, y, rho: 1 / curvature }].slice(-memory);
    }
    short = here.value - found.at.value <= tolerance * Math.abs(here.value) ? short + 1 : 0;
    x = found.point;
    here = found.at;
    step++;
    if (onStep?.({ step, value: here.value, point: x })) break;
    if (short >= SHORT_STEPS) return { point: x, value: here.value, steps: step, converged: true };
  }
  return { point: x, value: here.value, steps: step, converged: false };
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

async function search(
  objective: DifferentiableObjective,
  x: Float64Array,
  { value }: ValueAndGradient,
  direction: Float64Array,
  slope: number,
  first: number,
): Promise<{ point: Float64Array; at: ValueAndGradient } | undefined> {
  let t = first;
  for (let i = 0; i < BACKOFFS; i++) {
    const point = along(x, t, direction);
    const at = await objective(point);
    if (at.value <= value + SUFFICIENT * t * slope) return { point, at };
    // The minimum of the parabola through the value, the slope, and the value just met.
    const parabola = (-slope * t * t) / (2 * (at.value - value - slope * t));
    t = parabola > 0.1 * t && parabola < 0.5 * t ? parabola : 0.5 * t;
  }
  return undefined;
}
