// How many directions a spectrum of variances has, by statistics without a test: companions of an estimated
// dimension that, unlike it, depend on no conventions. λ₁ ≥ … ≥ λ_p ≥ 0, shares λᵢ/Σλ.

import { requireKind, requireShare } from "../requirements.ts";
import { requireDescending } from "./kritchman-nadler.ts";

/**
 * Dimensions that are read off a spectrum λ₁ ≥ … ≥ λ_p ≥ 0 without a test, each a number of directions from 0
 * to p.
 */
export interface SpectrumStatistics {
  /** (Σλ)²/Σλ²: k if k eigenvalues are equal and the rest 0. */
  readonly participationRatio: number;
  /** exp of the entropy of the shares (Roy & Vetterli, EUSIPCO 2007). */
  readonly effectiveRank: number;
  /** Σλ/λ₁. */
  readonly stableRank: number;
  /** Eigenvalues above 5 % of the first (Fukunaga & Olsen, IEEE Trans. Comput. 20, 1971). */
  readonly fukunagaOlsen: number;
  /** Eigenvalues above the mean (Kaiser 1960). */
  readonly kaiser: number;
  /** Leading eigenvalues whose share exceeds that of a randomly broken stick, (1/p)Σ_{j≥i} 1/j (Jackson 1993). */
  readonly brokenStick: number;
}

const NO_DIMENSION: SpectrumStatistics = {
  participationRatio: 0,
  effectiveRank: 0,
  stableRank: 0,
  fukunagaOlsen: 0,
  kaiser: 0,
  brokenStick: 0,
};

/**
 * All statistics of a spectrum; 0 throughout where every eigenvalue is 0.
 *
 * @param eigenvalues descending, at least one: for a Jacobian, σ².
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function spectrumStatistics(eigenvalues: ArrayLike<number>): SpectrumStatistics {
  requireKind("spectrumStatistics: eigenvalues", "numbers", eigenvalues);
  const shares = sharesOf("spectrumStatistics", eigenvalues);
  if (shares[0] === 0) return NO_DIMENSION;
  const first = shares[0];
  const entropy = shares.reduce((sum, x) => (x > 0 ? sum - x * Math.log(x) : sum), 0);
  return {
    participationRatio: 1 / shares.reduce((sum, x) => sum + x * x, 0),
    effectiveRank: Math.exp(entropy),
    stableRank: 1 / first,
    fukunagaOlsen: shares.filter((x) => x > 0.05 * first).length,
    kaiser: shares.filter((x) => x > 1 / shares.length).length,
    brokenStick: brokenStick(shares),
  };
}

/**
 * The fewest leading eigenvalues that hold `share` of the sum: for 0.99, how many directions hold 99 % of the
 * variance. (The code of Wang & Ponce, ICLR 2021, counts those whose cumulative share stays below it: one less.)
 *
 * @param share above 0 and below 1.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function cumulativeDimension(eigenvalues: ArrayLike<number>, share: number): number {
  requireShare("cumulativeDimension: share", share);
  const shares = sharesOf("cumulativeDimension", eigenvalues);
  if (shares[0] === 0) return 0;
  let total = 0;
  const reached = shares.findIndex((x) => {
    total += x;
    return total >= share;
  });
  // Rounding may keep the sum of all shares below one that is nearly 1.
  return reached < 0 ? shares.length : reached + 1;
}

/** λ/Σλ; zeros where all are 0. */
function sharesOf(what: string, eigenvalues: ArrayLike<number>): Float64Array {
  requireDescending(`${what}: eigenvalues`, eigenvalues);
  const values = Float64Array.from(eigenvalues);
  const first = values[0];
  if (first === 0) return values;
  // Relative to the first, so that the sum cannot overflow.
  const total = values.reduce((sum, x) => sum + x / first, 0);
  return values.map((x) => x / first / total);
}

function brokenStick(shares: Float64Array): number {
  const p = shares.length;
  const stick = new Float64Array(p);
  let rest = 0;
  for (let i = p - 1; i >= 0; i--) {
    rest += 1 / (i + 1);
    stick[i] = rest / p;
  }
  const failed = shares.findIndex((x, i) => x <= stick[i]);
  return failed < 0 ? p : failed;
}
