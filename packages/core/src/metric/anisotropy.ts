// Numbers that describe how unequal the directions of a metric are.

import { requireDescending } from "../dimension/kritchman-nadler.ts";
import { cumulativeDimension, spectrumStatistics } from "../dimension/spectrum-statistics.ts";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";

/** How unequal the eigenvalues λ of a metric are, in several numbers. */
export interface Anisotropy {
  /** Σλ. */
  readonly trace: number;
  /** Smallest number of leading axes that hold this share of the trace, by share. */
  readonly axes: Readonly<Record<string, number>>;
  /** (Σλ)²/Σλ²: n for equal eigenvalues, 1 for a single one. */
  readonly participationRatio: number;
  /** ½ Σ ln λ over eigenvalues that are not rounding: the logarithm of the volume of the image of a unit cube. */
  readonly logVolume: number;
  /** Number of eigenvalues above the tolerance: those that `logVolume` and `condition` are computed from. */
  readonly rank: number;
  /** √(λ₁/λ_rank): the ratio of the longest to the shortest axis. */
  readonly condition: number;
}

/** Shares of the trace of the anisotropy table. */
const SHARES: readonly number[] = [0.99, 0.999, 0.9999, 0.99999];

/** Eigenvalues below this fraction of the largest are rounding of float32 tangents: (10⁻⁷)². */
const ROUNDING = 1e-14;

/**
 * Statistics of one spectrum, or of a mean one.
 *
 * @param eigenvalues descending, ≥ 0, not all zero.
 * @throws {VielbeinError} `INVALID_ARGUMENT` when they are not.
 */
export function anisotropy(eigenvalues: ArrayLike<number>): Anisotropy {
  requireKind("anisotropy: eigenvalues", "numbers", eigenvalues);
  requireDescending("anisotropy: eigenvalues", eigenvalues);
  const values = Array.from(eigenvalues);
  if (values[0] === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "anisotropy: some eigenvalue must be positive, got zeros only.",
    );
  }
  const live = values.filter((value) => value > ROUNDING * values[0]);
  return {
    trace: values.reduce((sum, value) => sum + value, 0),
    axes: Object.fromEntries(SHARES.map((share) => [String(share), cumulativeDimension(values, share)])),
    participationRatio: spectrumStatistics(values).participationRatio,
    logVolume: live.reduce((sum, value) => sum + Math.log(value), 0) / 2,
    rank: live.length,
    condition: Math.sqrt(values[0] / live.at(-1)!),
  };
}
