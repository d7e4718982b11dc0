// What an estimate is held against: the same estimate where the dimension is known. Neighbours become far with the
// dimension, faster than points are added, and estimators by distances then read less than there is.

import { matrix, normal } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { Cloud } from "./cloud.ts";

/** Streams of random numbers that no sample of a prior uses. */
const FIRST_REFERENCE = 2 ** 42;
const FIRST_OFFSET = 2 ** 44;

/**
 * n samples of the standard normal distribution in d dimensions.
 *
 * @param seed non-negative safe integer, or bigint below 2^64.
 * @throws {LinalgError} `INVALID_ARGUMENT`.
 */
export function gaussianCloud(n: number, d: number, seed: number | bigint = 0): Cloud {
  const points = matrix(n, d);
  for (let i = 0; i < n; i++) points.data.set(normal(seed, FIRST_REFERENCE + i, d), i * d);
  return Cloud.of(points);
}

/**
 * Points `first` … `first + count − 1` of the ball about a code, uniform in it: `[count, d]`. Point j is the same whatever
 * the batch.
 *
 * @param centre `[d]`.
 * @param radius of the ball, in the unit of the code.
 * @param seed non-negative safe integer, or bigint below 2^64.
 */
export function ballPoints(
  centre: Float32Array,
  radius: number,
  seed: number | bigint,
  first: number,
  count: number,
): Float32Array {
  requireKind("ballPoints: centre", "numbers", centre);
  const d = centre.length;
  const points = new Float32Array(count * d);
  for (let i = 0; i < count; i++) {
    // Two normals more than coordinates: what is left of d + 2 on a sphere is uniform in the ball.
    const drawn = normal(seed, FIRST_OFFSET + first + i, d + 2);
    const scale = radius / Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0));
    centre.forEach((x, j) => {
      points[i * d + j] = x + scale * drawn[j];
    });
  }
  return points;
}
