// The one data type of the package: a dense row-major matrix of float64, and its constructors.

import { LinalgError } from "./errors.ts";
import { requireKind } from "./requirements.ts";

/** Dense matrix, row-major: entry (i, j) is `data[i * cols + j]`. Either side may be 0. */
export interface Matrix {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly cols: number;
  /** `rows * cols` numbers. */
  readonly data: Float64Array;
}

/**
 * A `[rows, cols]` matrix over `data`, zeros by default. A Float64Array is used as it is, not copied;
 * other arrays (a Float32Array from an engine, plain numbers) are widened into a new one.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` (a side is not a non-negative integer) or `SHAPE_MISMATCH`.
 */
export function matrix(rows: number, cols: number, data?: ArrayLike<number>): Matrix {
  requireSize("matrix: rows", rows);
  requireSize("matrix: cols", cols);
  if (data === undefined) return { rows, cols, data: new Float64Array(rows * cols) };
  requireKind("matrix: data", "numbers", data);
  const result = { rows, cols, data: data instanceof Float64Array ? data : Float64Array.from(data) };
  requireShape("matrix", result);
  return result;
}

/** The `[n, n]` identity. */
export function identity(n: number): Matrix {
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

/**
 * The matrix with the given rows; without rows, a `[0, 0]` matrix.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` if the rows differ in length; `INVALID_ARGUMENT` for what is no array.
 *
 * @example
 * ```js
 * import { fromRows } from "@vielbein/linalg";
 *
 * const { rows, cols, data } = fromRows([[1, 2, 3], [4, 5, 6]]);
 * console.log(rows, cols, data[3]); // → 2 3 4
 * ```
 */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  if (!Array.isArray(rows)) {
    throw new LinalgError("INVALID_ARGUMENT", `fromRows: an array of rows is needed, got ${typeof rows}.`);
  }
  const cols = rows[0]?.length ?? 0;
  const result = matrix(rows.length, cols);
  rows.forEach((row, i) => {
    if (row.length !== cols) {
      throw new LinalgError(
        "SHAPE_MISMATCH",
        `fromRows: every row must have the ${cols} entries of row 0, got ${row.length} in row ${i}.`,
      );
    }
    result.data.set(row, i * cols);
  });
  return result;
}

/** Row `i` of numbers `[rows, width]`, row-major: a view, not a copy. */
export function rowAt<Values extends Float64Array | Float32Array>(
  values: Values,
  i: number,
  width: number,
): Values {
  return values.subarray(i * width, (i + 1) * width) as Values;
}

/** Aᵀ `[n, m]` of A `[m, n]`, as a copy. */
export function transpose(a: Matrix): Matrix {
  requireShape("transpose", a);
  const { rows, cols, data } = a;
  const result = new Float64Array(rows * cols);
  // Square tiles, so that both the reads and the writes of one tile stay in the cache.
  const tile = 16;
  for (let i0 = 0; i0 < rows; i0 += tile) {
    const i1 = Math.min(i0 + tile, rows);
    for (let j0 = 0; j0 < cols; j0 += tile) {
      const j1 = Math.min(j0 + tile, cols);
      for (let i = i0; i < i1; i++) {
        for (let j = j0; j < j1; j++) result[j * rows + i] = data[i * cols + j];
      }
    }
  }
  return { rows: cols, cols: rows, data: result };
}

/**
 * The first `count` columns of A `[m, n]`, as a copy `[m, count]`.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` unless 0 ≤ count ≤ n; `SHAPE_MISMATCH`.
 */
export function leadingColumns(a: Matrix, count: number): Matrix {
  requireShape("leadingColumns", a);
  const { rows, cols, data } = a;
  if (!(Number.isSafeInteger(count) && count >= 0 && count <= cols)) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `leadingColumns: count must be an integer from 0 to ${cols}, got ${count}.`,
    );
  }
  if (count === cols) return { rows, cols, data: data.slice() };
  const result = matrix(rows, count);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < count; j++) result.data[i * count + j] = data[i * cols + j];
  }
  return result;
}

/**
 * The columns of A `[m, n]` with these numbers, from 0, in this order: a copy `[m, count]`.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` for a number that is not one of a column; `SHAPE_MISMATCH`.
 */
export function columnsAt(a: Matrix, numbers: readonly number[]): Matrix {
  requireShape("columnsAt", a);
  requireKind("columnsAt: numbers", "list", numbers);
  const { rows, cols, data } = a;
  const wrong = numbers.find((number) => !(Number.isSafeInteger(number) && number >= 0 && number < cols));
  if (wrong !== undefined) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `columnsAt: columns are numbered from 0 to ${cols - 1}, got ${wrong}.`,
    );
  }
  const count = numbers.length;
  const result = matrix(rows, count);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < count; j++) result.data[i * count + j] = data[i * cols + numbers[j]];
  }
  return result;
}

/** Checks that `size` is a non-negative integer. `what` names it in the message. */
export function requireSize(what: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new LinalgError("INVALID_ARGUMENT", `${what} must be a non-negative integer, got ${size}.`);
  }
}

/** Checks that `a` is no array of rows, as other libraries take them. `what` names the caller in the message. */
export function requireMatrix(what: string, a: Pick<Matrix, "rows" | "cols">): void {
  if (typeof a?.rows === "number" && typeof a.cols === "number") return;
  const got = Array.isArray(a) ? "an array" : a === null ? "null" : typeof a;
  throw new LinalgError(
    "INVALID_ARGUMENT",
    `${what}: a matrix { rows, cols, data } is needed, got ${got}. fromRows makes one of an array of rows.`,
  );
}

/** Checks the sides of `a`, and that its data fill them. `what` names the caller in the message. */
export function requireShape(what: string, a: Matrix): void {
  requireMatrix(what, a);
  requireSize(`${what}: rows`, a.rows);
  requireSize(`${what}: cols`, a.cols);
  if (a.data?.length !== a.rows * a.cols) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `${what}: a [${a.rows}, ${a.cols}] matrix holds ${a.rows * a.cols} numbers, got ${
        a.data?.length
      }. Pass a row-major array of that length.`,
    );
  }
}

/**
 * Checks the shape of `a` and that every entry is finite, and returns the largest magnitude. `what` names the
 * caller in the message.
 */
export function requireFinite(what: string, a: Matrix): number {
  requireShape(what, a);
  const { data } = a;
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]);
    // Negated, so that NaN is caught too.
    if (!(magnitude <= Number.MAX_VALUE)) {
      throw new LinalgError(
        "NOT_FINITE",
        `${what}: every entry must be finite, got ${data[i]} in row ${Math.floor(i / a.cols)}, column ${
          i % a.cols
        }. Remove or replace it.`,
      );
    }
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** Checks that a result did not leave the range of float64. `what` names it in the message. */
export function requireInRange(what: string, values: Float64Array): void {
  if (values.every(Number.isFinite)) return;
  throw new LinalgError("NOT_FINITE", `${what} exceeds 1.8e308. Scale the matrix.`);
}

/** Checks a count that must lie from `least` to `most`. */
export function requireCount(what: string, count: number, most: number, least = 1): void {
  if (!(Number.isSafeInteger(count) && count >= least && count <= most)) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `${what} must be an integer from ${least} to ${most}, got ${count}.`,
    );
  }
}

/** Checks that two matrices have the same number of rows. `what` names the caller in the message. */
export function requireSameRows(what: string, a: Matrix, b: Matrix): void {
  if (a.rows === b.rows) return;
  throw new LinalgError(
    "SHAPE_MISMATCH",
    `${what}: a and b must have the same number of rows, got ${a.rows} and ${b.rows}.`,
  );
}

/** Checks that `a` is square. `what` names the caller in the message. */
export function requireSquare(what: string, a: Pick<Matrix, "rows" | "cols">): void {
  requireMatrix(what, a);
  const { rows, cols } = a;
  if (cols === rows) return;
  throw new LinalgError("SHAPE_MISMATCH", `${what}: the matrix must be square, got [${rows}, ${cols}].`);
}

/** Checks that `value` is one of `allowed`. `what` names the option in the message. */
export function requireOption(what: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  const quoted = allowed.map((name) => `"${name}"`);
  throw new LinalgError(
    "INVALID_ARGUMENT",
    `${what} must be ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}, got "${value}".`,
  );
}

/** Checks a relative tolerance. */
export function requireTolerance(what: string, tolerance: number): void {
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `${what}: tolerance must be at least 0 and below 1, got ${tolerance}.`,
    );
  }
}
