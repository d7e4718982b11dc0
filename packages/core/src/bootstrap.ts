// The bootstrap: how far a statistic of a sample would scatter, by drawing samples from the sample with replacement
// (Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979).

import { uniform } from "@vielbein/linalg";
import { VielbeinError } from "./errors.ts";

export interface BootstrapOptions {
  /** Default 0. */
  readonly seed?: number | bigint;
  /** At least 2. Default 2000. */
  readonly resamples?: number;
}

export interface Bootstrap {
  /** Standard deviation over the resamples. */
  readonly standardError: number;
  /** Ends of the 95 % interval, by percentiles. */
  readonly interval: readonly [number, number];
}

/** Resampling reads random numbers that samples of points under the same seed do not reach. */
const FIRST_RESAMPLE = 2 ** 41;

/**
 * `statistic` is given indices of `count` members, drawn with replacement.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for no member or fewer than two resamples.
 */
export function bootstrap(
  count: number,
  statistic: (members: Int32Array) => number,
  { seed = 0, resamples = 2000 }: BootstrapOptions = {},
): Bootstrap {
  if (!(Number.isInteger(count) && count >= 1) || !(Number.isInteger(resamples) && resamples >= 2)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `bootstrap: one member and two resamples are needed at least, got ${count} and ${resamples}.`,
    );
  }
  const values = Float64Array.from({ length: resamples }, (_, r) => {
    const draws = uniform(seed, FIRST_RESAMPLE + r, count);
    return statistic(Int32Array.from(draws, (x) => Math.floor(x * count)));
  }).sort();
  const at = (share: number): number => values[Math.round(share * (resamples - 1))]!;
  const mean = values.reduce((sum, x) => sum + x, 0) / resamples;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { standardError: Math.sqrt(squares / (resamples - 1)), interval: [at(0.025), at(0.975)] };
}
