// The options that all iterative searches share, and their checks.

import { LinalgError } from "../errors.ts";
import { requireCount, requireOption, requireTolerance } from "../matrix.ts";

export interface SearchOptions {
  /** Residuals up to this fraction of the largest value are small enough. */
  readonly tolerance?: number | undefined;
  /** Vectors in a block. */
  readonly blockSize?: number | undefined;
  /** Vectors that a basis keeps. */
  readonly maxBasis?: number | undefined;
  /** Largest number of iterations. */
  readonly iterations?: number | undefined;
  /** Seed of the random start. Default 0. */
  readonly seed?: number | bigint | undefined;
  /**
   * `"canonical"` makes the first largest entry of every (left) vector positive; a right vector turns with its left
   * one. Default `"any"`.
   */
  readonly sign?: "canonical" | "any" | undefined;
  /** Stops between two products. */
  readonly signal?: AbortSignal | undefined;
}

/** Checks the options of a search for k vectors, with at least `fewest` iterations. */
export function requireSearch(
  what: string,
  k: number,
  { tolerance = 0, blockSize, iterations, maxBasis, sign = "any" }: SearchOptions,
  fewest = 1,
): void {
  requireOption(`${what}: sign`, sign, ["canonical", "any"]);
  requireTolerance(what, tolerance);
  if (blockSize !== undefined) requireCount(`${what}: blockSize`, blockSize, Infinity);
  if (iterations !== undefined) requireCount(`${what}: iterations`, iterations, Infinity, fewest);
  if (maxBasis === undefined || (Number.isSafeInteger(maxBasis) && maxBasis > k)) return;
  throw new LinalgError(
    "INVALID_ARGUMENT",
    `${what}: maxBasis must be an integer greater than k = ${k}, got ${maxBasis}.`,
  );
}
