// Spearman's rank correlation, with the p-value of the permutation test (Spearman, "The Proof and Measurement of
// Association between Two Things", Am. J. Psychol. 15, 1904): exact for few pairs, where tables of Student's t are not.

import { uniform } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";

/** Permutations and seed of the test of {@link rankCorrelation}. */
export interface RankCorrelationOptions {
  /** Number of random permutations where there are too many to try them all. Default 9999. */
  readonly permutations?: number | undefined;
  /** Default 0. */
  readonly seed?: number | bigint | undefined;
}

/** Spearman's rank correlation, from −1 to 1, with a permutation test. */
export interface RankCorrelation {
  /** Spearman's ρ; equal values are given the mean of their ranks. */
  readonly rho: number;
  /** Two-sided p-value: the share of permutations of one side whose |ρ| is at least as large. */
  readonly pValue: number;
  /**
   * Whether all permutations were tried, as they are up to 9 pairs; else the p-value is (1 + hits)/(1 + permutations).
   */
  readonly exact: boolean;
}

/** 9! = 362 880. */
const MOST_EXACT = 9;

/**
 * Rank correlation of pairs (xᵢ, yᵢ), at least three.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`; `NOT_FINITE`; `INVALID_ARGUMENT` for fewer pairs or a constant side.
 */
export function rankCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { permutations = 9999, seed = 0 }: RankCorrelationOptions = {},
): RankCorrelation {
  requireKind("rankCorrelation: x", "numbers", x);
  requireKind("rankCorrelation: y", "numbers", y);
  const n = x.length;
  if (y.length !== n) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `rankCorrelation: x and y must be pairs, got ${n} and ${y.length}.`,
    );
  }
  if (n < 3 || !Number.isInteger(permutations) || permutations < 1) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `rankCorrelation needs three pairs or more and a positive number of permutations, got ${n} and ${permutations}.`,
    );
  }
  const [a, b] = [doubledRanks("x", x), doubledRanks("y", y)];
  // Integers throughout, so that permutations of the same ρ compare equal: 2·rank less its mean n + 1.
  const sum = (p: Int32Array, q: Int32Array) => p.reduce((total, value, i) => total + value * q[i], 0);
  const observed = sum(a, b);
  let hits = 0;
  const exact = n <= MOST_EXACT;
  const count = (permuted: Int32Array) => {
    if (Math.abs(sum(a, permuted)) >= Math.abs(observed)) hits++;
  };
  const tried = exact ? everyPermutation(b, count) : randomPermutations(b, permutations, seed, count);
  return {
    rho: observed / Math.sqrt(sum(a, a) * sum(b, b)),
    // Among random permutations the observed one counts, so that no p-value is 0.
    pValue: exact ? hits / tried : (hits + 1) / (tried + 1),
    exact,
  };
}

/** Twice the rank (from 1, ties at their mean) less n + 1: integers of sum 0. */
function doubledRanks(what: string, values: ArrayLike<number>): Int32Array {
  const array = Float64Array.from(values);
  const bad = array.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new VielbeinError(
      "NOT_FINITE",
      `rankCorrelation: ${what} must be finite, got ${array[bad]} at ${bad}.`,
    );
  }
  const sorted = array.toSorted();
  if (sorted[0] === sorted.at(-1)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `rankCorrelation: ${what} must not be constant, got ${sorted[0]} throughout.`,
    );
  }
  return Int32Array.from(
    array,
    (value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2 - (array.length + 1),
  );
}

/** Heap's algorithm: each permutation by one swap from the last. */
function everyPermutation(values: Int32Array, visit: (permuted: Int32Array) => void): number {
  const current = values.slice();
  const counters = new Int32Array(values.length);
  let visited = 1;
  visit(current);
  for (let i = 1; i < values.length; ) {
    const counter = counters[i];
    if (counter >= i) {
      counters[i++] = 0;
      continue;
    }
    swap(current, i % 2 === 0 ? 0 : counter, i);
    visit(current);
    visited++;
    counters[i] = counter + 1;
    i = 1;
  }
  return visited;
}

/** Permutation p is the shuffle of Fisher and Yates by sample p of the seed. */
function randomPermutations(
  values: Int32Array,
  count: number,
  seed: number | bigint,
  visit: (permuted: Int32Array) => void,
): number {
  for (let p = 0; p < count; p++) {
    const draws = uniform(seed, p, values.length);
    const shuffled = values.slice();
    for (let i = values.length - 1; i > 0; i--) swap(shuffled, i, Math.floor(draws[i] * (i + 1)));
    visit(shuffled);
  }
  return count;
}

function swap(values: Int32Array, i: number, j: number): void {
  const kept = values[i];
  values[i] = values[j];
  values[j] = kept;
}
