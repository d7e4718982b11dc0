// Homogeneity: whether the directions that matter at one point matter at another. With gᵢ = Vᵢ·diag(λᵢ)·Vᵢᵀ the metric
// at point i, Λᵢⱼ = diag(Vᵢᵀ·gⱼ·Vᵢ) is how far the axes of point i move the output at point j; it is correlated, rank
// by rank, with λⱼ (Wang & Ponce, ICLR 2021). 1: the same axes everywhere; about 0: unrelated ones.

import { type Matrix, matmul, matrix, orthogonal } from "@vielbein/linalg";
import { requireDescending } from "../dimension/kritchman-nadler.ts";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";

/** Full spectrum of the metric at one point: eigenvalues `[n]`, eigenvectors as columns `[n, n]`. */
export interface PointSpectrum {
  /** λᵢ ≥ 0, `[n]` or the leading ones, in units² of the output per unit² of the input. */
  readonly eigenvalues: Float64Array;
  /** Their eigenvectors as columns, `[n, k]`, orthonormal. */
  readonly eigenvectors: Matrix;
}

/**
 * Why two spectra have no correlation. `few`: fewer than three pairs of numbers lie above rounding, as for metrics of
 * rank below three; two points always lie on a line. `constant`: one side does not vary, as for metrics that are the
 * same in all directions.
 */
export type HomogeneityProblem = "few" | "constant";

/** Correlations between the metrics at pairs of points. */
export interface Correlations {
  /**
   * Entry (i, j): correlation of Λᵢⱼ with λⱼ; 1 on the diagonal, NaN where there is none. Not symmetric. `[points,
   * points]`.
   */
  readonly matrix: Matrix;
  /** Over the existing entries off the diagonal; undefined where there are none. */
  readonly mean: number | undefined;
  /** Their median. */
  readonly median: number | undefined;
  /** Their standard deviation. */
  readonly standardDeviation: number | undefined;
  /** Number of entries off the diagonal that have no correlation, by reason. */
  readonly undetermined: Readonly<Record<HomogeneityProblem, number>>;
}

/**
 * Whether the axes found at one point matter as much at another (Wang & Ponce, ICLR 2021), by {@link
 * homogeneity}.
 */
export interface Homogeneity {
  /** Correlations of the eigenvalues themselves: dominated by the largest. */
  readonly linear: Correlations;
  /** Correlations of their logarithms: all decades count alike. */
  readonly logarithmic: Correlations;
  /**
   * How many pairs of numbers are left out of the logarithmic correlations, because one of the two is not above
   * rounding, of how many in all.
   */
  readonly masked: { readonly count: number; readonly of: number };
}

/** Eigenvalues below this fraction of the largest are rounding of float32 tangents. */
const ROUNDING = 1e-14;
/**
 * Shares of the largest, or decimal logarithms, within this of each other are alike but for rounding of float32
 * tangents.
 */
const CONSTANT = 1e-6;
/** Fewest pairs of numbers that a correlation says something of. */
const FEWEST = 3;

/**
 * Homogeneity over two or more points.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for fewer points, or for spectra that differ in size or are not full.
 */
export function homogeneity(points: readonly PointSpectrum[]): Homogeneity {
  requireKind("homogeneity: points", "spectra", points);
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
  points.forEach(({ eigenvalues }, i) => {
    requireDescending(`homogeneity: eigenvalues of point ${i}`, eigenvalues);
  });
  const count = points.length;
  const [linear, logarithmic] = [entries(count), entries(count)];
  let masked = 0;
  const enter = (i: number, j: number, reached: Float64Array): void => {
    const own = points[j].eigenvalues;
    const floor = ROUNDING * own[0];
    const kept = [...own.keys()].filter((k) => own[k] > floor && reached[k] > floor);
    if (i !== j) masked += n - kept.length;
    const logs = (values: Float64Array) => kept.map((k) => Math.log10(values[k] / own[0]));
    // Axes that belong to no value, or all to one, are any axes.
    const problem = kept.length < FEWEST ? "few" : problemOf(points[i].eigenvalues);
    linear[i][j] = problem ?? correlation(shares(reached), shares(own));
    logarithmic[i][j] = problem ?? correlation(logs(reached), logs(own));
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

/**
 * The same spectra with independent random axes, uniform over all orthonormal ones, to show what no agreement looks
 * like.
 */
export function withRandomAxes(points: readonly PointSpectrum[], seed: number): PointSpectrum[] {
  requireKind("withRandomAxes: points", "spectra", points);
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
      const square = cosines[k * n + l] ** 2;
      ofA[k] += square * b.eigenvalues[l];
      ofB[l] += square * a.eigenvalues[k];
    }
  }
  return [ofA, ofB];
}

function problemOf(eigenvalues: Float64Array): HomogeneityProblem | undefined {
  const live = eigenvalues.filter((value) => value > ROUNDING * eigenvalues[0]);
  if (live.length < FEWEST) return "few";
  return isConstant(shares(eigenvalues)) ? "constant" : undefined;
}

/** Of the largest. */
function shares(values: Float64Array): number[] {
  const largest = Math.max(...values);
  return Array.from(values, (value) => value / largest);
}

/** Pearson's correlation, or why there is none. */
function correlation(a: readonly number[], b: readonly number[]): number | "constant" {
  if (isConstant(a) || isConstant(b)) return "constant";
  const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] - ma, b[i] - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

function isConstant(values: readonly number[]): boolean {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high - low <= CONSTANT;
}

type Entry = number | HomogeneityProblem;

/** Filled before they are read. */
function entries(count: number): Entry[][] {
  return Array.from({ length: count }, () => new Array<Entry>(count).fill("few"));
}

function summarize(rows: readonly Entry[][]): Correlations {
  const off = rows.flatMap((row, i) => row.filter((_, j) => j !== i));
  const known = off.filter((entry) => typeof entry === "number").sort((a, b) => a - b);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const middle = (known[(known.length - 1) >> 1] + known[known.length >> 1]) / 2;
  const summary =
    known.length === 0
      ? { mean: undefined, median: undefined, standardDeviation: undefined }
      : { mean, median: middle, standardDeviation: Math.sqrt(squares / known.length) };
  const countOf = (problem: HomogeneityProblem) => off.filter((entry) => entry === problem).length;
  return {
    matrix: matrix(
      rows.length,
      rows.length,
      rows.flat().map((entry) => (typeof entry === "number" ? entry : Number.NaN)),
    ),
    ...summary,
    undetermined: { few: countOf("few"), constant: countOf("constant") },
  };
}
