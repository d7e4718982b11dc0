// What the optimisers share: the functions that they minimise, and how they are stopped and watched.
//
// No criterion of convergence depends on scale: multiplying the function by a constant changes no point and no flag.
// The methods with derivatives have converged where their model promises to lower the value by no more than a fraction
// of it, or by so little that single precision may not show it, and does not. That a step was short, or that none
// lowered the value, is not evidence of a minimum.

import { VielbeinError } from "../errors.ts";
import { requireInteger, requirePositive } from "../requirements.ts";

/** A function of n numbers at one point. */
export interface ValueAndGradient {
  /** The value there. */
  readonly value: number;
  /** `[n]`. */
  readonly gradient: Float64Array;
}

/** A function to be minimised, with its gradient; x is `[n]`. */
export type DifferentiableObjective = (x: Float64Array) => Promise<ValueAndGradient>;

/** Where an optimiser stands after a step. */
export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Smallest value so far. */
  readonly value: number;
  /** The point that has it; not to be changed. */
  readonly point: Float64Array;
}

/** What every optimiser takes: a number of steps, a signal, and who is told of each step. */
export interface StepOptions {
  /** The largest number of steps. */
  readonly steps?: number | undefined;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step; `true` ends the search. */
  readonly onStep?: (progress: Progress) => boolean | undefined;
}

/** Where an optimiser ended. */
export interface Minimum {
  /** The best point, `[n]`. */
  readonly point: Float64Array;
  /** The value there. */
  readonly value: number;
  /** Steps done. */
  readonly steps: number;
  /**
   * Whether the optimiser's own criterion ended the search, rather than the cap or a function that no step lowers
   * although its derivatives promise that.
   */
  readonly converged: boolean;
}

/** 2⁻¹⁰⁴: what rounding in float64 leaves of a sum of squares. */
const ROUNDING = Number.EPSILON ** 2;

/**
 * Whether a promised decrease is negligible beside the value, or, where the minimum is 0, beside the first value.
 * `tolerance` is relative.
 */
export function isNegligible(promised: number, value: number, first: number, tolerance: number): boolean {
  return promised <= Math.max(tolerance * Math.abs(value), ROUNDING * Math.abs(first));
}

/** Whether a promised decrease is so small that a function computed in single precision may not show it. */
export function isBelowSingle(promised: number, value: number): boolean {
  return promised <= 2 ** -20 * Math.abs(value);
}

/**
 * Refuses options out of range: counts that are not positive integers, and numbers that are not positive and finite.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireOptions(
  what: string,
  counts: Readonly<Record<string, number>>,
  positive: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(counts)) requireInteger(`${what}: ${name}`, value, 1);
  for (const [name, value] of Object.entries(positive)) requirePositive(`${what}: ${name}`, value);
}

/**
 * Refuses a box that is empty or unbounded.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` unless low < high, both finite.
 */
export function requireBox(what: string, low: number, high: number): void {
  if (low < high && Number.isFinite(high - low)) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `${what}: low must be below high, both finite, got ${low} and ${high}.`,
  );
}

/**
 * Refuses to search from where the function or its gradient is not a number.
 *
 * @throws {VielbeinError} `NOT_FINITE`.
 */
export function requireFinite(what: string, value: number, gradient: ArrayLike<number> = []): void {
  if (Number.isFinite(value) && Array.from(gradient).every(Number.isFinite)) return;
  throw new VielbeinError(
    "NOT_FINITE",
    `${what}: the function and its gradient must be finite at the start, got ${value} with a gradient ${
      Number.isFinite(value) ? "that is not" : "of any size"
    }. Start elsewhere.`,
  );
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** x + t·d. */
export function along(x: Float64Array, t: number, d: Float64Array): Float64Array {
  return x.map((value, i) => value + t * d[i]);
}
