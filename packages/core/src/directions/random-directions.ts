// Random directions: the control that any direction found by a method must be compared with.

import { type Matrix, orthogonal } from "@vielbein/linalg";
import { requireInteger } from "../requirements.ts";

/**
 * `count` orthonormal directions as columns, `[dim, count]`, uniform (Haar) over all such frames, keyed by `seed`.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a count out of range.
 */
export function randomDirections(dim: number, count: number, seed: number | bigint): Matrix {
  requireInteger("Random directions: their number", count, 1, dim, "the dimension");
  return orthogonal(seed, 0, dim, count);
}
