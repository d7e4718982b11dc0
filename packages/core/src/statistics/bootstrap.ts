// The bootstrap: how far a statistic of a sample would scatter, by drawing samples from the sample with replacement
// (Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979). Members that are not independent are drawn
// together.

import { uniform } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";

/** Seed, resamples and clusters of {@link bootstrap}. */
export interface BootstrapOptions {
  /** Default 0. */
  readonly seed?: number | bigint | undefined;
  /** At least 2. Default 2000. */
  readonly resamples?: number | undefined;
  /**
   * The cluster of every member, `[count]`, such as members that share a network or a code. Clusters are drawn whole,
   * as many as there are. Default: every member by itself.
   */
  readonly clusters?: ArrayLike<number> | undefined;
}

/** What resampling says of an estimate, in the estimate's unit. */
export interface Bootstrap {
  /** Standard deviation over the resamples. */
  readonly standardError: number;
  /** Ends of the 95 % interval, by percentiles. */
  readonly interval: readonly [number, number];
}

/** Resampling reads random numbers that samples of points under the same seed do not reach. */
const FIRST_RESAMPLE = 2 ** 41;

/**
 * The bootstrap of a statistic of `count` members (Efron 1979). `statistic` is given indices of members drawn with
 * replacement: `count` of them, or those of the clusters drawn.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `SHAPE_MISMATCH` unless there is one cluster for each member.
 */
export function bootstrap(
  count: number,
  statistic: (members: Int32Array) => number,
  options: BootstrapOptions = {},
): Bootstrap {
  requireKind("bootstrap: statistic", "function", statistic);
  const values = bootstrapValues(count, statistic, options);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { standardError: Math.sqrt(squares / (values.length - 1)), interval: intervalOf(values) };
}

/** What {@link bootstrap} describes: the statistic of every resample, ascending. */
export function bootstrapValues(
  count: number,
  statistic: (members: Int32Array) => number,
  { seed = 0, resamples = 2000, clusters }: BootstrapOptions = {},
): Float64Array {
  requireKind("bootstrapValues: statistic", "function", statistic);
  requireSizes(count, resamples, clusters);
  const groups = clusters && membersOf(clusters);
  const units = groups?.length ?? count;
  return Float64Array.from({ length: resamples }, (_, r) => {
    // Copying cuts off the fractions; a function for every member would take longer than the draws themselves.
    const drawn = new Int32Array(uniform(seed, FIRST_RESAMPLE + r, units, { high: units }));
    return statistic(groups ? Int32Array.from(Array.from(drawn, (g) => groups[g]).flat()) : drawn);
  }).sort();
}

/** Ends of the central 95 % of values in ascending order. */
export function intervalOf(ascending: Float64Array): readonly [number, number] {
  requireKind("intervalOf: ascending", "numbers", ascending);
  const at = (share: number): number => ascending[Math.round(share * (ascending.length - 1))];
  return [at(0.025), at(0.975)];
}

/** Indices of the members of every cluster, in the order in which clusters first occur. */
function membersOf(clusters: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < clusters.length; i++) {
    const group = groups.get(clusters[i]);
    if (group) group.push(i);
    else groups.set(clusters[i], [i]);
  }
  return [...groups.values()];
}

function requireSizes(count: number, resamples: number, clusters: ArrayLike<number> | undefined): void {
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(resamples) || resamples < 2) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `bootstrap: one member and two resamples are needed at least, got ${count} and ${resamples}.`,
    );
  }
  if (clusters && clusters.length !== count) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `bootstrap: clusters must hold one for each of the ${count} members, got ${clusters.length}.`,
    );
  }
}
