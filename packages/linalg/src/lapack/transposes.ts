// The few transposes between row-major and column-major.

import { type Matrix, matrix } from "../matrix.ts";
import type { Scope } from "./heap.ts";
import type { Kernel } from "./kernel.ts";

/** The column-major `[rows, cols]` at `block` as a row-major matrix. */
export function readTransposed(
  kernel: Kernel,
  scope: Scope,
  block: number,
  rows: number,
  cols: number,
): Matrix {
  if (rows === 1 || cols === 1) return matrix(rows, cols, scope.read(block, rows * cols));
  const turned = scope.doubles(rows * cols);
  kernel.la_transpose(rows, cols, block, turned);
  return matrix(rows, cols, scope.read(turned, rows * cols));
}

/** Block with the row-major A in column-major order, with room for `length` numbers. */
export function copyTransposed(
  kernel: Kernel,
  scope: Scope,
  a: Matrix,
  length: number = a.data.length,
): number {
  if (a.rows === 1 || a.cols === 1) return scope.copyOf(a.data, length);
  const turned = scope.doubles(length);
  const straight = scope.copyOf(a.data);
  kernel.la_transpose(a.cols, a.rows, straight, turned);
  return turned;
}
