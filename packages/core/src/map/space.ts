// A named space of a generator: latent codes, an intermediate layer, images, perceptual features.

import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import type { FloatArray } from "./float-array.ts";

/** Distribution from which points of a space are drawn, independent in every coordinate. */
export type Prior =
  | { readonly kind: "normal" }
  /** Uniform on `[low, high)`. */
  | { readonly kind: "uniform"; readonly low: number; readonly high: number };

/**
 * One end of a map: a named tensor of a model, with its shape and, for inputs, the distribution of its
 * points.
 */
export interface Space {
  /** Name of the tensor, e.g. `z`, `w`, `image`. */
  readonly name: string;
  /** Number of coordinates, the product of `shape`. */
  readonly dim: number;
  /** Shape of one point, without the batch axis, e.g. `[3, 64, 64]`. */
  readonly shape: readonly number[];
  /** The distribution that points are drawn from; absent where none is known. */
  readonly prior?: Prior | undefined;
}

/**
 * Checks that `values` holds `count` points of `space`, row-major `[count, space.dim]`, all finite.
 * `what` names the array in the message.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` or `NOT_FINITE`; `INVALID_ARGUMENT` for what is no array.
 */
export function requirePoints(what: string, values: FloatArray, count: number, space: Space): void {
  requireKind("requirePoints: space", "space", space);
  if (typeof values !== "object" || values === null) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${what}: a Float32Array [${count}, ${space.dim}] is needed, got ${values === null ? "null" : typeof values}.`,
    );
  }
  if (!Number.isInteger(count) || count < 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${what}: count must be a non-negative integer, got ${count}.`,
    );
  }
  if (values.length !== count * space.dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `${what}: space "${space.name}" has dimension ${space.dim}, so ${count} of its vectors hold ${
        count * space.dim
      } numbers, got ${values.length}. Pass a row-major [${count}, ${space.dim}] array.`,
    );
  }
  requireFiniteRows(what, values, space);
}

function requireFiniteRows(what: string, values: FloatArray, { name, dim }: Space): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new VielbeinError(
      "NOT_FINITE",
      `${what}: every coordinate must be finite, got ${values[i]} in row ${Math.floor(i / dim)}, coordinate ${i % dim} of space "${name}". Remove or replace that row.`,
    );
  }
}
