// A map whose points lie in a box, in coordinates without bounds, so that methods without bounds stay inside it:
// x = middle + ½(high − low)·sin u, in every coordinate (James & Roos, "MINUIT", 1975).

import { requireBox } from "../optimize/objective.ts";
import type { DifferentiableMap } from "./map.ts";

/** A map whose input keeps to a box, because it is a function of free coordinates: see {@link boundedMap}. */
export interface BoundedMap {
  /** u ↦ f(x(u)). Disposing of it disposes of f's map. */
  readonly map: DifferentiableMap;
  /** x of u, for any number of points: in `[low, high]`. */
  inside(points: Float32Array): Float32Array;
  /**
   * A u of x, to start from: there dx/du must not vanish, as it does on the faces of the box. Coordinates on a face,
   * beyond it or nearer to it than a thousandth of half the width are moved that far inside.
   */
  free(points: Float32Array): Float32Array;
}

/** sin u of the points nearest to a face that `free` gives: dx/du is 4 % of its largest there. */
const NEAREST = 1 - 1e-3;

/**
 * `map` on the box `[low, high]` in every coordinate. Levenberg–Marquardt handles bounds itself, see `bounds` of
 * `invert`; its model of a sum of squares ignores the curvature of these coordinates, which is all there is on a face.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` unless low < high, both finite.
 */
export function boundedMap(map: DifferentiableMap, low: number, high: number): BoundedMap {
  requireBox("boundedMap", low, high);
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  // Rounding to float32 must not leave the box.
  const clamp = (x: number) => Math.min(high, Math.max(low, x));
  const inside = (points: Float32Array) => points.map((u) => clamp(middle + half * Math.sin(u)));
  const free = (points: Float32Array) =>
    points.map((x) => Math.asin(Math.min(NEAREST, Math.max(-NEAREST, (x - middle) / half))));
  const n = map.from.dim;
  /** dx/du times every row. */
  const scaled = (point: Float32Array, rows: Float32Array) =>
    rows.map((value, at) => value * half * Math.cos(point[at % n]));
  const { prior: _, ...from } = map.from;
  return {
    inside,
    free,
    map: {
      from,
      to: map.to,
      bytesPerTangent: map.bytesPerTangent,
      evaluate: (points, count, call) => map.evaluate(inside(points), count, call),
      jvp: (point, tangents, count, call) => map.jvp(inside(point), scaled(point, tangents), count, call),
      vjp: async (point, cotangents, count, call) =>
        scaled(point, await map.vjp(inside(point), cotangents, count, call)),
      dispose: () => map.dispose(),
    },
  };
}
