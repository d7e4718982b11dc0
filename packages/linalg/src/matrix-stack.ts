// Many matrices of one size in one array.

import { type Matrix, matrix, requireCount } from "./matrix.ts";
import { requireKind } from "./requirements.ts";

/** `count` matrices `[rows, cols]`, row-major, one after another. */
export interface MatrixStack {
  /** Number of matrices. */
  readonly count: number;
  /** Number of rows of each. */
  readonly rows: number;
  /** Number of columns of each. */
  readonly cols: number;
  /** `count * rows * cols` numbers. */
  readonly data: Float64Array;
}

/**
 * The matrix at `index` of a stack; a view.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` unless 0 ≤ index < count.
 */
export function fromStack(stack: MatrixStack, index: number): Matrix {
  requireKind("fromStack: stack", "stack", stack);
  const { count, rows, cols, data } = stack;
  requireCount("fromStack: index", index, count - 1, 0);
  return matrix(rows, cols, data.subarray(index * rows * cols, (index + 1) * rows * cols));
}
