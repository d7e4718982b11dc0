// Many matrices of one size in one array.

import { type Matrix, matrix, requireCount } from "./matrix.ts";

/** `count` matrices `[rows, cols]`, row-major, one after another. */
export interface MatrixStack {
  readonly count: number;
  readonly rows: number;
  readonly cols: number;
  /** `count * rows * cols` numbers. */
  readonly data: Float64Array;
}

/**
 * The matrix at `index` of a stack; a view.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` unless 0 ≤ index < count.
 */
export function fromStack({ count, rows, cols, data }: MatrixStack, index: number): Matrix {
  requireCount("fromStack: index", index, count - 1, 0);
  return matrix(rows, cols, data.subarray(index * rows * cols, (index + 1) * rows * cols));
}
