// A global basis from local ones: the Karcher mean of their spans, and inside it the Karcher mean of the bases
// themselves as rotations (Choi, Hwang, Cho & Kang, "Finding the global semantic representation in GAN through
// Fréchet mean", ICLR 2023). Local bases come with any order and sign of near-equal directions, so each is first
// matched, one to one, to the mean so far.

import { type Matrix, matmul, matrix, polar, rowAt, svd } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { requireFrames } from "./chordal-mean.ts";
import { frobenius, scaledColumns } from "./frames.ts";
import { type KarcherMean, type KarcherMeanOptions, karcherMean } from "./karcher-mean.ts";
import { matchDirections } from "./matching.ts";
import { rotationMean } from "./rotations.ts";

/** A basis of a subspace on which local bases agree. */
export interface AgreedBasis {
  /** `[n, k]`, columns orthonormal; order and signs are those of the local basis nearest to the subspace. */
  readonly basis: Matrix;
  /** The mean of the rotations: whether it converged, and ‖mean log‖_F, radians, at the end. */
  readonly rotation: { readonly converged: boolean; readonly iterations: number; readonly residual: number };
  /** For each direction, its mean |cos| with its match among the local directions: 1 where all agree. */
  readonly agreement: Float64Array;
}

export interface FrechetBasis extends AgreedBasis {
  /** The mean of the spans, and how far it can be trusted. */
  readonly subspace: KarcherMean;
}

/** Rounds of matching; it is stable after two or three where the bases have anything in common. */
const ROUNDS = 10;

/**
 * The Fréchet basis of local bases.
 *
 * @param bases each `[n, k]`, columns orthonormal, such as the leading output vectors at several points.
 * @throws {VielbeinError} as {@link karcherMean} and {@link agreedBasis}.
 */
export function frechetBasis(bases: readonly Matrix[], options: KarcherMeanOptions = {}): FrechetBasis {
  requireKind("frechetBasis: bases", "matrices", bases);
  const subspace = karcherMean(bases, options);
  return { ...agreedBasis(subspace.mean, bases, options), subspace };
}

/**
 * The basis of a subspace that local bases agree on: the Karcher mean of their rotations in it. In the span of
 * directions that another method found, such as SeFa or principal components, it refines these.
 *
 * @param frame of the subspace, `[n, k]`, columns orthonormal.
 * @param bases each `[n, k]`, columns orthonormal.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `INVALID_ARGUMENT`; `NUMERICAL_FAILURE` where a basis has a direction at
 * right angles to the subspace, so that its place in it is undetermined.
 */
export function agreedBasis(
  frame: Matrix,
  bases: readonly Matrix[],
  { tolerance = 1e-8, iterations = 100 }: KarcherMeanOptions = {},
): AgreedBasis {
  requireKind("agreedBasis: bases", "matrices", bases);
  requireFrames("agreedBasis", [frame, ...bases]);
  const odd = bases.find(({ cols }) => cols !== frame.cols);
  if (odd || bases.length === 0) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `agreedBasis: there must be local bases, of as many directions as the subspace has, ${frame.cols}, got ${odd?.cols ?? "none"}. Take as many at every point.`,
    );
  }
  const rotations = bases.map((basis, j) => inside(frame, basis, j));
  const overlaps = bases.map((basis) => frobenius(matmul(frame, basis, { transposeA: true })));
  let mean = rotations[overlaps.indexOf(Math.max(...overlaps))];
  let aligned = rotations.map((rotation) => alignedTo(mean, rotation));
  let rotation = rotationMean(aligned, polar(average(aligned)).u, tolerance, iterations);
  for (let round = 1; round < ROUNDS; round++) {
    mean = rotation.mean;
    const again = rotations.map((one) => alignedTo(mean, one));
    const stable = again.every((one, j) => one.data.every((x, at) => x === aligned[j].data[at]));
    if (stable) break;
    aligned = again;
    rotation = rotationMean(aligned, polar(average(aligned)).u, tolerance, iterations);
  }
  const basis = matmul(frame, rotation.mean);
  const { mean: _mean, ...report } = rotation;
  return { basis, rotation: report, agreement: agreementOf(basis, bases) };
}

/** The orthogonal matrix nearest to YᵀU: the basis turned into the mean subspace. */
function inside(y: Matrix, basis: Matrix, index: number): Matrix {
  const { u, s, v } = svd(matmul(y, basis, { transposeA: true }));
  if (s.at(-1)! < 1e-12) {
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `agreedBasis: basis ${index} has a direction at right angles to the subspace, so its place there is undetermined. Take fewer directions, or leave that basis out.`,
    );
  }
  return matmul(u, v, { transposeB: true });
}

/** Columns of R in the order and with the signs that suit those of `mean` best, with the same determinant. */
function alignedTo(mean: Matrix, r: Matrix): Matrix {
  const k = r.cols;
  const matches = matchDirections(mean, r);
  const permuted = matrix(k, k);
  for (let i = 0; i < k; i++) {
    for (const { first, second, cosine } of matches) {
      permuted.data[i * k + first] = Math.sign(cosine || 1) * r.data[i * k + second];
    }
  }
  if (determinant(mean) * determinant(permuted) > 0) return permuted;
  // A reflection has no logarithm: turn the direction that agrees least.
  const least = matches.reduce((worst, match) =>
    Math.abs(match.cosine) < Math.abs(worst.cosine) ? match : worst,
  );
  const signs = Array.from({ length: k }, (_, j) => (j === least.first ? -1 : 1));
  return scaledColumns(permuted, signs);
}

/** By elimination with row exchanges. */
function determinant(a: Matrix): number {
  const n = a.rows;
  const rows = Array.from({ length: n }, (_, i) => rowAt(a.data, i, n).slice());
  let result = 1;
  for (let j = 0; j < n; j++) {
    const pivot = rows.reduce(
      (best, row, i) => (i > j && Math.abs(row[j]) > Math.abs(rows[best][j]) ? i : best),
      j,
    );
    if (pivot !== j) {
      [rows[j], rows[pivot]] = [rows[pivot], rows[j]];
      result = -result;
    }
    const top = rows[j];
    result *= top[j];
    for (const row of rows.slice(j + 1)) {
      const factor = row[j] / top[j];
      for (let l = j; l < n; l++) row[l] -= factor * top[l];
    }
  }
  return result;
}

function average(matrices: readonly Matrix[]): Matrix {
  const { rows, cols } = matrices[0];
  const result = matrix(rows, cols);
  for (const { data } of matrices) {
    for (let at = 0; at < data.length; at++) result.data[at] += data[at] / matrices.length;
  }
  return result;
}

function agreementOf(basis: Matrix, bases: readonly Matrix[]): Float64Array {
  const result = new Float64Array(basis.cols);
  for (const one of bases) {
    for (const { first, cosine } of matchDirections(basis, one)) {
      result[first] += Math.abs(cosine) / bases.length;
    }
  }
  // Rounding may leave a mean above 1.
  return result.map((mean) => Math.min(1, mean));
}
