// Random directions: the control that any direction found by a method must be compared with.

import { type Matrix, orthogonal } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";

/**
 * `count` orthonormal directions as columns, `[dim, count]`, uniform (Haar) over all such frames, keyed by `seed`.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a count out of range.
 */
export function randomDirections(dim: number, count: number, seed: number | bigint): Matrix {
  if (!Number.isInteger(count) || count < 1 || count > dim) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Random directions: their number must be an integer from 1 to the dimension ${dim}, got ${count}.`,
    );
  }
  return orthogonal(seed, 0, dim, count);
}
