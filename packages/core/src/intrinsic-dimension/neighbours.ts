// The nearest neighbours of every point of a cloud, exactly: by comparing all pairs.

import { type Matrix, matrix, norm, rowAt } from "@vielbein/linalg";
import { requireInteger, requireKind } from "../requirements.ts";
import { kthSmallest } from "../statistics/kth-smallest.ts";
import { centred } from "../statistics/moments.ts";
import { squaredDistance, squaredDistances } from "../statistics/squared-distances.ts";

/** The k nearest other points of each of n, nearest first; of several at one distance, that of the lower index. */
export interface Neighbours {
  /** Number of points. */
  readonly n: number;
  /** Number of neighbours of each. */
  readonly k: number;
  /** `[n, k]`, ascending along k. */
  readonly distances: Float64Array;
  /** `[n, k]`. */
  readonly indices: Int32Array;
}

/** Products find candidates to about 1e-12; so much wider is the search, before distances are computed from differences. */
const WIDER = 1 + 2 ** -30;

/**
 * The k nearest neighbours of every row of X `[n, d]`. Distances are from the differences of the coordinates, so that
 * those of points that nearly coincide have all their digits.
 *
 * @param coordinates `[n, c]`, about the origin, in which candidates are searched: any that keep distances. Default: X less
 *   its mean.
 * @throws {VielbeinError} `INVALID_ARGUMENT` unless 1 ≤ k < n.
 */
export function nearestNeighbours(
  points: Matrix,
  k: number,
  coordinates: Matrix = centred(points).rows,
): Neighbours {
  requireKind("nearestNeighbours: points", "matrix", points);
  const n = points.rows;
  requireInteger("nearestNeighbours: k", k, 1, n - 1, "one less than the number of points");
  const distances = new Float64Array(n * k);
  const indices = new Int32Array(n * k);
  squaredDistances(coordinates, coordinates, (i, squares) => {
    squares[i] = Number.POSITIVE_INFINITY;
    const nearest = candidates(squares, k)
      .map((j) => ({ j, distance: distanceOf(points, i, j) }))
      .sort((a, b) => a.distance - b.distance || a.j - b.j);
    for (let m = 0; m < k; m++) {
      distances[i * k + m] = nearest[m].distance;
      indices[i * k + m] = nearest[m].j;
    }
  });
  return { n, k, distances, indices };
}

/** Indices of the k smallest, and of what may be as small as the last of them, ascending. */
function candidates(squares: Float64Array, k: number): number[] {
  const most = kthSmallest(squares, k) * WIDER;
  const found: number[] = [];
  for (let j = 0; j < squares.length; j++) if (squares[j] <= most) found.push(j);
  return found;
}

/** The distance of two rows; of different ones never 0, even where the squares of their differences vanish. */
export function distanceOf(points: Matrix, i: number, j: number): number {
  const square = squaredDistance(points, i, points, j);
  if (square > 1e-290 || i === j) return Math.sqrt(square);
  const { cols, data } = points;
  return norm(rowAt(data, i, cols).map((x, c) => x - data[j * cols + c]));
}

/** The neighbours of point i themselves, `[k, d]`. */
export function neighbourhoodOf({ cols, data }: Matrix, { k, indices }: Neighbours, i: number): Matrix {
  const rows = matrix(k, cols);
  for (let m = 0; m < k; m++) rows.data.set(rowAt(data, indices[i * k + m], cols), m * cols);
  return rows;
}

/** The k nearest of more. */
export function fewer({ n, k: most, distances, indices }: Neighbours, k: number): Neighbours {
  const take = <A extends Float64Array | Int32Array>(from: A, to: A): A => {
    for (let i = 0; i < n; i++) to.set(from.subarray(i * most, i * most + k), i * k);
    return to;
  };
  return {
    n,
    k,
    distances: take(distances, new Float64Array(n * k)),
    indices: take(indices, new Int32Array(n * k)),
  };
}
