// Products with Jᵀ whatever the size of the cotangents: a map in small units has small residuals and small derivatives,
// whose products vanish in float32.

import { rowAt } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import type { CallOptions, DifferentiableMap } from "../map/map.ts";
import { powerOfTwo } from "../power-of-two.ts";

/**
 * Jᵀ·c `[from.dim]` at a point, with c `[to.dim]` scaled to a size of about 1 by a power of two, which causes no
 * rounding.
 */
export async function scaledVjp(
  map: DifferentiableMap,
  point: Float32Array,
  cotangent: ArrayLike<number>,
  call: CallOptions = {},
): Promise<Float64Array> {
  const scale = powerOfTwo(cotangent);
  const pulled = await map.vjp(
    point,
    Float32Array.from(cotangent, (c) => c / scale),
    1,
    call,
  );
  return Float64Array.from(pulled, (value) => value * scale);
}

/**
 * Each of the vectors `[count, length]` divided by a power of two that leaves it at a size of about 1, and those
 * powers.
 */
export function normalizeVectors(
  vectors: FloatArray,
  length: number,
): { readonly vectors: FloatArray; readonly scales: Float64Array } {
  const scales = Float64Array.from({ length: vectors.length / length }, (_, k) =>
    powerOfTwo(rowAt(vectors, k, length)),
  );
  const divided = vectors.slice();
  for (let at = 0; at < divided.length; at++) divided[at] /= scales[Math.floor(at / length)];
  return { vectors: divided, scales };
}
