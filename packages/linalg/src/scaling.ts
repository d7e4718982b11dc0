// Scaling by powers of two, exact in float64, which keeps sums of squares away from overflow and underflow.

import type { Matrix } from "./matrix.ts";

/**
 * Binary exponent of the largest magnitude after scaling. Its square times any number of rows stays below
 * 2^1024, and squares of entries down to 2^-900 of it stay above 2^-1022.
 */
const TARGET_EXPONENT = 450;

/** Norms of scaled columns below this, 2^-900 of the largest entry, count as zero. */
export const NEGLIGIBLE: number = 2 ** -450;

/** The data of `a` times 2^exponent as a copy, with the largest magnitude in [2^450, 2^451). */
export function scaled(a: Matrix): { data: Float64Array; exponent: number } {
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i]!));
  const exponent = largest === 0 ? 0 : TARGET_EXPONENT - Math.floor(Math.log2(largest));
  const data = a.data.slice();
  scaleByPowerOfTwo(data, exponent);
  return { data, exponent };
}

/** Multiplies `values` by 2^exponent in place, for any exponent between -2000 and 2000. */
export function scaleByPowerOfTwo(values: Float64Array, exponent: number): void {
  // In two steps, because 2^1374 (needed for subnormal numbers) is not a float64.
  const half = Math.trunc(exponent / 2);
  const first = 2 ** half;
  const second = 2 ** (exponent - half);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * first * second;
}
