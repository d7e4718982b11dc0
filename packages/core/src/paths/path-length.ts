// Perceptual path length: the mean squared speed of the output along interpolations between random codes (Karras, Laine
// & Aila, "A Style-Based Generator Architecture for GANs", CVPR 2019), exactly by one Jacobian-vector product at each,
// ‖J·γ′(t)‖², beside its definition by differences, ‖f(γ(t + ε)) − f(γ(t))‖²/ε².

import { VielbeinError } from "../errors.ts";
import type { CallOptions, DifferentiableMap } from "../map/map.ts";
import { requirePoints } from "../map/space.ts";
import { requireKind, requirePositive } from "../requirements.ts";
import type { Settled } from "../settled.ts";
import { type Bootstrap, type BootstrapOptions, bootstrap } from "../statistics/bootstrap.ts";
import { angleBetween } from "./interpolation.ts";

/** Path and step of {@link pathLength}. */
export interface PathLengthOptions extends CallOptions {
  /**
   * `linear`, or `spherical`: along the great circle between the codes scaled to length √dim, which is about that of a
   * normal sample. Networks that normalise their input do not see the scale. Default `linear`.
   */
  readonly interpolation?: "linear" | "spherical" | undefined;
  /** ε of the differences; without it, none are taken. In single precision, an ε of 1e-4 is limited by rounding. */
  readonly epsilon?: number | undefined;
}

/** Squared speed of the output at one moment of a path, by the derivative and by differences. */
export interface PathLength {
  /** ‖J·γ′(t)‖². */
  readonly exact: number;
  /** ‖f(γ(t + ε)) − f(γ(t))‖²/ε², where ε was given. */
  readonly difference?: number | undefined;
  /**
   * (2⁻²⁴·‖f(γ(t))‖/ε)², the least that rounding to float32 can add to `difference`; networks round more. Where ε was
   * given.
   */
  readonly rounding?: number | undefined;
}

/** Half the distance from 1 to the next number in float32. */
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * The squared speed at position t of the interpolation from `start` to `end`, `[from.dim]` each.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`; `NUMERICAL_FAILURE` where a step of ε is
 * no longer than the rounding of codes to float32; or what the map throws.
 */
export async function pathLength(
  map: DifferentiableMap,
  start: Float32Array,
  end: Float32Array,
  t: number,
  options: PathLengthOptions = {},
): Promise<PathLength> {
  requireKind("pathLength: map", "map", map);
  requirePoints("pathLength: start", start, 1, map.from);
  requirePoints("pathLength: end", end, 1, map.from);
  const { epsilon, interpolation = "linear", signal } = options;
  if (epsilon !== undefined) requirePositive("pathLength: epsilon", epsilon);
  const path = interpolation === "linear" ? linear(start, end) : spherical(start, end);
  const call = { signal };
  const [point, velocity] = [path.at(t), path.velocity(t)];
  if (epsilon !== undefined) requireStep(point, velocity, epsilon);
  const speed = await map.jvp(point, velocity, 1, call);
  const exact = speed.reduce((sum, x) => sum + x * x, 0);
  if (epsilon === undefined) return { exact };
  const [here, there] = [
    await map.evaluate(point, 1, call),
    await map.evaluate(path.at(t + epsilon), 1, call),
  ];
  const square = here.reduce((sum, x, i) => sum + (there[i] - x) ** 2, 0);
  return {
    exact,
    difference: square / epsilon / epsilon,
    rounding: ((UNIT_ROUNDOFF * lengthOf(here)) / epsilon) ** 2,
  };
}

/** On a path that stands still, no step is too short. */
function requireStep(point: Float32Array, velocity: Float32Array, epsilon: number): void {
  const [step, rounding] = [epsilon * lengthOf(velocity), UNIT_ROUNDOFF * lengthOf(point)];
  if (step > rounding || step === 0) return;
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `epsilon: the two points of a difference are the same in float32, or as good as the same: ε = ${epsilon} moves the code by ${step.toPrecision(2)}, its rounding by ${rounding.toPrecision(2)}. Take a larger ε, such as 1e-4.`,
  );
}

/**
 * Mean over the samples between the 1st and 99th percentiles, as in the definition (the order statistics at those
 * ranks, or next to them towards the middle, are kept).
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for no values.
 */
export function trimmedMean(values: readonly number[]): number {
  requireKind("trimmedMean: values", "numbers", values);
  requireSome("trimmedMean", values);
  return trimmedMeanOf(ascending(values), new Int32Array(values.length).fill(1));
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

/** Of a sample that has `sorted[i]`, in ascending order, `counts[i]` times. */
function trimmedMeanOf(sorted: Float64Array, counts: Int32Array): number {
  const last = counts.reduce((sum, count) => sum + count, 0) - 1;
  const low = ofRank(sorted, counts, Math.floor(0.01 * last));
  const high = ofRank(sorted, counts, Math.ceil(0.99 * last));
  let [sum, kept] = [0, 0];
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i];
    if (value < low || value > high) continue;
    for (let again = 0; again < counts[i]; again++) sum += value;
    kept += counts[i];
  }
  return sum / kept;
}

/** The value that `rank` others of the sample come before. */
function ofRank(sorted: Float64Array, counts: Int32Array, rank: number): number {
  let i = 0;
  for (let before = counts[0]; before <= rank; before += counts[i]) i++;
  return sorted[i];
}

/** The trimmed mean of members of the sample, each as often as it occurs, without sorting them every time. */
function trimmedMeanOfMembers(values: readonly number[]): (members: Int32Array) => number {
  const order = Int32Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
  const rank = new Int32Array(values.length);
  order.forEach((i, r) => {
    rank[i] = r;
  });
  const sorted = ascending(values);
  return (members) => {
    const counts = new Int32Array(values.length);
    for (const i of members) counts[rank[i]]++;
    return trimmedMeanOf(sorted, counts);
  };
}

/** Summary of the path lengths of many samples. */
export interface PathLengthSummary {
  /** Number of samples. */
  readonly count: number;
  /** Mean of all samples, with its standard error, standard deviation/√count. */
  readonly mean: number;
  /** That standard error. */
  readonly standardError: number;
  /** The definition's: {@link trimmedMean}. */
  readonly trimmedMean: number;
  /** Standard error and 95 % interval of that, by the bootstrap. */
  readonly trimmed: Bootstrap;
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for no values. */
/**
 * Mean, trimmed mean and their errors of the path lengths of many samples, in their units.
 *
 * @param values at least one.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for none.
 */
export function summarizePathLengths(
  values: readonly number[],
  options: BootstrapOptions = {},
): PathLengthSummary {
  requireKind("summarizePathLengths: values", "numbers", values);
  const count = values.length;
  requireSome("summarizePathLengths", values);
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return {
    count,
    mean,
    standardError: Math.sqrt(squares / ((count - 1) * count)),
    trimmedMean: trimmedMean(values),
    trimmed: bootstrap(count, trimmedMeanOfMembers(values), options),
  };
}

/** How path lengths by differences compare with the exact ones. */
export interface DifferenceReport {
  /**
   * Square root of the mean of {@link PathLength.rounding} over that of `exact`: the smallest share that rounding can
   * have in a difference.
   */
  readonly rounding: number;
  /**
   * `rounding`: the differences show rounding more than the map. `near rounding`: rounding changes their mean by a
   * twentieth or more.
   */
  readonly quality: "sound" | "near rounding" | "rounding";
}

/**
 * From this least share on, ε is so short that a mean that disagrees with the exact one is rounding's work, not the
 * curve's.
 */
const SHORT_STEP = 1e-3;
const NEAR = 0.05;

/**
 * Judges differences by the exact values of the same samples.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no samples.
 */
export function judgeDifferences(samples: readonly Settled<PathLength>[]): DifferenceReport {
  requireKind("judgeDifferences: samples", "list", samples);
  requireSome("judgeDifferences", samples);
  const total = (key: keyof PathLength) => samples.reduce((sum, sample) => sum + sample[key], 0);
  const [exact, difference] = [total("exact"), total("difference")];
  if (exact === 0 && difference === 0) return { rounding: 0, quality: "sound" };
  const rounding = Math.sqrt(total("rounding") / exact);
  const excess = difference / exact - 1;
  if (rounding < SHORT_STEP || Math.abs(excess) < NEAR) return { rounding, quality: "sound" };
  return { rounding, quality: excess > 1 || excess < -0.5 ? "rounding" : "near rounding" };
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}

function requireSome(what: string, values: readonly unknown[]): void {
  if (values.length > 0) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} needs one value or more, got none.`);
}

interface Path {
  at(t: number): Float32Array;
  velocity(t: number): Float32Array;
}

function linear(start: Float32Array, end: Float32Array): Path {
  return {
    at: (t) => start.map((x, i) => x + t * (end[i] - x)),
    velocity: () => start.map((x, i) => end[i] - x),
  };
}

/** The great circle at length √dim. */
function spherical(start: Float32Array, end: Float32Array): Path {
  const scaled = (x: Float32Array) => {
    const scale = Math.sqrt(x.length) / Math.hypot(...x);
    return Float64Array.from(x, (value) => value * scale);
  };
  const angle = angleBetween(start, end);
  const [a, b] = [scaled(start), scaled(end)];
  const combined = (p: number, q: number) => Float32Array.from(a, (x, i) => p * x + q * b[i]);
  return {
    at: (t) => combined(Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)),
    velocity: (t) =>
      combined(
        (-angle * Math.cos((1 - t) * angle)) / Math.sin(angle),
        (angle * Math.cos(t * angle)) / Math.sin(angle),
      ),
  };
}
