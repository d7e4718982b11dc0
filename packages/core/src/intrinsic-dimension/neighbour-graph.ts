// The length of the graph of nearest neighbours, and how it grows with the number of points (Costa & Hero, IEEE Trans.
// Signal Processing 52, 2004; Carter, Raich & Hero, "On Local Intrinsic Dimension Estimation and Its Applications", IEEE
// Trans. Signal Processing 58, 2010).

import { uniform } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import type { Cloud } from "./cloud.ts";
import { type Estimate, undetermined } from "./estimate.ts";
import { distanceOf, type Neighbours } from "./neighbours.ts";

/** Seed of the subsamples of {@link neighbourGraph}. */
export interface NeighbourGraphOptions {
  /** Of the subsamples. Default 0. */
  readonly seed?: number | bigint | undefined;
}

/** Sizes of the subsamples, from half of the points up to all but one, and subsamples of each size. */
const SIZES = 8;
const DRAWS = 10;

/** Streams of random numbers that no sample of a prior uses. */
const FIRST_DRAW = 2 ** 43;

/** So many neighbours among all n points hold k among half of them nearly always. */
export function searchedNeighbours(k: number, n: number): number {
  return Math.max(k, Math.min(n - 1, 6 * k + 10));
}

/**
 * The whole m for which c·p^((m − 1)/m) fits the lengths of the graphs best, in the sense of least squares over m and c.
 * A graph joins each of p points, drawn without repetition, to its k nearest; its length is the sum of the distances.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where the cloud has no k neighbours.
 */
export function neighbourGraph(cloud: Cloud, k: number, { seed = 0 }: NeighbourGraphOptions = {}): Estimate {
  requireKind("neighbourGraph: cloud", "cloud", cloud);
  const { n } = cloud;
  const least = Math.max(k + 1, Math.ceil(n / 2));
  if (n - 1 <= least) return undetermined(`subsamples need more than ${least + 1} distinct points`);
  const neighbours = cloud.neighbours(searchedNeighbours(k, n));
  const sizes: number[] = [];
  const lengths: number[] = [];
  for (let s = 0; s < SIZES; s++) {
    const size = Math.round(least + ((n - 1 - least) * s) / (SIZES - 1));
    for (let draw = 0; draw < DRAWS; draw++) {
      const isDrawn = subsample(n, size, seed, FIRST_DRAW + s * DRAWS + draw);
      sizes.push(size);
      lengths.push(graphLength(cloud, neighbours, isDrawn, k));
    }
  }
  return { dimension: growthDimension(sizes, lengths, cloud.points.cols) };
}

/** Which of n points are drawn: `size` of them, by the first steps of a Fisher–Yates shuffle. */
function subsample(n: number, size: number, seed: number | bigint, stream: number): Uint8Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const draws = uniform(seed, stream, size);
  const isDrawn = new Uint8Array(n);
  draws.forEach((share, i) => {
    const at = i + Math.floor(share * (n - i));
    isDrawn[order[at]] = 1;
    order[at] = order[i];
  });
  return isDrawn;
}

/** The sum of the distances of every drawn point to the k nearest of the others that are drawn. */
export function graphLength(
  { points }: Pick<Cloud, "points">,
  { n, k: known, distances, indices }: Neighbours,
  isDrawn: Uint8Array,
  k: number,
): number {
  let length = 0;
  for (let i = 0; i < n; i++) {
    if (!isDrawn[i]) continue;
    let [found, sum] = [0, 0];
    for (let at = i * known; at < (i + 1) * known && found < k; at++) {
      if (!isDrawn[indices[at]]) continue;
      sum += distances[at];
      found++;
    }
    if (found < k) {
      const others = Float64Array.from({ length: n }, (_, j) => j).filter((j) => j !== i && isDrawn[j]);
      const nearest = others.map((j) => distanceOf(points, i, j)).sort();
      sum = nearest.subarray(0, k).reduce((total, x) => total + x, 0);
    }
    length += sum;
  }
  return length;
}

/** The m from 1 to `most` for which c·p^((m − 1)/m), with the best c, is nearest to the lengths. */
export function growthDimension(sizes: readonly number[], lengths: readonly number[], most: number): number {
  let [least, dimension] = [Number.POSITIVE_INFINITY, 1];
  for (let m = 1; m <= most; m++) {
    const powers = sizes.map((size) => size ** ((m - 1) / m));
    const products = powers.reduce((sum, power, i) => sum + power * lengths[i], 0);
    const c = products / powers.reduce((sum, power) => sum + power ** 2, 0);
    const residual = powers.reduce((sum, power, i) => sum + (lengths[i] - c * power) ** 2, 0);
    if (residual < least) [least, dimension] = [residual, m];
  }
  return dimension;
}
