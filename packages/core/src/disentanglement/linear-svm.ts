// The linear support vector machine of one feature, as LIBLINEAR and scikit-learn's LinearSVC define it: squared hinge
// loss, squared penalty on slope and intercept alike, one level against the rest (Fan, Chang, Hsieh, Wang & Lin,
// "LIBLINEAR: A Library for Large Linear Classification", JMLR 9, 2008).

import { VielbeinError } from "../errors.ts";

/** The machine says yes where `slope`·x + `intercept` > 0. */
interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Machines for the levels: one of two levels (for the second), else one for each. */
export interface LevelClassifier {
  readonly levels: Float64Array;
  readonly lines: readonly Line[];
}

/**
 * Classifies levels, `labels` `[n]` being indices into `levels`, by one number x `[n]`. Costs are C times the balanced
 * weight n/(K·n_k) of a level; as in LIBLINEAR, the rest against which one of three or more is set costs plain C.
 */
export function fitLevels(
  x: Float64Array,
  labels: Int32Array,
  levels: Float64Array,
  cost: number,
): LevelClassifier {
  const n = x.length;
  const counts = new Float64Array(levels.length);
  for (const k of labels) counts[k]++;
  const costs = counts.map((count) => (cost * n) / (levels.length * count));
  const fit = (level: number, rest: number) => {
    const sides = Float64Array.from(labels, (k) => (k === level ? 1 : -1));
    return fitLine(
      x,
      sides,
      sides.map((side) => (side > 0 ? costs[level] : rest)),
    );
  };
  if (levels.length === 2) return { levels, lines: [fit(1, costs[0])] };
  return { levels, lines: Array.from(levels, (_, k) => fit(k, cost)) };
}

/** The level that the machines choose for one number. */
export function levelAt({ levels, lines }: LevelClassifier, x: number): number {
  if (levels.length === 2) return levels[lines[0].slope * x + lines[0].intercept > 0 ? 1 : 0];
  const scores = lines.map(({ slope, intercept }) => slope * x + intercept);
  return levels[scores.indexOf(Math.max(...scores))];
}

const STEPS = 200;

/**
 * Minimises (w² + b²)/2 + Σ cᵢ·max(0, 1 − yᵢ(w·xᵢ + b))² for sides yᵢ = ±1: strictly convex and piecewise quadratic, so
 * that Newton's method with halved steps arrives at the minimum after finitely many.
 */
function fitLine(x: Float64Array, sides: Float64Array, costs: Float64Array): Line {
  let [w, b] = [0, 0];
  let here = evaluate(x, sides, costs, w, b);
  const start = Math.hypot(here.gradient[0], here.gradient[1]);
  for (let step = 0; step < STEPS; step++) {
    const [gw, gb] = here.gradient;
    if (Math.hypot(gw, gb) <= 1e-12 * start) return { slope: w, intercept: b };
    const [ww, wb, bb] = here.hessian;
    const determinant = ww * bb - wb * wb;
    const [dw, db] = [(wb * gb - bb * gw) / determinant, (wb * gw - ww * gb) / determinant];
    const descent = gw * dw + gb * db;
    let scale = 1;
    let next = evaluate(x, sides, costs, w + dw, b + db);
    while (next.value > here.value + 1e-4 * scale * descent && scale > 1e-12) {
      scale /= 2;
      next = evaluate(x, sides, costs, w + scale * dw, b + scale * db);
    }
    // No decrease that rounding would show: this is the minimum.
    if (!(next.value < here.value)) return { slope: w, intercept: b };
    [w, b, here] = [w + scale * dw, b + scale * db, next];
  }
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `Linear support vector machine: no minimum after ${STEPS} Newton steps. Scale the codes to deviations about 1.`,
  );
}

interface Expansion {
  readonly value: number;
  readonly gradient: readonly [number, number];
  /** Second derivatives by w, w; w, b; b, b. */
  readonly hessian: readonly [number, number, number];
}

function evaluate(
  x: Float64Array,
  sides: Float64Array,
  costs: Float64Array,
  w: number,
  b: number,
): Expansion {
  let value = (w * w + b * b) / 2;
  let [gw, gb, ww, wb, bb] = [w, b, 1, 0, 1];
  for (let i = 0; i < x.length; i++) {
    const slack = 1 - sides[i] * (w * x[i] + b);
    if (slack <= 0) continue;
    const cost = costs[i];
    value += cost * slack * slack;
    gw -= 2 * cost * slack * sides[i] * x[i];
    gb -= 2 * cost * slack * sides[i];
    ww += 2 * cost * x[i] * x[i];
    wb += 2 * cost * x[i];
    bb += 2 * cost;
  }
  return { value, gradient: [gw, gb], hessian: [ww, wb, bb] };
}
