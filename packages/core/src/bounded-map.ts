// A map whose points lie in a box, in coordinates without bounds, so that methods which know no bounds keep to it:
// x = middle + ½(high − low)·sin u, in every coordinate (James & Roos, "MINUIT", 1975).

import type { DifferentiableMap } from "./map.ts";

export interface BoundedMap {
  /** u ↦ f(x(u)). Disposing of it disposes of f's map. */
  readonly map: DifferentiableMap;
  /** x of u, for any number of points: in `[low, high]`. */
  inside(points: Float32Array): Float32Array;
  /** A u of x; of points outside of the box, that of the nearest point in it. */
  free(points: Float32Array): Float32Array;
}

/** `map` on the box `[low, high]` in every coordinate, low < high. */
export function boundedMap(map: DifferentiableMap, low: number, high: number): BoundedMap {
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  // Rounding to float32 must not leave the box.
  const clamp = (x: number) => Math.min(high, Math.max(low, x));
  const inside = (points: Float32Array) => points.map((u) => clamp(middle + half * Math.sin(u)));
  const free = (points: Float32Array) => points.map((x) => Math.asin((clamp(x) - middle) / half));
  const n = map.from.dim;
  /** dx/du times every row. */
  const scaled = (point: Float32Array, rows: Float32Array) =>
    rows.map((value, at) => value * half * Math.cos(point[at % n]!));
  const { prior: _, ...from } = map.from;
  return {
    inside,
    free,
    map: {
      from,
      to: map.to,
      ...(map.bytesPerTangent === undefined ? {} : { bytesPerTangent: map.bytesPerTangent }),
      evaluate: (points, count, call) => map.evaluate(inside(points), count, call),
      jvp: (point, tangents, count, call) => map.jvp(inside(point), scaled(point, tangents), count, call),
      vjp: async (point, cotangents, count, call) =>
        scaled(point, await map.vjp(inside(point), cotangents, count, call)),
      dispose: () => map.dispose(),
    },
  };
}
