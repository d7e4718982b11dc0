// Local dimension: in how many directions the output of a map moves at a point, beyond a tail of singular values
// that counts as noise (Choi, Hwang, Cho & Kang, "Analyzing the Latent Space of GAN through Local Dimension
// Estimation", arXiv:2205.13182). A small Gaussian step ε·p of the input moves the output by ε·J·p, with covariance
// ε²·JJᵀ; the pseudorank of the noisy J is the rank that Kritchman & Nadler's test gives its eigenvalues σᵢ²/n.
// The paper leaves the sample size n and the number of variables p open; they are options here.

import { VielbeinError } from "../errors.ts";
import type { DeadDirections } from "../jacobian/dead-directions.ts";
import { requireKind } from "../requirements.ts";
import type { Settled } from "../settled.ts";
import { type KritchmanNadler, kritchmanNadler, requireDescending } from "./kritchman-nadler.ts";

/**
 * What the test counts as n samples of p variables, with d = dimension of the input, m = of the output, dead ones left
 * out, and the number of singular values kept: `input`: n = d, p = kept. `kept`: n = p = kept. `padded`: n = d, p = m,
 * the eigenvalues that were not kept being 0.
 */
export type DimensionConvention = "input" | "kept" | "padded";

/** Every {@link DimensionConvention}: what the test takes for the numbers of samples and of variables. */
export const DIMENSION_CONVENTIONS: readonly DimensionConvention[] = ["input", "kept", "padded"];

/** The sizes of the Jacobian, and the threshold and level of the test of {@link localDimension}. */
export interface LocalDimensionOptions extends Partial<DeadDirections> {
  /** d, dimension of the input space. Default: the number of singular values. */
  readonly inputDim?: number | undefined;
  /** m, dimension of the output space. Default: the number of singular values. */
  readonly outputDim?: number | undefined;
  /** Singular values up to this fraction of σ₁ are discarded before the test. From 0, below 1; default 0.01. */
  readonly threshold?: number | undefined;
  /** Level of each test in percent, above 0 and below 14.1. Default 0.5. */
  readonly alpha?: number | undefined;
  /** Default `input`. */
  readonly convention?: DimensionConvention | undefined;
}

/**
 * `ok`: the test split the spectrum into signal and noise. `flat`: nothing stands out, because all values are alike,
 * as in pure noise, or there are too few for the test to decide; there is no dimension. `no-noise-tail`: the
 * threshold fell behind or into the signal, so that no noise was left to test against, and all values kept count.
 * `noise-free`: no noise comes before the values drop to rounding error, so the rank is exact.
 */
export type DimensionStatus = "ok" | "flat" | "no-noise-tail" | "noise-free";

/** A local dimension with how it came about; `dimension` is a number of directions of the input. */
export interface LocalDimension {
  /** The local dimension; undefined where the status is `flat`. */
  readonly dimension: number | undefined;
  /** Whether the dimension was tested, or what kept it from being tested. */
  readonly status: DimensionStatus;
  /** Singular values above the threshold. */
  readonly kept: number;
  /** σ̂², the mean noise eigenvalue σᵢ²/n; 0 for `noise-free` and `no-noise-tail`. */
  readonly noise: number;
  /**
   * What the test alone says, whatever the status: it overestimates without noise, and underestimates without a tail.
   */
  readonly tested: number;
}

/** Consecutive singular values that differ by this factor or more are what was meant and rounding error. */
const EXACT_GAP = 1e-6;
/** Values below this fraction of the first are rounding of the engine's float32, if they come without a gap. */
const RESOLVED = 1e-5;
/** A threshold that cuts between values apart by this factor or more leaves no noise to test against. */
const EDGE_GAP = 0.1;
/** A spectrum whose values all lie within this factor of each other is flat whatever follows. */
const FLAT = 0.99;
/** Fewer values than this are no tail of noise. */
const SHORTEST_TAIL = 10;
/** Noise is set off from signal by a step of this many times the mean step, in logarithms, within the noise. */
const STEP = 5;

/**
 * The local dimension from the singular values of the Jacobian.
 *
 * A drop in the spectrum ends the signal only where no noise comes before it: what follows a tail of noise, such as the
 * zeros of dead inputs or repeated outputs, says nothing about the signal. A threshold that removes all of the noise
 * leaves the test nothing to compare with; a test of the whole spectrum shows this.
 *
 * @param singularValues σ₁ ≥ … ≥ 0, all min(d, m) of them, including those of dead inputs and outputs.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 *
 * @example
 * ```js
 * import { localDimension } from "@vielbein/core/dimension";
 *
 * // Three directions above a tail of noise.
 * const tail = Array.from({ length: 97 }, (_, i) => 1.2 - 0.004 * i);
 * console.log(localDimension([90, 60, 40, ...tail], { inputDim: 100, outputDim: 1000 }).dimension); // → 3
 * ```
 */
export function localDimension(
  singularValues: ArrayLike<number>,
  options: LocalDimensionOptions = {},
): LocalDimension {
  requireKind("localDimension: singularValues", "numbers", singularValues);
  requireDescending("localDimension: singularValues", singularValues);
  const { inputDim = singularValues.length, outputDim = singularValues.length } = options;
  const { threshold = 0.01, convention = "input", deadInputs = 0, deadOutputs = 0 } = options;
  const settled = { inputDim, outputDim, threshold, convention, deadInputs, deadOutputs };
  requireOptions(singularValues, settled);
  const largest = singularValues[0];
  if (largest === 0) return { dimension: 0, status: "noise-free", kept: 0, noise: 0, tested: 0 };

  const [d, m] = [inputDim - deadInputs, outputDim - deadOutputs];
  const sigma = Float64Array.from({ length: Math.min(d, m) }, (_, i) => singularValues[i] / largest);
  const test = (count: number, variables = convention === "padded" ? m : count): KritchmanNadler => {
    const n = convention === "kept" ? count : d;
    const ell = new Float64Array(variables);
    for (let i = 0; i < count; i++) ell[i] = sigma[i] ** 2 / n;
    return kritchmanNadler(ell, n, options.alpha === undefined ? {} : { alpha: options.alpha });
  };
  const kept = countWhere(sigma, (s) => s > threshold);
  const { rank: tested, noise } = test(kept);
  const found = (
    status: DimensionStatus,
    dimension: number | undefined,
    relativeNoise: number,
  ): LocalDimension => ({ dimension, status, kept, noise: relativeNoise * largest * largest, tested });

  if (kept > 1 && sigma[kept - 1] > FLAT) return found("flat", undefined, noise);
  const exact = countWhere(sigma, (s, i) => i === 0 || s > EXACT_GAP * sigma[i - 1]);
  if (exact <= kept && exact < sigma.length) {
    // What comes after the drop is no noise of level 0 either.
    const before = test(exact, exact);
    return hasNoise(sigma, before.rank, exact)
      ? found("ok", before.rank, before.noise)
      : found("noise-free", exact, 0);
  }
  const endsInGap = kept < sigma.length && sigma[kept] <= EDGE_GAP * sigma[kept - 1];
  if (!hasNoise(sigma, tested, kept) && (endsInGap || isSignalOnly(sigma, kept, test))) {
    return found("no-noise-tail", kept, 0);
  }
  return tested === 0 ? found("flat", undefined, noise) : found("ok", tested, noise);
}

/** Whether what follows the first `rank` of `end` values is noise: a long tail, set off by a step. */
function hasNoise(sigma: Float64Array, rank: number, end: number): boolean {
  const tail = end - rank;
  if (rank === 0 || tail < SHORTEST_TAIL) return false;
  const step = Math.log(sigma[rank - 1] / sigma[rank]);
  return step >= (STEP * Math.log(sigma[rank] / sigma[end - 1])) / (tail - 1);
}

/** Whether the first `kept` values all belong to what the whole spectrum has for signal. */
function isSignalOnly(sigma: Float64Array, kept: number, test: (count: number) => KritchmanNadler): boolean {
  const resolved = countWhere(sigma, (s) => s > RESOLVED);
  if (resolved <= kept) return false;
  const { rank } = test(resolved);
  return kept <= rank && hasNoise(sigma, rank, resolved);
}

/** How many values come before the first that fails. */
function countWhere(sigma: Float64Array, holds: (value: number, i: number) => boolean): number {
  const end = sigma.findIndex((s, i) => !holds(s, i));
  return end < 0 ? sigma.length : end;
}

function requireOptions(
  singularValues: ArrayLike<number>,
  options: Settled<Omit<LocalDimensionOptions, "alpha">>,
): void {
  const { inputDim, outputDim, threshold, convention, deadInputs, deadOutputs } = options;
  const count = singularValues.length;
  const live = Math.min(inputDim - deadInputs, outputDim - deadOutputs);
  const rules: readonly (readonly [boolean, string])[] = [
    [
      Math.min(inputDim, outputDim) === count,
      `a map from ${inputDim} to ${outputDim} dimensions has ${Math.min(inputDim, outputDim)} singular values, got ${count}. Pass all of them, with inputDim and outputDim`,
    ],
    [
      isCount(deadInputs, inputDim) && isCount(deadOutputs, outputDim),
      `deadInputs and deadOutputs must be integers from 0 to ${inputDim} and ${outputDim}, got ${deadInputs} and ${deadOutputs}`,
    ],
    [
      live >= count || singularValues[live] <= RESOLVED * singularValues[0],
      `${deadInputs} dead inputs and ${deadOutputs} dead outputs leave ${live} singular values above 0, but number ${live + 1} is ${singularValues[live]}, compared with a first of ${singularValues[0]}. Pass the counts that belong to these values, as jacobianSpectrum gives them`,
    ],
    [threshold >= 0 && threshold < 1, `threshold must be at least 0 and below 1, got ${threshold}`],
    [
      DIMENSION_CONVENTIONS.includes(convention),
      `convention must be one of ${DIMENSION_CONVENTIONS.join(", ")}, got "${convention}"`,
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new VielbeinError("INVALID_ARGUMENT", `localDimension: ${broken[1]}.`);
}

function isCount(value: number, total: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= total;
}
