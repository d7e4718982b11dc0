// Products with Jᵀ whatever the size of the cotangents: a map in small units has small residuals and small derivatives, whose
// products vanish in float32.

import type { CallOptions, DifferentiableMap } from "./map.ts";

/** Jᵀ·c `[from.dim]` at a point, with c `[to.dim]` brought to a size of about 1 by a power of two, which rounds nothing. */
export async function scaledVjp(
  map: DifferentiableMap,
  point: Float32Array,
  cotangent: ArrayLike<number>,
  call: CallOptions = {},
): Promise<Float64Array> {
  const size = Array.from(cotangent).reduce((most, c) => Math.max(most, Math.abs(c)), 0);
  const scale = size > 0 && Number.isFinite(size) ? 2 ** Math.floor(Math.log2(size)) : 1;
  const pulled = await map.vjp(
    point,
    Float32Array.from(cotangent, (c) => c / scale),
    1,
    call,
  );
  return Float64Array.from(pulled, (value) => value * scale);
}
