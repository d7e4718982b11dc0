// Truncated Gauss–Newton for large sums of squares: steps from conjugate gradients on the Gauss–Newton matrix, known by
// products alone, within a region that grows and shrinks as the model is right (Steihaug, "The conjugate gradient method and
// trust regions in large scale optimization", SIAM J. Numer. Anal. 20, 1983). Where the whole step lies within the region,
// what the model promises for it is how far the value is above its minimum.

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

/** The Gauss–Newton model of ½‖r‖² around a point, in coordinates c of its own, in which JᵀJ is about 1. */
export interface NewtonModel {
  /** Jᵀr. */
  readonly gradient: Float64Array;
  /** JᵀJ·c. */
  product(c: Float64Array): Promise<Float64Array>;
  /** The move of the point that c stands for. */
  move(c: Float64Array): Float64Array;
}

export interface TruncatedNewtonObjective {
  /** ½‖r(x)‖². */
  value(x: Float64Array): Promise<number>;
  /** Only asked for where the value was just asked for. */
  model(x: Float64Array): Promise<NewtonModel>;
}

export interface TruncatedNewtonOptions extends StepOptions {
  /** Cap of the products with JᵀJ and trials together. Default 200. */
  readonly steps?: number | undefined;
  /** How far the first step may go, at most, in the coordinates of the model; later ones as far as it proves right. */
  readonly radius: number;
  /** Converged when the model, solved in full, promises to lower the value by no more than this fraction of it. Default 1e-6. */
  readonly tolerance?: number | undefined;
}

/** Of what the model promises: below it a step is not taken, below the second the region shrinks, above the third it grows. */
const [TAKEN, POOR, GOOD] = [1e-4, 0.25, 0.75];

/**
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `NOT_FINITE` at the start.
 */
export async function truncatedNewton(
  objective: TruncatedNewtonObjective,
  start: Float64Array,
  options: TruncatedNewtonOptions,
): Promise<Minimum> {
  const { steps = 200, tolerance = 1e-6, signal, onStep } = options;
  requireOptions("truncatedNewton", { steps }, { tolerance, radius: options.radius });
  let x: Float64Array = start.slice();
  let { radius } = options;
  let value = await objective.value(x);
  const model = await objective.model(x);
  requireFinite("truncatedNewton", value, model.gradient);
  let iterations = new Iterations(model);
  const first = value;
  let [step, isStopped] = [0, false];
  const end = (converged: boolean): Minimum => ({ point: x, value, steps: step, converged });
  /** Counts a step; whether there may be another. */
  const goesOn = (): boolean => {
    signal?.throwIfAborted();
    step++;
    isStopped = onStep?.({ step, value, point: x }) === true;
    return !isStopped && step < steps;
  };
  for (;;) {
    const { length, move, promised, isWhole } = await iterations.within(radius, goesOn);
    if (isWhole && isNegligible(promised, value, first, tolerance)) return end(true);
    if (isStopped) return end(false);
    const next = along(x, 1, move);
    // A region in which no coordinate moves: nothing is lower although the model promises it.
    if (next.every((moved, i) => moved === x[i])) return end(false);
    const nextValue = await objective.value(next);
    const ratio = (value - nextValue) / promised;
    if (!(ratio > TAKEN) && isWhole && isBelowSingle(promised, value)) return end(true);
    if (!(ratio > POOR)) radius = length / 4;
    else if (ratio > GOOD && !isWhole) radius *= 2;
    if (ratio > TAKEN) {
      x = next;
      value = nextValue;
    }
    // The last step may have been cut short: it was tried all the same.
    if (step >= steps || !goesOn()) return end(false);
    if (ratio > TAKEN) iterations = new Iterations(await objective.model(x));
  }
}

interface NewtonStep {
  readonly move: Float64Array;
  /** Of c. */
  readonly length: number;
  /** −cᵀ(gradient + ½·JᵀJ·c). */
  readonly promised: number;
  /** Whether it is the least of the model, all but a share of what is promised, rather than cut at the region's edge. */
  readonly isWhole: boolean;
}

/** If what the iterations gain falls off as 1/k², what is left of it is this share of what is promised. */
const LEFT = 0.25;

/** One iteration: from c along a direction, as the model has it. */
interface Iteration {
  readonly c: Float64Array;
  readonly direction: Float64Array;
  /** −directionᵀ of the model's gradient at c. */
  readonly descent: number;
  readonly curvature: number;
  /** What the model promises at c. */
  readonly promised: number;
}

/**
 * Conjugate gradients on JᵀJ·c = −gradient. What a smaller region holds of them is known already when a step was refused:
 * lengths grow from iteration to iteration.
 */
class Iterations {
  private readonly model: NewtonModel;
  private readonly done: Iteration[] = [];
  private residual: Float64Array;

  constructor(model: NewtonModel) {
    this.model = model;
    this.residual = model.gradient.map((g) => -g);
  }

  /** To the edge of the region, or the least of the model within it, for as long as `goesOn`. */
  async within(radius: number, goesOn: () => boolean): Promise<NewtonStep> {
    for (let k = 0; ; k++) {
      const known = k < this.done.length;
      if (!known && this.residual.every((r) => r === 0)) return this.step(this.end(), true);
      const one = this.done[k] ?? (await this.iterate());
      const { c, direction, descent, curvature, promised } = one;
      const toEdge = distanceToEdge(c, direction, radius);
      // A curvature of 0, or below by rounding, is an edge, too.
      if (!(curvature > 0 && descent / curvature < toEdge)) {
        const gained = toEdge * (descent - 0.5 * toEdge * curvature);
        return this.step({ c: along(c, toEdge, direction), promised: promised + gained }, false);
      }
      const gained = descent ** 2 / (2 * curvature);
      const isWhole = (k + 1) * gained <= LEFT * (promised + gained);
      if ((!known && !goesOn()) || isWhole) return this.step(after(one), isWhole);
    }
  }

  private end(): Reached {
    const last = this.done.at(-1);
    return last ? after(last) : { c: new Float64Array(this.residual.length), promised: 0 };
  }

  private async iterate(): Promise<Iteration> {
    const [last, { c, promised }] = [this.done.at(-1), this.end()];
    const square = dot(this.residual, this.residual);
    const direction = last ? along(this.residual, square / last.descent, last.direction) : this.residual;
    const bent = await this.model.product(direction);
    const one = { c, direction, descent: square, curvature: dot(direction, bent), promised };
    this.residual = along(this.residual, -square / one.curvature, bent);
    this.done.push(one);
    return one;
  }

  private step({ c, promised }: Reached, isWhole: boolean): NewtonStep {
    return { move: this.model.move(c), length: Math.sqrt(dot(c, c)), promised, isWhole };
  }
}

interface Reached {
  readonly c: Float64Array;
  readonly promised: number;
}

/** Where an iteration ends that no edge cuts. */
function after({ c, direction, descent, curvature, promised }: Iteration): Reached {
  return { c: along(c, descent / curvature, direction), promised: promised + descent ** 2 / (2 * curvature) };
}

/** t ≥ 0 at which c + t·direction has the length of the radius. */
function distanceToEdge(c: Float64Array, direction: Float64Array, radius: number): number {
  const [a, b, left] = [dot(direction, direction), dot(c, direction), radius ** 2 - dot(c, c)];
  return (Math.sqrt(Math.max(0, b * b + a * left)) - b) / a;
}
