// Points between two points: along the straight line, and along the great circle of their directions.

import { VielbeinError } from "../errors.ts";
import { requireInteger, requireKind } from "../requirements.ts";

/**
 * Points at `segments` + 1 even steps from `start` to `end`, `[segments + 1, dim]`.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for ends of different dimensions; `INVALID_ARGUMENT` for less than one
 * segment.
 */
export function straightLine(start: Float32Array, end: Float32Array, segments: number): Float32Array {
  requireKind("straightLine: start", "numbers", start);
  requireKind("straightLine: end", "numbers", end);
  requireEnds(start, end);
  return along(segments, start.length, (t) => start.map((x, i) => x + t * (end[i] - x)));
}

/**
 * The same along the great circle: directions turn evenly, and lengths change from the one to the other: (sin((1 −
 * t)Ω)·start + sin(tΩ)·end)/sin Ω, where Ω is the angle between them (Shoemake, SIGGRAPH 1985). Samples of a normal
 * prior in many dimensions lie near a sphere, which the straight line leaves.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for points that are parallel, opposite or zero.
 */
export function greatCircle(start: Float32Array, end: Float32Array, segments: number): Float32Array {
  requireKind("greatCircle: start", "numbers", start);
  requireKind("greatCircle: end", "numbers", end);
  const angle = angleBetween(start, end);
  return along(segments, start.length, (t) => {
    const [p, q] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
    return start.map((x, i) => p * x + q * end[i]);
  });
}

/**
 * The angle Ω between two points, in radians.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where the points determine no great circle.
 */
export function angleBetween(start: Float32Array, end: Float32Array): number {
  requireEnds(start, end);
  let cosine = 0;
  for (let i = 0; i < start.length; i++) cosine += start[i] * end[i];
  cosine /= Math.hypot(...start) * Math.hypot(...end);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (Math.sin(angle) > 1e-6) return angle;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    "No great circle is determined by codes that are parallel, opposite or zero. Choose another pair, or the straight line.",
  );
}

function requireEnds(start: Float32Array, end: Float32Array): void {
  if (start.length === end.length) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `Both ends of a path must have one dimension, got ${start.length} and ${end.length}.`,
  );
}

function along(segments: number, dim: number, at: (t: number) => Float32Array): Float32Array {
  requireInteger("The segments of a path", segments, 1);
  const points = new Float32Array((segments + 1) * dim);
  for (let i = 0; i <= segments; i++) points.set(at(i / segments), i * dim);
  return points;
}
