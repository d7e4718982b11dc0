// What the optimisers share: the functions that they minimise, and how they are stopped and watched.

export interface ValueAndGradient {
  readonly value: number;
  /** `[n]`. */
  readonly gradient: Float64Array;
}

export type DifferentiableObjective = (x: Float64Array) => Promise<ValueAndGradient>;

export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Smallest value so far. */
  readonly value: number;
  /** The point that has it; not to be changed. */
  readonly point: Float64Array;
}

export interface StepOptions {
  /** Cap of the steps. */
  readonly steps?: number;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
  /** Called after every step; `true` ends the search. */
  readonly onStep?: (progress: Progress) => boolean | undefined;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  /** Steps done. */
  readonly steps: number;
  /** Whether the optimiser's own criterion ended the search, rather than the cap. */
  readonly converged: boolean;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** x + t·d. */
export function along(x: Float64Array, t: number, d: Float64Array): Float64Array {
  return x.map((value, i) => value + t * d[i]!);
}
