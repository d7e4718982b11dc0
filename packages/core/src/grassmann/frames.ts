// Orthonormal frames [n, k] that stand for subspaces: what every function here expects, and checks.

import { gram, leadingColumns, type Matrix, matrix, norm, qr, unitColumns } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";

/** Largest |QᵀQ − I| that counts as rounding. */
const ORTHONORMAL = 1e-12;
/** Columns of length 1 that lie nearer than this to the span of those before them count as dependent. */
const DEPENDENT = 1e-12;

/** Rows `first` … `end` − 1 of the first `count` columns, as a copy. */
export function block(a: Matrix, first: number, end: number, count: number): Matrix {
  const result = matrix(end - first, count);
  for (let i = first; i < end; i++) {
    result.data.set(a.data.subarray(i * a.cols, i * a.cols + count), (i - first) * count);
  }
  return result;
}

/** A − B. */
export function difference(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((x, at) => x - b.data[at]),
  );
}

/** A·diag(d). */
export function scaledColumns(a: Matrix, d: ArrayLike<number>): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((x, at) => x * d[at % a.cols]),
  );
}

export function frobenius(a: Matrix): number {
  return norm(a.data);
}

function isOrthonormal(a: Matrix): boolean {
  return gram(a).data.every((x, at) => Math.abs(x - (at % (a.cols + 1) === 0 ? 1 : 0)) <= ORTHONORMAL);
}

/**
 * A frame of the first `count` columns of A whose leading j columns span those of A for every j: A itself where it
 * is orthonormal, else by QR. `what` names A in messages.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are fewer columns, or they are dependent.
 */
export function nestedFrame(what: string, a: Matrix, count: number): Matrix {
  if (count > Math.min(a.rows, a.cols)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${what}: ${count} independent directions are needed, got a [${a.rows}, ${a.cols}] matrix. Lower k, or pass more columns.`,
    );
  }
  const leading = leadingColumns(a, count);
  if (isOrthonormal(leading)) return leading;
  const { q, r } = qr(unitColumns(leading));
  const dependent = Array.from({ length: count }, (_, j) => r.data[j * (count + 1)]).findIndex(
    (part) => !(part > DEPENDENT),
  );
  if (dependent >= 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${what}: the columns must be independent, got column ${dependent} in the span of those before it. Leave it out.`,
    );
  }
  return q;
}

/** A, checked to have orthonormal columns. */
export function requireFrame(what: string, a: Matrix): Matrix {
  if (isOrthonormal(a)) return a;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `${what}: the columns of a [${a.rows}, ${a.cols}] frame must be orthonormal to ${ORTHONORMAL}. Pass the q of qr.`,
  );
}

/** Checks that B has the shape of A, and finite entries. */
export function requireSameShape(what: string, a: Matrix, b: Matrix): void {
  const wrong = b.data.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) {
    throw new VielbeinError(
      "NOT_FINITE",
      `${what}: every entry must be finite, got ${b.data[wrong]} in row ${Math.floor(wrong / b.cols)}, column ${wrong % b.cols}.`,
    );
  }
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `${what}: both must have the same shape, got [${a.rows}, ${a.cols}] and [${b.rows}, ${b.cols}].`,
    );
  }
}
