// What the subspaces of two sets of directions have to do with each other, and what uniform subspaces would.

import { VielbeinError } from "@vielbein/core";
import {
  type DirectionMatch,
  grassmannDistance,
  matchDirections,
  subspaceAngles,
  subspaceOverlap,
} from "@vielbein/core/grassmann";
import { summarizeProfiles } from "@vielbein/core/tangent-spaces";
import { type Matrix, orthogonal } from "@vielbein/linalg";
import { DISTANCES, type DistanceName } from "../../inputs/subspace-distances.ts";

/** Pairs of uniform subspaces that the null is taken from. */
export const HAAR_PAIRS = 100;

/** Two sets, by their places in the list. */
export interface Comparison {
  readonly first: number;
  readonly second: number;
  /** Radians, ascending. */
  readonly angles: readonly number[];
  readonly distances: Readonly<Record<DistanceName, number>>;
  /** Mean of cos². */
  readonly overlap: number;
  readonly matches: readonly DirectionMatch[];
}

export interface Spread {
  readonly mean: number;
  readonly std: number;
}

/** What a comparison comes to. */
export interface Measures<T> {
  readonly distances: Readonly<Record<DistanceName, T>>;
  readonly leastAngle: T;
  readonly largestAngle: T;
  readonly overlap: T;
  /** Of |cos| of the matched directions; matching makes it large by chance too. */
  readonly meanCosine: T;
}

/** Of every two. */
export function comparisons(frames: readonly Matrix[], k: number): Comparison[] {
  return frames.flatMap((a, i) => frames.slice(i + 1).map((b, j) => comparison(a, b, i, i + 1 + j, k)));
}

function comparison(a: Matrix, b: Matrix, first: number, second: number, k: number): Comparison {
  const angles = subspaceAngles(a, b);
  if (angles.length < k) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `compare: the leading ${k} directions of sets ${first} and ${second} (from 0) span ${angles.length} dimensions only. Compare at most --k ${angles.length}.`,
    );
  }
  const distances = Object.fromEntries(
    DISTANCES.map((distance) => [distance, grassmannDistance(angles, distance)]),
  ) as Record<DistanceName, number>;
  return {
    first,
    second,
    angles: Array.from(angles),
    distances,
    overlap: subspaceOverlap(a, b),
    matches: matchDirections(a, b),
  };
}

/** What independent uniform subspaces would have. */
export function haarNull(n: number, k: number): Measures<Spread> {
  const draws = Array.from({ length: HAAR_PAIRS }, (_, i) =>
    measuresOf(comparison(orthogonal(0, 2 * i, n, k), orthogonal(0, 2 * i + 1, n, k), 0, 1, k)),
  );
  const spread = (pick: (draw: Measures<number>) => number): Spread => {
    const { mean, std } = summarizeProfiles(draws.map((draw) => Float64Array.of(pick(draw))));
    return { mean: only(mean), std: only(std) };
  };
  return {
    distances: {
      geodesic: spread((draw) => draw.distances.geodesic),
      normalizedGeodesic: spread((draw) => draw.distances.normalizedGeodesic),
      projection: spread((draw) => draw.distances.projection),
    },
    leastAngle: spread((draw) => draw.leastAngle),
    largestAngle: spread((draw) => draw.largestAngle),
    overlap: spread((draw) => draw.overlap),
    meanCosine: spread((draw) => draw.meanCosine),
  };
}

function only([value = Number.NaN]: Float64Array): number {
  return value;
}

export function measuresOf({ angles, distances, overlap, matches }: Comparison): Measures<number> {
  const meanCosine = matches.reduce((sum, { cosine }) => sum + Math.abs(cosine), 0) / matches.length;
  return {
    distances,
    leastAngle: Math.min(...angles),
    largestAngle: Math.max(...angles),
    overlap,
    meanCosine,
  };
}
