// Many matrices of one size in one array.

import { LinalgError } from "./errors.ts";
import { type Matrix, matrix } from "./matrix.ts";

/** `count` matrices `[rows, cols]`, row-major, one behind another. */
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
  if (!(Number.isSafeInteger(index) && index >= 0 && index < count)) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `fromStack: index must be an integer from 0 to ${count - 1}, got ${index}.`,
    );
  }
  return matrix(rows, cols, data.subarray(index * rows * cols, (index + 1) * rows * cols));
}
