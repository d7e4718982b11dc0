// Dimension from the spectrum of a covariance: of a whole cloud, how many dimensions a linear subspace needs to hold it
// (Fukunaga & Olsen, IEEE Trans. Computers 20, 1971, and the rules since); of a neighbourhood, how many its tangent
// space has.

import { cumulativeDimension, spectrumStatistics } from "../dimension/spectrum-statistics.ts";
import { requireKind } from "../requirements.ts";
import type { Cloud } from "./cloud.ts";
import { determined, type Estimate, undetermined } from "./estimate.ts";

/** A rule: the dimension of a spectrum λ₁ ≥ … ≥ λ_p ≥ 0 with λ₁ > 0; NaN where the rule does not decide. */
export type SpectrumRule = (eigenvalues: Float64Array) => number;

/**
 * Names of the rules that read a dimension off the spectrum of a covariance, keys of {@link SPECTRUM_RULES}.
 */
export type SpectrumRuleName =
  | "fo"
  | "fan"
  | "maxgap"
  | "ratio"
  | "participation"
  | "kaiser"
  | "broken-stick";

/** Share of the variance that the rules of cumulative shares ask for. */
const SHARE = 0.95;

const UNDECIDED = "the rule does not decide on this spectrum";

/** Rules by their names. */
export const SPECTRUM_RULES: Readonly<Record<SpectrumRuleName, SpectrumRule>> = {
  /** Eigenvalues above 5 % of the first (Fukunaga & Olsen 1971). */
  fo: (eigenvalues) => spectrumStatistics(eigenvalues).fukunagaOlsen,
  fan,
  maxgap,
  /** The fewest eigenvalues that hold 95 % of the sum. */
  ratio: (eigenvalues) => cumulativeDimension(eigenvalues, SHARE),
  /** (Σλ)²/Σλ². */
  participation: (eigenvalues) => spectrumStatistics(eigenvalues).participationRatio,
  /** Eigenvalues above their mean (Kaiser 1960). */
  kaiser: (eigenvalues) => spectrumStatistics(eigenvalues).kaiser,
  /** Leading eigenvalues above the parts of a randomly broken stick (Jackson 1993). */
  "broken-stick": (eigenvalues) => spectrumStatistics(eigenvalues).brokenStick,
};

/**
 * Fan, Gu, Qiao & Zhang ("Intrinsic dimension estimation of data by principal component analysis", 2010): noise is the mean
 * of the eigenvalues from the one on at which 95 % of the sum are exceeded. Less it, the dimension is that of the first gap
 * λᵢ/λᵢ₊₁ > 10, or the fewest that hold more than 80 % of the sum, whichever is less.
 */
function fan(eigenvalues: Float64Array): number {
  const first = firstExceeding(eigenvalues, SHARE);
  const tail = eigenvalues.subarray(first);
  const noise = tail.reduce((sum, x) => sum + x, 0) / tail.length;
  const signal = eigenvalues.map((x) => x - noise);
  const gap = signal.findIndex((x, i) => i + 1 < signal.length && x / signal[i + 1] > 10);
  const share = firstExceeding(signal, 0.8);
  const found = [gap, share].filter((i) => i >= 0);
  return found.length === 0 ? Number.NaN : 1 + Math.min(...found);
}

/** The first index at which the share of the sum up to there exceeds `share`; −1 where there is none. */
function firstExceeding(values: Float64Array, share: number): number {
  const total = values.reduce((sum, x) => sum + x, 0);
  let sum = 0;
  return values.findIndex((x) => {
    sum += x;
    return sum / total > share;
  });
}

/** The place of the largest ratio λᵢ/λᵢ₊₁, the first of several. A ratio to an eigenvalue that is 0 is infinite. */
function maxgap(eigenvalues: Float64Array): number {
  let [largest, dimension] = [0, Number.NaN];
  for (let i = 0; i + 1 < eigenvalues.length && eigenvalues[i] > 0; i++) {
    const ratio = eigenvalues[i] / eigenvalues[i + 1];
    if (ratio > largest) [largest, dimension] = [ratio, i + 1];
  }
  return dimension;
}

/** The dimension that a rule reads off the spectrum of the whole cloud. */
export function spectrumDimension(cloud: Cloud, rule: SpectrumRule): Estimate {
  requireKind("spectrumDimension: cloud", "cloud", cloud);
  requireKind("spectrumDimension: rule", "function", rule);
  if (cloud.n < 2) return undetermined("all points are equal");
  return determined(rule(cloud.spectrum()), UNDECIDED);
}

/**
 * The dimensions that a rule reads off the spectra of neighbourhoods, at every distinct point `[n]`; NaN where it does not
 * decide.
 *
 * @param k neighbours in a neighbourhood, without the point itself; at least 2.
 * @throws {VielbeinError} `INVALID_ARGUMENT` where the cloud has no k neighbours.
 */
export function localSpectrumDimensions(cloud: Cloud, k: number, rule: SpectrumRule): Float64Array {
  requireKind("localSpectrumDimensions: cloud", "cloud", cloud);
  requireKind("localSpectrumDimensions: rule", "function", rule);
  return Float64Array.from(cloud.localSpectra(k), (spectrum) => rule(spectrum));
}
