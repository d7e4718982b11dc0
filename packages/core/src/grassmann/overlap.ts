// How much of one subspace lies in another: ‖Q₁ᵀQ₂‖²_F over the smaller dimension, the mean of cos²θ.

import { type Matrix, matmul, orthonormalize } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { frobenius } from "./frames.ts";

/**
 * Overlap of the column spans of A `[n, k]` and B `[n, l]`, from 0 (orthogonal) to 1 (one contains the other).
 * Independent uniformly distributed subspaces have max(k, l)/n on average.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` if n differs; `INVALID_ARGUMENT` if a span is zero.
 */
export function subspaceOverlap(a: Matrix, b: Matrix): number {
  requireKind("subspaceOverlap: a", "matrix", a);
  requireKind("subspaceOverlap: b", "matrix", b);
  if (a.rows !== b.rows) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `subspaceOverlap: both must lie in the same space, got ${a.rows} and ${b.rows} rows.`,
    );
  }
  const [first, second] = [orthonormalize(a), orthonormalize(b)];
  const k = Math.min(first.cols, second.cols);
  if (k === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "subspaceOverlap: both must have a direction of a length above 0, got zeros only. Leave them out.",
    );
  }
  return frobenius(matmul(first, second, { transposeA: true })) ** 2 / k;
}
