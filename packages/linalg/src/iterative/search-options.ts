// Checks of the options that all iterative searches share.

import { LinalgError } from "../errors.ts";
import { requireCount, requireOption, requireTolerance } from "../matrix.ts";

export interface SearchOptions {
  readonly tolerance?: number | undefined;
  readonly blockSize?: number | undefined;
  readonly iterations?: number | undefined;
  readonly maxBasis?: number | undefined;
  readonly sign?: "canonical" | "any" | undefined;
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
