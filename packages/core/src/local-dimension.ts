// Local dimension: along how many directions the output of a map moves at a point, beyond a tail of singular values
// that counts as noise (Choi, Hwang, Cho & Kang, "Analyzing the Latent Space of GAN through Local Dimension
// Estimation", arXiv:2205.13182). A small Gaussian step ε·p of the input moves the output by ε·J·p, with covariance
// ε²·JJᵀ; the pseudorank of the noisy J is the rank that Kritchman & Nadler's test gives its eigenvalues σᵢ²/n.
// The paper leaves the sample size n and the number of variables p open; they are options here.

import { VielbeinError } from "./errors.ts";
import { kritchmanNadler, requireDescending } from "./kritchman-nadler.ts";

/**
 * What the test takes for n samples of p variables, with d = dimension of the input, m = of the output, and the
 * number of singular values kept: `input`: n = d, p = kept. `kept`: n = p = kept. `padded`: n = d, p = m, the
 * eigenvalues that were not kept being 0.
 */
export type DimensionConvention = "input" | "kept" | "padded";

export const DIMENSION_CONVENTIONS: readonly DimensionConvention[] = ["input", "kept", "padded"];

export interface LocalDimensionOptions {
  /** d, dimension of the input space. Default: the number of singular values. */
  readonly inputDim?: number;
  /** m, dimension of the output space. Default: the number of singular values. */
  readonly outputDim?: number;
  /** Singular values up to this fraction of σ₁ are discarded before the test. From 0, below 1; default 0.01. */
  readonly threshold?: number;
  /** Level of each test in percent, above 0 and below 14.1. Default 0.5. */
  readonly alpha?: number;
  /** Default `input`. */
  readonly convention?: DimensionConvention;
}

/**
 * `ok`: the test split the spectrum into signal and noise. `flat`: nothing stands out, because all values are alike,
 * which is what noise looks like too, or so few that the test cannot tell; there is no dimension. `no-noise-tail`: the
 * threshold fell into a gap, so no noise was left to test against, and all that was kept counts. `noise-free`: the
 * values drop to rounding error, so the rank is exact.
 */
export type DimensionStatus = "ok" | "flat" | "no-noise-tail" | "noise-free";

export interface LocalDimension {
  /** The local dimension; undefined where the status is `flat`. */
  readonly dimension: number | undefined;
  readonly status: DimensionStatus;
  /** Singular values above the threshold. */
  readonly kept: number;
  /** σ̂², the mean noise eigenvalue σᵢ²/n; 0 for `noise-free` and `no-noise-tail`. */
  readonly noise: number;
  /** What the test alone says, whatever the status: it overestimates without noise, and underestimates without a tail. */
  readonly tested: number;
}

/** Consecutive singular values that differ by this factor or more are signal and rounding error. */
const EXACT_GAP = 1e-6;
/** A threshold that cuts between values apart by this factor or more leaves no noise to test against. */
const EDGE_GAP = 0.1;
/** A spectrum whose values all lie within this factor of each other is flat whatever follows. */
const FLAT = 0.99;

/**
 * The local dimension from the singular values of the Jacobian.
 *
 * @param singularValues σ₁ ≥ … ≥ 0, all min(d, m) of them.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function localDimension(
  singularValues: ArrayLike<number>,
  options: LocalDimensionOptions = {},
): LocalDimension {
  requireDescending("localDimension: singularValues", singularValues);
  const { threshold = 0.01, alpha = 0.5, convention = "input" } = options;
  const { inputDim = singularValues.length, outputDim = singularValues.length } = options;
  const sigma = Float64Array.from(singularValues);
  requireOptions(sigma.length, inputDim, outputDim, threshold, convention);
  const largest = sigma[0]!;
  if (largest === 0) return { dimension: 0, status: "noise-free", kept: 0, noise: 0, tested: 0 };

  const kept = sigma.filter((s) => s > threshold * largest).length;
  const n = convention === "kept" ? kept : inputDim;
  const ell = new Float64Array(convention === "padded" ? outputDim : kept);
  for (let i = 0; i < kept; i++) ell[i] = sigma[i]! ** 2 / n;
  const { rank: tested, noise } = kritchmanNadler(ell, n, { alpha });

  if (kept > 1 && sigma[kept - 1]! > FLAT * largest) {
    return { dimension: undefined, status: "flat", kept, noise, tested };
  }
  for (let r = 1; r <= kept && r < sigma.length; r++) {
    if (sigma[r]! <= EXACT_GAP * sigma[r - 1]!) {
      return { dimension: r, status: "noise-free", kept, noise: 0, tested };
    }
  }
  if (kept < sigma.length && sigma[kept]! <= EDGE_GAP * sigma[kept - 1]!) {
    return { dimension: kept, status: "no-noise-tail", kept, noise: 0, tested };
  }
  if (tested === 0) return { dimension: undefined, status: "flat", kept, noise, tested };
  return { dimension: tested, status: "ok", kept, noise, tested };
}

function requireOptions(
  count: number,
  inputDim: number,
  outputDim: number,
  threshold: number,
  convention: DimensionConvention,
): void {
  if (Math.min(inputDim, outputDim) !== count) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `localDimension: a map from ${inputDim} to ${outputDim} dimensions has ${Math.min(inputDim, outputDim)} singular values, got ${count}. Pass all of them, with inputDim and outputDim.`,
    );
  }
  if (!(threshold >= 0 && threshold < 1)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `localDimension: threshold must be at least 0 and below 1, got ${threshold}.`,
    );
  }
  if (!DIMENSION_CONVENTIONS.includes(convention)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `localDimension: convention must be one of ${DIMENSION_CONVENTIONS.join(", ")}, got "${convention}".`,
    );
  }
}
