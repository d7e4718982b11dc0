// The check that a matrix is symmetric up to rounding.

import { LinalgError } from "../errors.ts";
import { type Matrix, requireFinite, requireSquare } from "../matrix.ts";

/** Largest |aᵢⱼ − aⱼᵢ|, relative to the largest entry, that passes for rounding. */
const ASYMMETRY = 1e-8;

/** Checks that A is square, finite and symmetric, and returns its largest magnitude. */
export function requireSymmetric(what: string, a: Matrix): number {
  requireSquare(what, a);
  const largest = requireFinite(what, a);
  const difference = largestDifference(a);
  if (difference > ASYMMETRY * largest) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `${what}: the matrix must be symmetric, but entries (i, j) and (j, i) differ by ${(
        difference / largest
      ).toPrecision(3)} of the largest. Pass (A + Aᵀ)/2 if that is what you mean.`,
    );
  }
  return largest;
}

/** The largest |aᵢⱼ − aⱼᵢ|. */
function largestDifference({ rows: n, data }: Matrix): number {
  let difference = 0;
  // Square tiles: the strided reads of one tile stay in the cache.
  const tile = 16;
  for (let i0 = 0; i0 < n; i0 += tile) {
    for (let j0 = 0; j0 <= i0; j0 += tile) {
      for (let i = i0; i < Math.min(i0 + tile, n); i++) {
        for (let j = j0; j < Math.min(j0 + tile, i); j++) {
          const gap = Math.abs(data[i * n + j] - data[j * n + i]);
          if (gap > difference) difference = gap;
        }
      }
    }
  }
  return difference;
}
