// Truncated Newton: steps from conjugate gradients on the second derivative, known by products alone, within a region
// that grows and shrinks as the quadratic model is right (Steihaug, "The conjugate gradient method and trust regions in
// large scale optimization", SIAM J. Numer. Anal. 20, 1983). Where the whole step lies within the region, what the
// model promises for it is how far the value is above its minimum; where the curvature is negative, the step goes on to
// the region's edge.

import { normal } from "@vielbein/linalg";
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

/**
 * The quadratic model around a point, in coordinates c of its own, best such that the second derivative H is about 1.
 */
export interface NewtonModel {
  readonly gradient: Float64Array;
  /** H·c. */
  product(c: Float64Array): Promise<Float64Array>;
  /** The move of the point that c stands for. */
  move(c: Float64Array): Float64Array;
}

export interface TruncatedNewtonObjective {
  /** Not below 0. */
  value(x: Float64Array): Promise<number>;
  /** Only asked for where the value was just asked for. */
  model(x: Float64Array): Promise<NewtonModel>;
}

export interface TruncatedNewtonOptions extends StepOptions {
  /** Cap of the products with H and trials together. Default 200. */
  readonly steps?: number | undefined;
  /** How far the first step may go, at most, in the coordinates of the model; later ones as far as it proves right. */
  readonly radius: number;
  /**
   * Converged when the model, solved in full, promises to lower the value by no more than this fraction of it, and no
   * curvature that a random direction leads to is so negative that it promises more. Default 1e-6.
   */
  readonly tolerance?: number | undefined;
}

/**
 * Of what the model promises: below it a step is not taken, below the second the region shrinks, above the third it
 * grows.
 */
const [TAKEN, POOR, GOOD] = [1e-4, 0.25, 0.75];

/** A negative curvature shows before conjugate gradients have reduced a random direction to this share. */
const PROBED = 1e-3;

/**
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `NOT_FINITE` at the start.
 */
export async function truncatedNewton(
  objective: TruncatedNewtonObjective,
  start: Float64Array,
  options: TruncatedNewtonOptions,
): Promise<Minimum> {
  const { steps = 200, tolerance = 1e-6, radius } = options;
  requireOptions("truncatedNewton", { steps }, { tolerance, radius });
  const value = await objective.value(start);
  const model = await objective.model(start);
  requireFinite("truncatedNewton", value, model.gradient);
  return new Search(objective, { ...options, steps, tolerance }, { x: start.slice(), value, model }).run();
}

interface Place {
  readonly x: Float64Array;
  readonly value: number;
  readonly model: NewtonModel;
}

type SearchOptions = TruncatedNewtonOptions & { readonly steps: number; readonly tolerance: number };

class Search {
  readonly #objective: TruncatedNewtonObjective;
  readonly #options: SearchOptions;
  readonly #first: number;
  #at: Place;
  #radius: number;
  #step = 0;
  #isStopped = false;

  constructor(objective: TruncatedNewtonObjective, options: SearchOptions, start: Place) {
    this.#objective = objective;
    this.#options = options;
    this.#first = start.value;
    this.#at = start;
    this.#radius = options.radius;
  }

  async run(): Promise<Minimum> {
    let iterations = new ConjugateGradients(this.#at.model, this.#at.model.gradient);
    for (;;) {
      const at = this.#at;
      const proposed = await iterations.within(this.#radius, () => this.#goesOn());
      let isLowest = proposed.isWhole && this.#isSmall(proposed.promised);
      if (!isLowest) {
        const next = along(at.x, 1, proposed.move);
        // A region in which no coordinate moves: nothing is lower although the model promises it.
        if (this.#isStopped || next.every((moved, i) => moved === at.x[i])) return this.#end(false);
        const ratio = await this.#attempt(next, proposed.promised);
        isLowest = !(ratio > TAKEN) && proposed.isWhole && isBelowSingle(proposed.promised, at.value);
        if (!(ratio > POOR)) this.#radius = proposed.length / 4;
        else if (ratio > GOOD && !proposed.isWhole) this.#radius *= 2;
      }
      if (isLowest && !(await this.#escape())) return this.#end(this.#mayGoOn());
      // The last step may have been cut short: it was tried anyway.
      if (!this.#mayGoOn() || !this.#goesOn()) return this.#end(false);
      if (this.#at !== at) iterations = new ConjugateGradients(this.#at.model, this.#at.model.gradient);
    }
  }

  /** Goes to `next` if enough of what is promised is kept there, and returns how much of it is. */
  async #attempt(next: Float64Array, promised: number): Promise<number> {
    const value = await this.#objective.value(next);
    const ratio = (this.#at.value - value) / promised;
    if (ratio > TAKEN) this.#at = { x: next, value, model: await this.#objective.model(next) };
    return ratio;
  }

  /**
   * From where the gradient leads no lower: along a negative curvature, which a saddle has and a minimum has not.
   * Whether it led lower.
   */
  async #escape(): Promise<boolean> {
    const { x, model } = this.#at;
    const iterations = new ConjugateGradients(model, normal(0, 0, model.gradient.length));
    const found = await iterations.negativeCurvature(() => this.#goesOn());
    if (!found) return false;
    const slope = dot(model.gradient, found.direction);
    const move = model.move(found.direction.map((value) => (slope > 0 ? -value : value)));
    // However small refusals have made the region: a saddle is one in a region of any size.
    const radius = Math.max(this.#radius, this.#options.radius);
    for (let t = radius / Math.sqrt(dot(found.direction, found.direction)); ; t /= 4) {
      const promised = t * Math.abs(slope) - 0.5 * t * t * found.curvature;
      if (this.#isSmall(promised)) return false;
      if ((await this.#attempt(along(x, t, move), promised)) > TAKEN) return true;
      if (!this.#goesOn()) return false;
    }
  }

  #isSmall(promised: number): boolean {
    return isNegligible(promised, this.#at.value, this.#first, this.#options.tolerance);
  }

  /** Counts a step; whether there may be another. */
  #goesOn(): boolean {
    const { signal, onStep } = this.#options;
    signal?.throwIfAborted();
    this.#step++;
    this.#isStopped = onStep?.({ step: this.#step, value: this.#at.value, point: this.#at.x }) === true;
    return this.#mayGoOn();
  }

  #mayGoOn(): boolean {
    return !this.#isStopped && this.#step < this.#options.steps;
  }

  #end(converged: boolean): Minimum {
    return { point: this.#at.x, value: this.#at.value, steps: this.#step, converged };
  }
}

interface NewtonStep {
  readonly move: Float64Array;
  /** Of c. */
  readonly length: number;
  /** −cᵀ(gradient + ½·H·c). */
  readonly promised: number;
  /**
   * Whether it is the least of the model, all but a share of what is promised, rather than cut at the region's edge.
   */
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
 * Conjugate gradients on H·c = −gradient. What a smaller region holds of them is known already when a step was refused:
 * lengths grow from iteration to iteration.
 */
class ConjugateGradients {
  readonly #model: NewtonModel;
  readonly #done: Iteration[] = [];
  #residual: Float64Array;

  constructor(model: NewtonModel, gradient: Float64Array) {
    this.#model = model;
    this.#residual = gradient.map((g) => -g);
  }

  /** To the edge of the region, or the least of the model within it, for as long as `goesOn`. */
  async within(radius: number, goesOn: () => boolean): Promise<NewtonStep> {
    for (let k = 0; ; k++) {
      const known = k < this.#done.length;
      if (!known && this.#residual.every((r) => r === 0)) return this.#step(this.#end(), true);
      const one = this.#done[k] ?? (await this.#iterate());
      const { c, direction, descent, curvature, promised } = one;
      const toEdge = distanceToEdge(c, direction, radius);
      // A curvature of 0, or below 0 by rounding, is an edge too.
      if (!(curvature > 0 && descent / curvature < toEdge)) {
        const gained = toEdge * (descent - 0.5 * toEdge * curvature);
        return this.#step({ c: along(c, toEdge, direction), promised: promised + gained }, false);
      }
      const gained = descent ** 2 / (2 * curvature);
      const isWhole = (k + 1) * gained <= LEFT * (promised + gained);
      if ((!known && !goesOn()) || isWhole) return this.#step(after(one), isWhole);
    }
  }

  /** The first direction along which the model bends down; none, too, where it ends because it may not go on. */
  async negativeCurvature(goesOn: () => boolean): Promise<Iteration | undefined> {
    const enough = PROBED ** 2 * dot(this.#residual, this.#residual);
    for (let k = 0; k < this.#residual.length && dot(this.#residual, this.#residual) > enough; k++) {
      const one = await this.#iterate();
      if (one.curvature < 0) return one;
      if (!goesOn()) return undefined;
    }
    return undefined;
  }

  #end(): Reached {
    const last = this.#done.at(-1);
    return last ? after(last) : { c: new Float64Array(this.#residual.length), promised: 0 };
  }

  async #iterate(): Promise<Iteration> {
    const [last, { c, promised }] = [this.#done.at(-1), this.#end()];
    const square = dot(this.#residual, this.#residual);
    const direction = last ? along(this.#residual, square / last.descent, last.direction) : this.#residual;
    const bent = await this.#model.product(direction);
    const one = { c, direction, descent: square, curvature: dot(direction, bent), promised };
    this.#residual = along(this.#residual, -square / one.curvature, bent);
    this.#done.push(one);
    return one;
  }

  #step({ c, promised }: Reached, isWhole: boolean): NewtonStep {
    return { move: this.#model.move(c), length: Math.sqrt(dot(c, c)), promised, isWhole };
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
