// Scaling by powers of two, exact in float64, which keeps sums of squares away from overflow and underflow.

import { type Matrix, requireFinite } from "../matrix.ts";
import { requireKind } from "../requirements.ts";

/** Euclidean norm, without overflow or underflow on the way: NaN and infinities pass through. */
export function norm(values: ArrayLike<number>): number {
  requireKind("norm: values", "numbers", values);
  let scale = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const x = Math.abs(values[i]);
    if (x === 0) continue;
    if (x > scale) {
      sum = 1 + sum * (scale / x) ** 2;
      scale = x;
    } else sum += x === scale ? 1 : (x / scale) ** 2;
  }
  return scale * Math.sqrt(sum);
}

/**
 * A `[m, n]` with every column scaled to length 1, whatever its length was; columns of zeros stay as they are.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` or `NOT_FINITE`.
 */
export function unitColumns(a: Matrix): Matrix {
  requireFinite("unitColumns", a);
  const { rows, cols, data } = a;
  const result = data.slice();
  for (let j = 0; j < cols; j++) {
    const column = Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]);
    const { data: brought } = scaled({ rows, cols: 1, data: column });
    const length = norm(brought);
    if (length === 0) continue;
    for (let i = 0; i < rows; i++) result[i * cols + j] = brought[i] / length;
  }
  return { rows, cols, data: result };
}

/**
 * Binary exponent of the largest magnitude after scaling. Its square times any number of rows stays below
 * 2^1024, and squares of entries down to 2^-900 of it stay above 2^-1022.
 */
const TARGET_EXPONENT = 450;

/** Norms of scaled columns below this, 2^-900 of the largest entry, count as zero. */
export const NEGLIGIBLE: number = 2 ** -450;

/** Entries whose largest magnitude lies within 2^±SAFE_EXPONENT need no scaling for LAPACK. */
const SAFE_EXPONENT = 400;

/** The data of `a` times 2^exponent as a copy, with the largest magnitude in [2^450, 2^451). */
export function scaled(a: Matrix): { data: Float64Array; exponent: number } {
  const largest = largestMagnitude(a.data);
  const exponent = largest === 0 ? 0 : TARGET_EXPONENT - Math.floor(Math.log2(largest));
  const data = a.data.slice();
  scaleByPowerOfTwo(data, exponent);
  return { data, exponent };
}

/**
 * `a` itself if its largest magnitude lies within 2^±400, else a copy times 2^exponent, with the largest
 * magnitude near 1.
 */
export function moderated(a: Matrix, largest: number): { a: Matrix; exponent: number } {
  const magnitude = largest === 0 ? 0 : Math.floor(Math.log2(largest));
  if (Math.abs(magnitude) <= SAFE_EXPONENT) return { a, exponent: 0 };
  const data = a.data.slice();
  scaleByPowerOfTwo(data, -magnitude);
  return { a: { rows: a.rows, cols: a.cols, data }, exponent: -magnitude };
}

function largestMagnitude(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** Multiplies `values` by 2^exponent in place, for any exponent between -2000 and 2000. */
export function scaleByPowerOfTwo(values: Float64Array, exponent: number): void {
  if (exponent === 0) return;
  // In two steps, because 2^1374 (needed for subnormal numbers) is not a float64.
  const half = Math.trunc(exponent / 2);
  const first = 2 ** half;
  const second = 2 ** (exponent - half);
  for (let i = 0; i < values.length; i++) values[i] = values[i] * first * second;
}
