// To and from the matrices of other libraries. By structure: none of them is a dependency.

import { LinalgError } from "./errors.ts";
import { type Matrix, matrix, requireShape, rowAt } from "./matrix.ts";
import { requireKind } from "./requirements.ts";

/** The rows of A as arrays of numbers: a nested array, as most libraries take it. */
export function toRows(a: Matrix): number[][] {
  requireShape("toRows", a);
  return Array.from({ length: a.rows }, (_, i) => Array.from(rowAt(a.data, i, a.cols)));
}

/** What `fromMathjs` needs of a mathjs matrix, dense or sparse. */
export interface MathjsMatrix {
  /** Lengths of the axes. */
  size(): number[];
  /** The entries as a nested array. */
  toArray(): unknown;
}

/**
 * A mathjs matrix `[m, n]`, dense or sparse, of numbers or BigNumbers (rounded to float64), as a Matrix. A vector of
 * n numbers becomes `[n, 1]`.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` (more than two axes); `INVALID_ARGUMENT` (complex entries, units).
 */
export function fromMathjs(a: MathjsMatrix): Matrix {
  requireKind("fromMathjs: a", "mathjsMatrix", a);
  const size = a.size();
  if (size.length !== 1 && size.length !== 2) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `fromMathjs: the matrix must have one or two axes, got ${size.length}.`,
    );
  }
  const [rows, cols = 1] = size as [number, number?];
  const entries = (a.toArray() as unknown[]).flat();
  const data = Float64Array.from(entries, (entry, at) => {
    const isNumber = typeof entry === "number" || (typeof entry === "object" && isBigNumber(entry));
    if (isNumber) return Number(entry);
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `fromMathjs: every entry must be a number or a BigNumber, got ${String(entry)} at position ${at}.`,
    );
  });
  return matrix(rows, cols, data);
}

/** A as a DenseMatrix of mathjs, made by `math.matrix` of the mathjs that you pass: `toMathjs(a, math)`. */
export function toMathjs<Result>(a: Matrix, math: { matrix(rows: number[][]): Result }): Result {
  requireKind("toMathjs: math", "mathjs", math);
  return math.matrix(toRows(a));
}

/** What `fromMlMatrix` needs of an ml-matrix. */
export interface MlMatrix {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly columns: number;
  /** The entry of a row and a column, from 0. */
  get(row: number, column: number): number;
}

/** A matrix from ml-matrix, or a view of one, as a Matrix. */
export function fromMlMatrix(a: MlMatrix): Matrix {
  requireKind("fromMlMatrix: a", "mlMatrix", a);
  const result = matrix(a.rows, a.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.columns; j++) result.data[i * a.columns + j] = a.get(i, j);
  }
  return result;
}

/** A as a matrix of ml-matrix, made by its class, which you pass: `toMlMatrix(a, Matrix)`. */
export function toMlMatrix<Result>(
  a: Matrix,
  mlMatrix: { from1DArray(rows: number, columns: number, data: ArrayLike<number>): Result },
): Result {
  requireShape("toMlMatrix: a", a);
  requireKind("toMlMatrix: mlMatrix", "mlMatrixClass", mlMatrix);
  return mlMatrix.from1DArray(a.rows, a.cols, Array.from(a.data));
}

function isBigNumber(entry: object | null): boolean {
  return entry !== null && (entry as { isBigNumber?: boolean }).isBigNumber === true;
}
