// Fidelity and diversity of generated samples, separately: the real and the generated distribution are the union of
// balls about their samples, each as wide as the distance to its k-th neighbour. Precision and recall of Kynkäänniemi,
// Karras, Laine, Lehtinen & Aila ("Improved Precision and Recall Metric for Assessing Generative Models", NeurIPS
// 2019); density and coverage of Naeem, Oh, Uh, Choi & Yoo ("Reliable Fidelity and Diversity Metrics for Generative
// Models", ICML 2020).

import { type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { powerOfTwo } from "../power-of-two.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { kthSmallest } from "../statistics/kth-smallest.ts";
import { centred } from "../statistics/moments.ts";
import { squaredDistances } from "../statistics/squared-distances.ts";
import { requireMatrix } from "./labelled-codes.ts";

/** Number of neighbours that determine the balls of {@link precisionRecall} and {@link densityCoverage}. */
export interface NeighbourOptions {
  /**
   * Number of neighbours that determine the radius of a ball, not counting the centre. Default 3 and 5, as in the
   * papers.
   */
  readonly k?: number | undefined;
}

/** How realistic and how varied generated samples are, from 0 to 1 each, by {@link precisionRecall}. */
export interface PrecisionRecall {
  /** Share of the generated samples within a ball about a real one. */
  readonly precision: number;
  /** Share of the real samples within a ball about a generated one. */
  readonly recall: number;
}

/**
 * Density and coverage of generated samples, by {@link densityCoverage}: less sensitive to outliers than
 * precision and recall.
 */
export interface DensityCoverage {
  /** Balls about real samples that a generated one lies in, on average, divided by k; may exceed 1. */
  readonly density: number;
  /** Share of the balls about real samples with a generated one inside. */
  readonly coverage: number;
}

/**
 * Precision and recall of features of real `[n, d]` and generated `[m, d]` samples; k = 3 by default. Both grow with k
 * and depend on the numbers of samples: compare values only where these are equal.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` for k out of range.
 */
export function precisionRecall(
  real: Matrix,
  generated: Matrix,
  { k = 3 }: NeighbourOptions = {},
): PrecisionRecall {
  requireKind("precisionRecall: real", "matrix", real);
  requireKind("precisionRecall: generated", "matrix", generated);
  const [a, b] = comparable("precisionRecall", real, generated, k);
  const [radiiA, radiiB] = [squaredRadii(a, k), squaredRadii(b, k)];
  const [insideA, insideB] = [new Uint8Array(b.rows), new Uint8Array(a.rows)];
  squaredDistances(a, b, (i, distances) => {
    for (let j = 0; j < b.rows; j++) {
      if (distances[j] <= radiiA[i]) insideA[j] = 1;
      if (distances[j] <= radiiB[j]) insideB[i] = 1;
    }
  });
  return { precision: share(insideA), recall: share(insideB) };
}

/**
 * Density and coverage of features of real `[n, d]` and generated `[m, d]` samples; k = 5 by default. Balls include
 * their boundary (≤), which the published code leaves out (<). Two samples of one distribution have density 1 and
 * coverage 1 − ½ᵏ on average if n = m is large.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` for k out of range.
 */
export function densityCoverage(
  real: Matrix,
  generated: Matrix,
  { k = 5 }: NeighbourOptions = {},
): DensityCoverage {
  requireKind("densityCoverage: real", "matrix", real);
  requireKind("densityCoverage: generated", "matrix", generated);
  const [a, b] = comparable("densityCoverage", real, generated, k);
  const radii = squaredRadii(a, k);
  const covered = new Uint8Array(a.rows);
  let hits = 0;
  squaredDistances(a, b, (i, distances) => {
    for (let j = 0; j < b.rows; j++) {
      if (distances[j] > radii[i]) continue;
      hits++;
      covered[i] = 1;
    }
  });
  return { density: hits / (k * b.rows), coverage: share(covered) };
}

function share(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
}

/**
 * Both, less the mean of the real ones, in units of a power of two that leaves no square too large or too small: which
 * distance is the smaller depends on neither.
 */
function comparable(what: string, real: Matrix, generated: Matrix, k: number): [Matrix, Matrix] {
  requireMatrix(`${what}: real`, real);
  requireMatrix(`${what}: generated`, generated);
  if (real.cols !== generated.cols) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `${what}: real and generated features must have one dimension, got ${real.cols} and ${generated.cols}.`,
    );
  }
  const most = Math.min(real.rows, generated.rows) - 1;
  requireInteger(`${what}: k`, k, 1, most, "one less than the fewer samples");
  const size = Math.max(powerOfTwo(real.data), powerOfTwo(generated.data));
  const inUnits = ({ rows, cols, data }: Matrix) =>
    matrix(
      rows,
      cols,
      data.map((value) => value / size),
    );
  const { mean, rows } = centred(inUnits(real));
  const other = inUnits(generated);
  const { cols } = other;
  const shifted = other.data.map((value, at) => value - mean[at % cols]);
  return [rows, matrix(other.rows, cols, shifted)];
}

/** Squared distance of every row to its k-th nearest other. */
function squaredRadii(a: Matrix, k: number): Float64Array {
  const radii = new Float64Array(a.rows);
  squaredDistances(a, a, (i, distances) => {
    distances[i] = Number.POSITIVE_INFINITY;
    radii[i] = kthSmallest(distances, k);
  });
  return radii;
}
