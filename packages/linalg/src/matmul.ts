// Matrix products.

import { routinesFor } from "./backend/backend.ts";
import { LinalgError } from "./errors.ts";
import { type Matrix, matrix, requireShape } from "./matrix.ts";

/** Transpositions and the destination of {@link matmul}. */
export interface MatmulOptions {
  /** Multiply by Aᵀ instead of A. Default `false`. */
  readonly transposeA?: boolean | undefined;
  /** Multiply by Bᵀ instead of B. Default `false`. */
  readonly transposeB?: boolean | undefined;
  /** Matrix of the product's shape that is overwritten and returned. It must not overlap A or B. Default: a new one. */
  readonly out?: Matrix | undefined;
}

/**
 * op(A)·op(B) `[m, n]` for op(A) `[m, k]` and op(B) `[k, n]`, where op is the transpose if asked for. NaN and
 * infinities pass through as in IEEE arithmetic.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` if the inner dimensions differ or `out` does not fit; `INVALID_ARGUMENT`
 * if `out` overlaps an operand; `MEMORY_BUDGET`.
 */
export function matmul(a: Matrix, b: Matrix, options: MatmulOptions = {}): Matrix {
  const { transposeA = false, transposeB = false } = options;
  requireShape("matmul: a", a);
  requireShape("matmul: b", b);
  const m = transposeA ? a.cols : a.rows;
  const depth = transposeA ? a.rows : a.cols;
  const inner = transposeB ? b.cols : b.rows;
  const n = transposeB ? b.rows : b.cols;
  if (inner !== depth) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `matmul: the inner dimensions must be equal, got [${m}, ${depth}] times [${inner}, ${n}]${
        transposeA || transposeB ? " (after the transposes asked for)" : ""
      }.`,
    );
  }
  const out = options.out ?? matrix(m, n);
  if (options.out) requireOut(out, m, n, [a, b]);
  routinesFor(m * n * depth).multiply(out, a, b, transposeA, transposeB);
  return out;
}

/** Gram matrix AᵀA `[n, n]` of A `[m, n]`, exactly symmetric. */
export function gram(a: Matrix): Matrix {
  requireShape("gram", a);
  return routinesFor(a.rows * a.cols * a.cols).gram(a);
}

function requireOut(out: Matrix, m: number, n: number, operands: readonly Matrix[]): void {
  requireShape("matmul: out", out);
  if (out.rows !== m || out.cols !== n) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `matmul: out must be [${m}, ${n}], got [${out.rows}, ${out.cols}].`,
    );
  }
  if (operands.some(({ data }) => overlap(out.data, data))) {
    throw new LinalgError("INVALID_ARGUMENT", "matmul: out must not share memory with a or b.");
  }
}

function overlap(x: Float64Array, y: Float64Array): boolean {
  return (
    x.buffer === y.buffer &&
    x.byteOffset < y.byteOffset + y.byteLength &&
    y.byteOffset < x.byteOffset + x.byteLength
  );
}
