// The sign convention that makes singular vectors comparable between runs and backends.

import { LinalgError } from "./errors.ts";
import { type Matrix, requireShape } from "./matrix.ts";

/**
 * Copies of U `[m, r]` and V `[n, r]` in which the entry of largest magnitude of every column of U is
 * positive (the first such on ties); the column of V turns with it, so U·diag(s)·Vᵀ stays the same.
 * For eigenvectors pass them twice.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` if U and V differ in their number of columns.
 */
export function canonicalSigns(u: Matrix, v: Matrix): { u: Matrix; v: Matrix } {
  requireShape("canonicalSigns: u", u);
  requireShape("canonicalSigns: v", v);
  const { cols } = u;
  if (v.cols !== cols) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `canonicalSigns: u and v must have the same number of columns, got ${cols} and ${v.cols}.`,
    );
  }
  const largest = new Float64Array(cols);
  for (let i = 0; i < u.data.length; i++) {
    const j = i % cols;
    if (Math.abs(u.data[i]!) > Math.abs(largest[j]!)) largest[j] = u.data[i]!;
  }
  const turned = ({ rows, data }: Matrix): Matrix => ({
    rows,
    cols,
    data: data.map((x, i) => (largest[i % cols]! < 0 ? -x : x)),
  });
  return { u: turned(u), v: turned(v) };
}
