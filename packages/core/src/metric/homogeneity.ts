// Homogeneity: whether the directions that matter at one point matter at another. With gᵢ = Vᵢ·diag(λᵢ)·Vᵢᵀ the metric
// at point i, Λᵢⱼ = diag(Vᵢᵀ·gⱼ·Vᵢ) is how far the axes of point i move the output at point j; it is correlated, rank
// by rank, with λⱼ (Wang & Ponce, ICLR 2021). 1: the same axes everywhere; about 0: unrelated ones.

import { type Matrix, matmul, matrix, orthogonal } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";

/** Full spectrum of the metric at one point: eigenvalues `[n]`, eigenvectors as columns `[n, n]`. */
export interface PointSpectrum {
  readonly eigenvalues: Float64Array;
  readonly eigenvectors: Matrix;
}

export interface Correlations {
  /** Entry (i, j): correlation of Λᵢⱼ with λⱼ; 1 on the diagonal. Not symmetric. `[points, points]`. */
  readonly matrix: Matrix;
  /** Over the entries off the diagonal. */
  readonly mean: number;
  readonly median: number;
  readonly standardDeviation: number;
}

export interface Homogeneity {
  /** Of the eigenvalues themselves: dominated by the largest. */
  readonly linear: Correlations;
  /** Of their logarithms: every decade counts alike. */
  readonly logarithmic: Correlations;
  /** Pairs of numbers left out of the logarithmic correlations, one of them not above rounding; of all. */
  readonly masked: { readonly count: number; readonly of: number };
}

/** Eigenvalues below this fraction of the largest are rounding of float32 tangents. */
const ROUNDING = 1e-14;

/**
 * Homogeneity over two points or more.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for fewer points, or spectra of different sizes or not full.
 */
export function homogeneity(points: readonly PointSpectrum[]): Homogeneity {
  const n = points[0]?.eigenvalues.length ?? 0;
  const isFull = ({ eigenvalues, eigenvectors: v }: PointSpectrum) =>
    eigenvalues.length === n && v.rows === n && v.cols === n;
  if (points.length < 2 || !points.every(isFull)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `homogeneity needs the full spectra of two points or more, all of one space, got ${points.length} of sizes ${points
        .slice(0, 4)
        .map(({ eigenvectors: v }) => `${v.rows}×${v.cols}`)
        .join(", ")}.`,
    );
  }
  const count = points.length;
  const [linear, logarithmic] = [matrix(count, count), matrix(count, count)];
  let masked = 0;
  const enter = (i: number, j: number, reached: Float64Array): void => {
    const own = points[j]!.eigenvalues;
    linear.data[i * count + j] = correlation(reached, own);
    const floor = ROUNDING * own[0]!;
    const kept = [...own.keys()].filter((k) => own[k]! > floor && reached[k]! > floor);
    if (i !== j) masked += n - kept.length;
    const logs = (values: Float64Array) => kept.map((k) => Math.log10(values[k]!));
    logarithmic.data[i * count + j] = correlation(logs(reached), logs(own));
  };
  points.forEach((a, i) => {
    enter(i, i, a.eigenvalues);
    points.slice(i + 1).forEach((b, offset) => {
      const j = i + 1 + offset;
      const [ofA, ofB] = lengthsAlong(a, b);
      enter(i, j, ofA);
      enter(j, i, ofB);
    });
  });
  return {
    linear: summarize(linear),
    logarithmic: summarize(logarithmic),
    masked: { count: masked, of: n * count * (count - 1) },
  };
}

/** The same spectra with independent random axes, uniform over all orthonormal ones: what no agreement looks like. */
export function withRandomAxes(points: readonly PointSpectrum[], seed: number): PointSpectrum[] {
  return points.map(({ eigenvalues }, i) => ({
    eigenvalues,
    eigenvectors: orthogonal(seed, i, eigenvalues.length),
  }));
}

/** diag(Vᵀ·W·diag(μ)·Wᵀ·V) and diag(Wᵀ·V·diag(λ)·Vᵀ·W) of two spectra λ, V and μ, W: one product serves both. */
function lengthsAlong(a: PointSpectrum, b: PointSpectrum): [Float64Array, Float64Array] {
  const n = a.eigenvalues.length;
  const cosines = matmul(a.eigenvectors, b.eigenvectors, { transposeA: true }).data;
  const [ofA, ofB] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    for (let l = 0; l < n; l++) {
      const square = cosines[k * n + l]! ** 2;
      ofA[k]! += square * b.eigenvalues[l]!;
      ofB[l]! += square * a.eigenvalues[k]!;
    }
  }
  return [ofA, ofB];
}

/** Pearson's correlation; 1 where both are constant. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value) => sum + value, 0) / n;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]! - ma, b[i]! - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 && bb === 0 ? 1 : ab / Math.sqrt(aa * bb);
}

function summarize(correlations: Matrix): Correlations {
  const n = correlations.rows;
  const off = Array.from(correlations.data).filter((_, at) => at % (n + 1) !== 0);
  const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
  const sorted = off.toSorted((a, b) => a - b);
  const middle = (sorted[Math.floor((off.length - 1) / 2)]! + sorted[Math.floor(off.length / 2)]!) / 2;
  return {
    matrix: correlations,
    mean,
    median: middle,
    standardDeviation: Math.sqrt(off.reduce((sum, value) => sum + (value - mean) ** 2, 0) / off.length),
  };
}
