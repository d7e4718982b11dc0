// The sign convention that makes singular vectors comparable between runs and backends.

import { LinalgError } from "../errors.ts";
import { type Matrix, requireShape } from "../matrix.ts";

/**
 * Copies of U `[m, r]` and V `[n, r]` in which the entry of largest magnitude of every column of U is positive (the
 * first such on ties). The column of V turns with it, so U·diag(s)·Vᵀ stays the same. For eigenvectors, pass the same
 * matrix twice.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` if U and V differ in their number of columns.
 */
export function canonicalSigns(u: Matrix, v: Matrix): { u: Matrix; v: Matrix } {
  requireShape("canonicalSigns: u", u);
  requireShape("canonicalSigns: v", v);
  if (v.cols !== u.cols) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `canonicalSigns: u and v must have the same number of columns, got ${u.cols} and ${v.cols}.`,
    );
  }
  const signs = signsOf(u);
  const turned = (x: Matrix): Matrix => {
    const copy = { ...x, data: x.data.slice() };
    turn(copy, signs);
    return copy;
  };
  return { u: turned(u), v: turned(v) };
}

/**
 * Turns the columns of U `[m, k]` in place so that the first largest entry of each is positive, and those of
 * V `[n, l]`, where given, along with them. Columns of V beyond the k of U turn by their own entries.
 */
export function orient(u: Matrix, v?: Matrix): void {
  requireShape("orient: u", u);
  if (v) requireShape("orient: v", v);
  const signs = signsOf(u);
  turn(u, signs);
  if (!v) return;
  const own = signsOf(v);
  own.set(signs.subarray(0, v.cols));
  turn(v, own);
}

/** For every column, the entry of largest magnitude. */
function signsOf({ cols, data }: Matrix): Float64Array {
  const largest = new Float64Array(cols);
  for (let at = 0; at < data.length; at += cols) {
    for (let j = 0; j < cols; j++) {
      const x = data[at + j];
      if (Math.abs(x) > Math.abs(largest[j])) largest[j] = x;
    }
  }
  return largest;
}

/** Negates the columns whose sign is negative. */
function turn({ cols, data }: Matrix, signs: Float64Array): void {
  for (let at = 0; at < data.length; at += cols) {
    for (let j = 0; j < cols; j++) if (signs[j] < 0) data[at + j] = -data[at + j];
  }
}
