// Matrices that are known only by their products with blocks of vectors.

import { routinesFor } from "../backend/backend.ts";
import type { RowStore } from "../backend/routines.ts";
import { moderated, scaleByPowerOfTwo } from "../decompositions/scaling.ts";
import { LinalgError } from "../errors.ts";
import { type Matrix, matrix, requireFinite, requireInRange, requireSize, transpose } from "../matrix.ts";

/** A square operator, by its products with blocks of vectors. */
export interface BlockOperator {
  /** m, the length of A·x. */
  readonly rows: number;
  /** n, the length of x. */
  readonly cols: number;
  /** A·X `[rows, b]` of X `[cols, b]`, for any b. X must not be changed or kept. */
  apply(x: Matrix): Matrix | Promise<Matrix>;
}

/** An operator that can also be applied transposed, such as a Jacobian by its JVP and VJP. */
export interface LinearOperator extends BlockOperator {
  /** Aᵀ·Y `[cols, b]` of Y `[rows, b]`. */
  applyTranspose(y: Matrix): Matrix | Promise<Matrix>;
}

function isOperator(a: object): a is BlockOperator {
  return "apply" in a;
}

/**
 * An operator on blocks whose rows are the vectors, as the iterations keep them. Checks what the user's functions
 * return, and counts.
 */
export class RowOperator {
  readonly rows: number;
  readonly cols: number;
  /** Products with a single vector so far. */
  products: number = 0;
  readonly #what: string;
  readonly #a: BlockOperator | LinearOperator | RowStore;
  /** Products are times 2^exponent, so that their squares stay within float64; of an operator the first one tells. */
  #exponent: number | undefined;

  constructor(what: string, a: Matrix | BlockOperator | LinearOperator) {
    requireSize(`${what}: rows`, a.rows);
    requireSize(`${what}: cols`, a.cols);
    this.rows = a.rows;
    this.cols = a.cols;
    this.#what = what;
    if (isOperator(a)) this.#a = a;
    else {
      // Kept where the products are made: copying it for every block would take as long as multiplying.
      const { a: problem, exponent } = moderated(a, requireFinite(what, a));
      this.#exponent = exponent;
      this.#a = routinesFor(a.rows * a.cols * Math.min(a.rows, a.cols)).rowStore(a.cols, a.rows);
      this.#a.append(problem);
    }
  }

  /** Brings values of the scaled operator back to those of A, in place. */
  restore(...values: readonly Float64Array[]): void {
    for (const array of values) {
      scaleByPowerOfTwo(array, -(this.#exponent ?? 0));
      requireInRange(`${this.#what}: a value`, array);
    }
  }

  /** Gives the memory of a matrix back. */
  release(): void {
    if (!isOperator(this.#a)) this.#a.release();
  }

  /** X·Aᵀ `[b, rows]` of X `[b, cols]`. */
  async apply(x: Matrix): Promise<Matrix> {
    if (x.rows === 0) return matrix(0, this.rows);
    this.products += x.rows;
    const a = this.#a;
    if (!isOperator(a)) return a.project(x);
    return this.#checked("apply", await a.apply(transpose(x)), this.rows, x.rows);
  }

  /** Y·A `[b, cols]` of Y `[b, rows]`. */
  async applyTranspose(y: Matrix): Promise<Matrix> {
    if (y.rows === 0) return matrix(0, this.cols);
    this.products += y.rows;
    const a = this.#a;
    if (!isOperator(a)) return a.combine(y, false);
    const result = await (a as LinearOperator).applyTranspose(transpose(y));
    return this.#checked("applyTranspose", result, this.cols, y.rows);
  }

  #checked(name: string, result: Matrix, rows: number, cols: number): Matrix {
    if (result.rows !== rows || result.cols !== cols) {
      throw new LinalgError(
        "SHAPE_MISMATCH",
        `${this.#what}: ${name} must return a [${rows}, ${cols}] matrix, got [${result.rows}, ${result.cols}].`,
      );
    }
    const largest = requireFinite(`${this.#what}: the result of ${name}`, result);
    if (largest > 0) this.#exponent ??= moderated(result, largest).exponent;
    const rowsOfResult = transpose(result);
    scaleByPowerOfTwo(rowsOfResult.data, this.#exponent ?? 0);
    return rowsOfResult;
  }
}

/** op(A)·op(B), on the backend that fits the size. */
export function product(a: Matrix, b: Matrix, transposeA = false, transposeB = false): Matrix {
  const rows = transposeA ? a.cols : a.rows;
  const depth = transposeA ? a.rows : a.cols;
  const cols = transposeB ? b.rows : b.cols;
  const out = { rows, cols, data: new Float64Array(rows * cols) };
  routinesFor(rows * cols * depth).multiply(out, a, b, transposeA, transposeB);
  return out;
}
