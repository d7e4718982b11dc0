// Many small problems of one size at once, without the cost of a call for each.

import { routinesFor } from "../backend/backend.ts";
import { LinalgError } from "../errors.ts";
import { requireFinite, requireOption, requireSize } from "../matrix.ts";
import { fromStack, type MatrixStack } from "../matrix-stack.ts";
import { TINY_ORDER, tinyEigh } from "../plain/tiny-eigh.ts";
import { requireKind } from "../requirements.ts";
import { orient } from "./signs.ts";
import { requireSymmetric } from "./symmetric.ts";

/** Eigendecompositions of a stack of symmetric matrices, A = vectors·diag(values)·vectorsᵀ each. */
export interface EighStack {
  /** `[count, n]`: the values of each matrix, descending. */
  readonly values: Float64Array;
  /** `[n, n]` each, the vectors as columns. */
  readonly vectors: MatrixStack;
}

/** Singular value decompositions of a stack of matrices, A = u·diag(s)·vᵀ each. */
export interface SvdStack {
  /** `[rows, r]` each, with r = min(rows, cols). */
  readonly u: MatrixStack;
  /** `[count, r]`: the values of each matrix, descending. */
  readonly s: Float64Array;
  /** `[cols, r]` each. */
  readonly v: MatrixStack;
}

/** Signs of the vectors of stacks. */
export interface StackOptions {
  /** `"canonical"` makes the first largest entry of every vector (of u) positive. Default `"any"`. */
  readonly sign?: "canonical" | "any" | undefined;
}

/**
 * Eigendecompositions of `count` symmetric matrices `[n, n]`: as `eigh`, in about a microsecond each for n = 3.
 * Entries should lie within 2^±400, or be 0.
 *
 * @throws {LinalgError} as `eigh`.
 */
export function eighStack(stack: MatrixStack, options: StackOptions = {}): EighStack {
  requireKind("eighStack: stack", "stack", stack);
  const { count, rows: n, data } = requireStack("eighStack", stack, options);
  for (let i = 0; i < count; i++) requireSymmetric(`eighStack: matrix ${i}`, fromStack(stack, i));
  const values = new Float64Array(count * n);
  const vectors: MatrixStack = { count, rows: n, cols: n, data: new Float64Array(data.length) };
  if (n <= TINY_ORDER) {
    const work = new Float64Array(2 * n * n);
    for (let i = 0; i < count; i++) {
      tinyEigh(data, i * n * n, n, values, i * n, vectors.data, i * n * n, work);
    }
  } else {
    routinesFor(count * n ** 3).eighStack(stack, values, vectors.data);
  }
  if (options.sign === "canonical") for (let i = 0; i < count; i++) orient(fromStack(vectors, i));
  return { values, vectors };
}

/**
 * Thin singular value decompositions of `count` matrices: as `svd`, normwise accurate. Entries should lie within
 * 2^±400, or be 0.
 *
 * @throws {LinalgError} as `svd`.
 */
export function svdStack(stack: MatrixStack, options: StackOptions = {}): SvdStack {
  requireKind("svdStack: stack", "stack", stack);
  const { count, rows: m, cols: n } = requireStack("svdStack", stack, options);
  const r = Math.min(m, n);
  const s = new Float64Array(count * r);
  const u: MatrixStack = { count, rows: m, cols: r, data: new Float64Array(count * m * r) };
  const v: MatrixStack = { count, rows: n, cols: r, data: new Float64Array(count * n * r) };
  if (s.length > 0) routinesFor(count * m * n * r).svdStack(stack, u.data, s, v.data);
  if (options.sign === "canonical") {
    for (let i = 0; i < count; i++) orient(fromStack(u, i), fromStack(v, i));
  }
  return { u, s, v };
}

function requireStack(what: string, stack: MatrixStack, { sign = "any" }: StackOptions): MatrixStack {
  requireSize(`${what}: count`, stack.count);
  requireSize(`${what}: rows`, stack.rows);
  requireSize(`${what}: cols`, stack.cols);
  requireOption(`${what}: sign`, sign, ["canonical", "any"]);
  const { count, rows, cols, data } = stack;
  if (data.length !== count * rows * cols) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `${what}: ${count} matrices [${rows}, ${cols}] hold ${count * rows * cols} numbers, got ${data.length}.`,
    );
  }
  requireFinite(what, { rows: count * rows, cols, data });
  return stack;
}
