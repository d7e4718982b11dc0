// Points of a space, drawn by index.

import { normal, uniform } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import type { CallOptions, DifferentiableMap } from "./map.ts";
import type { Prior, Space } from "./space.ts";

/**
 * Samples `first` … `first + count − 1` of the space's prior (standard normal when it has none), keyed by
 * `seed`: sample j is the same whatever the batch.
 *
 * @returns `[count, space.dim]`.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 *
 * @example
 * ```js
 * import { samplePoints } from "@vielbein/core";
 *
 * const space = { name: "z", dim: 3, shape: [3], prior: { kind: "normal" } };
 * const points = samplePoints(space, 1, 10, 4); // samples 10 to 13 of seed 1
 * console.log(points.length, points[0] === samplePoints(space, 1, 10, 1)[0]); // → 12 true
 * ```
 */
export function samplePoints(
  space: Space,
  seed: number | bigint,
  first: number,
  count: number,
): Float32Array {
  requireKind("samplePoints: space", "space", space);
  if (![first, count].every((x) => Number.isSafeInteger(x) && x >= 0)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `samplePoints: first and count must be non-negative integers, got ${first} and ${count}.`,
    );
  }
  const prior: Prior = space.prior ?? { kind: "normal" };
  const sampleAt = (i: number): Float64Array =>
    prior.kind === "uniform" ? uniform(seed, i, space.dim, prior) : normal(seed, i, space.dim);
  const points = new Float32Array(count * space.dim);
  for (let i = 0; i < count; i++) points.set(sampleAt(first + i), i * space.dim);
  return points;
}

/** Samples of a prior, scaled by ψ about its mean. */
export function contractSamples(points: Float32Array, prior: Prior | undefined, psi: number): Float32Array {
  requireKind("contractSamples: points", "numbers", points);
  const mean = prior?.kind === "uniform" ? (prior.low + prior.high) / 2 : 0;
  return points.map((x) => mean + psi * (x - mean));
}

/** Number of samples that a mean is taken over, as in the code of StyleGAN. */
export const MEAN_SAMPLES: number = 10_000;
const BATCH = 256;

/** Mean of a map's values at the first 10,000 samples of seed 0, `[to.dim]`: w̄, for a mapping network. */
export async function meanValue(map: DifferentiableMap, options: CallOptions = {}): Promise<Float64Array> {
  requireKind("meanValue: map", "map", map);
  const { dim } = map.to;
  const mean = new Float64Array(dim);
  for (let first = 0; first < MEAN_SAMPLES; first += BATCH) {
    const count = Math.min(BATCH, MEAN_SAMPLES - first);
    const values = await map.evaluate(samplePoints(map.from, 0, first, count), count, options);
    values.forEach((x, i) => {
      mean[i % dim] += x / MEAN_SAMPLES;
    });
  }
  return mean;
}
