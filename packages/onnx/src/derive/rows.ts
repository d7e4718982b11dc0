// Picking elements along axes, and the adjoint, which adds them up where they came from: by padding where they
// are consecutive, by a 0-1 matrix where that is small, by ScatterND where it is not.

import { int, ints, string } from "../model/attributes.ts";
import { inputOf, intAttribute, type Node } from "../model/model.ts";
import { type Emitter, positiveAxis, type Shape } from "./emitter.ts";

/** The node's `axis` attribute as an axis of the tangent, which k precedes. */
export function tangentAxis(e: Emitter, node: Node, fallback: number): number {
  const rank = e.shape(inputOf(node, 0)).length;
  return positiveAxis(intAttribute(node, "axis", fallback), rank) + 1;
}

/** Adds slice j of the cotangent along `axis` to position `positions[j]` of `extent` ones: the adjoint of picking. */
export function scatter(
  e: Emitter,
  cotangent: string,
  shape: Shape,
  axis: number,
  positions: readonly number[],
  extent: number,
): string {
  const padded = padTo(e, cotangent, shape, axis, positions, extent);
  return padded ?? e.alongAxis(cotangent, shape, axis, e.selection(positions, extent));
}

/** The same where the positions are consecutive and padding is enough; undefined where they are not. */
export function padTo(
  ...[e, cotangent, shape, axis, positions, extent]: Parameters<typeof scatter>
): string | undefined {
  const first = positiveAxis(positions[0] ?? 0, extent);
  if (positions.some((position, j) => positiveAxis(position, extent) !== first + j)) return undefined;
  const before = [0, ...shape.map((_, i) => (i === axis ? first : 0))];
  const after = [0, ...shape.map((_, i) => (i === axis ? extent - first - positions.length : 0))];
  return e.op("Pad", [cotangent, e.int64([...before, ...after])]);
}

/** Largest 0-1 matrix (1 MB of float32) by which rows are added up; beyond it, ScatterND does. */
const LARGEST_MATRIX = 2 ** 18;

/** Rows picked of a tensor [outer, rows, size]: `count` of them, for every entry of the outer axis. */
export interface Picked {
  readonly outer: number;
  readonly rows: number;
  readonly size: number;
  readonly count: number;
  /** int64 tensor [count], entries from 0 to rows − 1. */
  readonly positions: string;
}

/** The picked rows of [k, outer·rows·size]: [k, outer, count, size]. */
export function takeRows(e: Emitter, t: string, { outer, rows, size, positions }: Picked): string {
  return e.op("Gather", [e.reshape(t, [outer, rows, size]), positions], { axis: int(2) });
}

/** The adjoint: [k, outer·count·size] added up at the rows picked, [k, outer, rows, size]. */
export function addRows(e: Emitter, u: string, { outer, rows, size, count, positions }: Picked): string {
  if (rows * count <= LARGEST_MATRIX) {
    const one = e.op("Reshape", [positions, e.int64([-1, 1])]);
    const all = e.op("Range", [e.int64Scalar(0), e.int64Scalar(rows), e.int64Scalar(1)]);
    const matrix = e.toFloat(e.op("Equal", [one, all]));
    if (size === 1) return e.op("MatMul", [e.reshape(u, [outer, count]), matrix]);
    const adjoint = e.op("Transpose", [matrix], { perm: ints([1, 0]) });
    return e.op("MatMul", [adjoint, e.reshape(u, [outer, count, size])]);
  }
  const byRow = (tangent: string, order: readonly number[]): string =>
    e.op("Transpose", [tangent], { perm: ints(order) });
  const sum = scatterRows(
    e,
    byRow(e.zeros([outer, rows, size]), [2, 0, 1, 3]),
    positions,
    byRow(e.reshape(u, [outer, count, size]), [2, 0, 1, 3]),
    "add",
  );
  return byRow(sum, [1, 2, 0, 3]);
}

/** `updates` [count, …] put into `data` [rows, …] at `positions`. */
export function scatterRows(
  e: Emitter,
  data: string,
  positions: string,
  updates: string,
  reduction: "none" | "add" | "mul",
): string {
  const indices = e.op("Reshape", [positions, e.int64([-1, 1])]);
  return e.op("ScatterND", [data, indices, updates], { reduction: string(reduction) });
}
