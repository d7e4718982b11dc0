// Columns of matrices, one quantity each, and what the scores need to know of them.

import { type Matrix, matrix } from "@vielbein/linalg";
import { powerOfTwo } from "../power-of-two.ts";
import { centred } from "../statistics/moments.ts";

/** Column j as a copy. */
export function column({ rows, cols, data }: Matrix, j: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]);
}

/** The columns side by side, each of `rows` numbers. */
export function fromColumns(rows: number, columns: readonly Float64Array[]): Matrix {
  const result = matrix(rows, columns.length);
  columns.forEach((values, j) => {
    for (let i = 0; i < rows; i++) result.data[i * columns.length + j] = values[i];
  });
  return result;
}

/** The distinct values, ascending. */
export function levelsOf(values: Float64Array): Float64Array {
  return Float64Array.from(new Set(values)).sort();
}

export function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Variance of each column, divided by n − 1; exactly 0 of a constant one, and of one whose variance is below float64's
 * least.
 */
export function sampleVariances(x: Matrix): Float64Array {
  const units = unitsOf(x);
  return unitVariances(inUnits(x, units)).map((variance, j) => variance * units[j] * units[j]);
}

/** Their square roots, of whatever size the columns are; exactly 0 of a constant one. */
export function sampleDeviations(x: Matrix): Float64Array {
  const units = unitsOf(x);
  return unitVariances(inUnits(x, units)).map((variance, j) => Math.sqrt(variance) * units[j]);
}

/** The variances of columns of a size of about 1. */
function unitVariances(x: Matrix): Float64Array {
  const { rows } = centred(x);
  const sums = new Float64Array(x.cols);
  const constant = new Uint8Array(x.cols).fill(1);
  rows.data.forEach((value, at) => {
    const j = at % x.cols;
    sums[j] += value * value;
    if (x.data[at] !== x.data[j]) constant[j] = 0;
  });
  // The mean of a constant column rounds.
  return sums.map((sum, j) => (constant[j] ? 0 : sum / (x.rows - 1)));
}

/**
 * Every column divided by a power of two, `units`, that leaves it at a size of about 1: its squares, and differences of
 * its values, neither vanish nor overflow.
 */
export function inUnits({ rows, cols, data }: Matrix, units: Float64Array): Matrix {
  return matrix(
    rows,
    cols,
    data.map((value, at) => value / units[at % cols]),
  );
}

/** The powers of two for {@link inUnits}, `[cols]`. */
export function unitsOf(x: Matrix): Float64Array {
  return Float64Array.from({ length: x.cols }, (_, j) => powerOfTwo(column(x, j)));
}
