// Distances between the leading k directions of two bases for every k at once.
//
// With C = U₁ᵀU₂ and U₂ = U₁C + QS (Q orthonormal, orthogonal to U₁; S triangular), the cosines for k are the
// singular values of the leading block C[:k, :k], and the sines those of the part of U₂[:, :k] outside
// span U₁[:, :k], which in the coordinates of [U₁ Q] is C[k:, :k] above S[:k, :k]. So one pass over the n rows serves
// all k, and the rest is of order k.

import { type Matrix, matmul, matrix, orthogonal, qr, svd } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { GRASSMANN_DISTANCES, type GrassmannDistanceName, grassmannDistance } from "./distances.ts";
import { block, difference, nestedFrame } from "./frames.ts";

/** Which distances {@link distanceProfile} computes. */
export interface ProfileOptions<M extends GrassmannDistanceName = GrassmannDistanceName> {
  /** Distances wanted. Default: all. */
  readonly distances?: readonly M[] | undefined;
}

/** For every distance, entry k − 1 is the distance of the leading k directions. */
export type DistanceProfile<M extends GrassmannDistanceName = GrassmannDistanceName> = Readonly<
  Record<M, Float64Array>
>;

/** Below this largest cosine all angles exceed 0.04, and arccos has them to 1e-14 without the sines. */
const SINES_NEEDED = 0.999;

/**
 * Distances between span U₁[:, :k] and span U₂[:, :k] for k = 1 … kMax, from the principal angles, which are
 * accurate to about 1e-14 from 0 to π/2.
 *
 * @param u1 `[n, ≥ kMax]`, independent columns in the order of their importance; need not be orthonormal.
 * @param u2 `[n, ≥ kMax]`.
 * @param kMax default: the smaller number of columns.
 * @throws {VielbeinError} `SHAPE_MISMATCH`; `INVALID_ARGUMENT` for too large a kMax or dependent columns.
 */
export function distanceProfile<M extends GrassmannDistanceName = GrassmannDistanceName>(
  u1: Matrix,
  u2: Matrix,
  kMax: number = Math.min(u1.cols, u2.cols),
  options: ProfileOptions<M> = {},
): DistanceProfile<M> {
  requireKind("distanceProfile: u1", "matrix", u1);
  requireKind("distanceProfile: u2", "matrix", u2);
  if (u1.rows !== u2.rows) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `distanceProfile: both bases must lie in the same space, got ${u1.rows} and ${u2.rows} rows.`,
    );
  }
  requireInteger("distanceProfile: kMax", kMax, 1);
  const first = nestedFrame("distanceProfile: u1", u1, kMax);
  const second = nestedFrame("distanceProfile: u2", u2, kMax);
  const c = matmul(first, second, { transposeA: true });
  let outside: Matrix | undefined;
  const distances = options.distances ?? (GRASSMANN_DISTANCES as readonly M[]);
  const profile = Object.fromEntries(
    distances.map((name) => [name, new Float64Array(kMax)]),
  ) as unknown as DistanceProfile<M>;
  for (let k = 1; k <= kMax; k++) {
    const cosines = svd(block(c, 0, k, k), { vectors: "none" }).s;
    let angles: Float64Array;
    if (cosines[0] < SINES_NEEDED) angles = cosines.map(Math.acos);
    else {
      outside ??= qr(difference(second, matmul(first, c)), { mode: "r" }).r;
      const sines = svd(residual(c, outside, k), { vectors: "none" }).s;
      angles = cosines.map((cosine, i) => Math.atan2(sines[k - 1 - i], cosine));
    }
    for (const name of distances) profile[name][k - 1] = grassmannDistance(angles, name);
  }
  return profile;
}

/** C[k:, :k] above S[:k, :k]. */
function residual(c: Matrix, s: Matrix, k: number): Matrix {
  const below = block(c, k, c.rows, k);
  // S has fewer rows than columns where the space is too small for more.
  const beyond = block(s, 0, Math.min(k, s.rows), k);
  const result = matrix(Math.max(below.rows + beyond.rows, k), k);
  result.data.set(below.data);
  result.data.set(beyond.data, below.data.length);
  return result;
}

/**
 * Profile `index` of two independent, uniformly distributed (Haar) subspaces of R^n: the null that profiles are
 * compared with. The first is spanned by coordinate axes, which changes nothing in distribution.
 *
 * @param seed as of `orthogonal`, whose stream this is.
 * @throws {VielbeinError} as {@link distanceProfile}.
 */
export function haarProfile<M extends GrassmannDistanceName = GrassmannDistanceName>(
  seed: number | bigint,
  index: number,
  n: number,
  kMax: number,
  options: ProfileOptions<M> = {},
): DistanceProfile<M> {
  return distanceProfile(axes(n, kMax), orthogonal(seed, index, n, kMax), kMax, options);
}

/** The first k columns of the `[n, n]` identity. */
function axes(n: number, k: number): Matrix {
  const result = matrix(n, k);
  for (let i = 0; i < k; i++) result.data[i * k + i] = 1;
  return result;
}
