// Mean of subspaces in the chordal (projection) metric: the leading eigenvectors of the mean projector P̄ = ΣPⱼ/N,
// in closed form. Its eigenvalues tell how much of each direction the subspaces share. Edelman, Arias & Smith 1998, §4;
// Marrinan, Beveridge, Draper, Kirby & Peterson, "Finding the subspace mean or median" (CVPR 2014).

import { eigh, leadingColumns, type Matrix, matmul, matrix, rowAt, svd } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { requireFrame } from "./frames.ts";

/** The chordal mean of subspaces, by {@link chordalMean}, and how far they agree on it. */
export interface ChordalMean {
  /** `[n, k]`, columns orthonormal, by falling share. */
  readonly mean: Matrix;
  /**
   * Consensus spectrum: eigenvalues of P̄, descending, from 0 to 1, min(n, Σkⱼ) of them. 1: the direction lies in every
   * subspace. The mean is determined only where entry k − 1 exceeds entry k.
   */
  readonly spectrum: Float64Array;
}

/**
 * The k-dimensional subspace that minimises Σ d²_chordal to the given ones, whose dimensions may differ.
 *
 * @param frames each `[n, kⱼ]`, columns orthonormal.
 * @param k dimension of the mean. Default: that of the first frame.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `INVALID_ARGUMENT`.
 */
export function chordalMean(frames: readonly Matrix[], k?: number): ChordalMean {
  requireKind("chordalMean: frames", "matrices", frames);
  const n = requireFrames("chordalMean", frames);
  const count = k ?? frames[0].cols;
  const width = frames.reduce((sum, frame) => sum + frame.cols, 0);
  const most = Math.min(n, width);
  requireInteger("chordalMean: k", count, 1, most);
  const clamp = (x: number) => Math.min(1, Math.max(0, x));
  if (width <= n) {
    // P̄ = AAᵀ for the frames side by side, over √N.
    const { u, s } = svd(sideBySide(frames, n, width));
    return {
      mean: leadingColumns(u, count),
      spectrum: s.map((x) => clamp((x * x) / frames.length)),
    };
  }
  const projector = matrix(n, n);
  for (const frame of frames) {
    const { data } = matmul(frame, frame, { transposeB: true });
    for (let at = 0; at < data.length; at++) projector.data[at] += data[at] / frames.length;
  }
  const { values, vectors } = eigh(projector);
  return { mean: leadingColumns(vectors, count), spectrum: values.map(clamp) };
}

/** Checks that there are frames, all in one space; returns its dimension. */
export function requireFrames(what: string, frames: readonly Matrix[]): number {
  const n = frames[0]?.rows;
  if (n === undefined) {
    throw new VielbeinError("INVALID_ARGUMENT", `${what}: at least one subspace is needed, got none.`);
  }
  frames.forEach((frame, j) => {
    requireFrame(`${what}: frame ${j}`, frame);
    if (frame.rows !== n) {
      throw new VielbeinError(
        "SHAPE_MISMATCH",
        `${what}: all frames must lie in the space of the first, R^${n}, got frame ${j} in R^${frame.rows}.`,
      );
    }
  });
  return n;
}

function sideBySide(frames: readonly Matrix[], n: number, width: number): Matrix {
  const result = matrix(n, width);
  let first = 0;
  for (const { cols, data } of frames) {
    for (let i = 0; i < n; i++) {
      result.data.set(rowAt(data, i, cols), i * width + first);
    }
    first += cols;
  }
  return result;
}
