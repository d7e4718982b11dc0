// Distances between subspaces as functions of their principal angles: those that are invariant under
// rotations of the whole space (Edelman, Arias & Smith, SIAM J. Matrix Anal. Appl. 20, 1998; Ye & Lim, "Schubert
// varieties and distances between subspaces of different dimensions", same journal 37, 2016).

import { type Matrix, orthonormalize, principalAngles } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireChoice, requireKind } from "../requirements.ts";

/** Distances of two k-dimensional subspaces with principal angles θ₁ ≤ … ≤ θ_k, all in radians or unitless. */
export interface GrassmannDistances {
  /** Arc length √Σθ², from 0 to √k·π/2. */
  readonly geodesic: number;
  /** √(Σθ²/k), from 0 to π/2: comparable between different k. */
  readonly normalizedGeodesic: number;
  /** θ_k, the largest angle. */
  readonly asimov: number;
  /** √(1 − Πcos²θ). */
  readonly binetCauchy: number;
  /** √Σsin²θ = ‖P₁ − P₂‖_F/√2. */
  readonly chordal: number;
  /** ‖P₁ − P₂‖_F = √(2Σsin²θ). */
  readonly projectionFrobenius: number;
  /** ‖P₁ − P₂‖₂ = sin θ_k. Near 1 for almost all pairs of large k. */
  readonly projection: number;
  /** arccos Πcosθ. */
  readonly fubiniStudy: number;
  /** √(−2Σ ln cosθ); infinite where an angle is π/2. No triangle inequality. */
  readonly martin: number;
  /** 2√Σsin²(θ/2), the Frobenius norm between the closest orthonormal bases. */
  readonly procrustes: number;
  /** 2 sin(θ_k/2), the 2-norm between the closest orthonormal bases. */
  readonly spectral: number;
}

/** Names of the distances of {@link GrassmannDistances}. */
export type GrassmannDistanceName = keyof GrassmannDistances;

type Angles = Float64Array;

const formulas: Readonly<Record<GrassmannDistanceName, (angles: Angles) => number>> = {
  geodesic: (angles) => Math.sqrt(sum(angles, (x) => x * x)),
  normalizedGeodesic: (angles) => Math.sqrt(sum(angles, (x) => x * x) / angles.length),
  asimov: largest,
  binetCauchy: (angles) => sineOfProduct(angles),
  chordal: (angles) => Math.sqrt(sum(angles, (x) => Math.sin(x) ** 2)),
  projectionFrobenius: (angles) => Math.sqrt(2 * sum(angles, (x) => Math.sin(x) ** 2)),
  projection: (angles) => Math.sin(largest(angles)),
  fubiniStudy: (angles) => Math.atan2(sineOfProduct(angles), Math.exp(sum(angles, logCosine))),
  martin: (angles) => Math.sqrt(2 * sum(angles, (x) => -logCosine(x))),
  procrustes: (angles) => 2 * Math.sqrt(sum(angles, (x) => Math.sin(x / 2) ** 2)),
  spectral: (angles) => 2 * Math.sin(largest(angles) / 2),
};

/** Every {@link GrassmannDistanceName}, in the order of {@link GrassmannDistances}. */
export const GRASSMANN_DISTANCES: readonly GrassmannDistanceName[] = Object.keys(
  formulas,
) as GrassmannDistanceName[];

/**
 * One distance from principal angles, such as those of {@link subspaceAngles}; accurate to relative rounding even where
 * all are tiny.
 *
 * @param angles at least one, each from 0 to π/2.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function grassmannDistance(angles: ArrayLike<number>, name: GrassmannDistanceName): number {
  requireChoice("grassmannDistance: the name", name, GRASSMANN_DISTANCES);
  return distanceOf(checked(angles), name);
}

/** Below this all angles are their sines to the last bit, and every distance is proportional to them. */
const TINY = 2 ** -100;

/** Tiny angles are measured larger, so that their squares do not vanish. */
function distanceOf(angles: Angles, name: GrassmannDistanceName): number {
  const most = largest(angles);
  if (most >= TINY || most === 0) return formulas[name](angles);
  const unit = most / TINY;
  return unit * formulas[name](angles.map((x) => x / unit));
}

/** All distances from principal angles: as {@link grassmannDistance}. */
export function grassmannDistances(angles: ArrayLike<number>): GrassmannDistances {
  requireKind("grassmannDistances: angles", "numbers", angles);
  const valid = checked(angles);
  return Object.fromEntries(
    GRASSMANN_DISTANCES.map((name) => [name, distanceOf(valid, name)]),
  ) as unknown as GrassmannDistances;
}

/** What {@link subspaceAngles} makes of subspaces of different dimensions. */
export interface SubspaceAnglesOptions {
  /**
   * Subspaces of different dimensions k < l have k angles, and any distance computed from them is 0 when one contains
   * the other: `"containment"`. `"padded"` appends l − k right angles: with them the triangle inequality holds
   * across dimensions for every distance above (Ye & Lim 2016, theorem 12). Default `"containment"`.
   */
  readonly unequal?: "containment" | "padded" | undefined;
}

/**
 * Principal angles of the column spans of A `[n, k]` and B `[n, l]`, ascending, in radians; accurate to about 1e-15
 * from 0 to π/2. The columns need not be orthonormal, and their lengths do not matter; where they are dependent, the
 * rank counts.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` if n differs; `NOT_FINITE`.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for an unknown option.
 *
 * @example
 * ```js
 * import { grassmannDistance, subspaceAngles } from "@vielbein/core/grassmann";
 * import { fromRows } from "@vielbein/linalg";
 *
 * const first = fromRows([[1], [0], [0]]);
 * const second = fromRows([[1], [1], [0]]);
 * const angles = subspaceAngles(first, second);
 * console.log(angles[0].toFixed(4), grassmannDistance(angles, "geodesic").toFixed(4)); // → 0.7854 0.7854
 * ```
 */
export function subspaceAngles(a: Matrix, b: Matrix, options: SubspaceAnglesOptions = {}): Float64Array {
  const { unequal = "containment" } = options;
  if (unequal !== "containment" && unequal !== "padded") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `subspaceAngles: unequal must be "containment" or "padded", got "${unequal}".`,
    );
  }
  const [first, second] = [orthonormalize(a), orthonormalize(b)];
  const angles = principalAngles(first, second);
  const missing = unequal === "padded" ? Math.max(first.cols, second.cols) - angles.length : 0;
  return Float64Array.from({ length: angles.length + missing }, (_, i) => angles[i] ?? Math.PI / 2);
}

function checked(angles: ArrayLike<number>): Angles {
  const values = Float64Array.from(angles);
  const wrong = values.find((x) => !(x >= 0 && x <= Math.PI / 2));
  if (values.length === 0 || wrong !== undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Principal angles must be at least one number from 0 to π/2, got ${wrong ?? "none"}. Pass the result of subspaceAngles.`,
    );
  }
  return values;
}

function sum(angles: Angles, term: (angle: number) => number): number {
  let total = 0;
  for (let i = 0; i < angles.length; i++) total += term(angles[i]);
  return total;
}

function largest(angles: Angles): number {
  return angles.reduce((most, x) => Math.max(most, x), 0);
}

/** ln cos θ; by the sine below π/4, where the cosine has lost the angle. */
function logCosine(angle: number): number {
  if (angle >= Math.PI / 2) return Number.NEGATIVE_INFINITY;
  return angle < Math.PI / 4 ? Math.log1p(-(Math.sin(angle) ** 2)) / 2 : Math.log(Math.cos(angle));
}

/** √(1 − Πcos²θ) without cancellation. */
function sineOfProduct(angles: Angles): number {
  return Math.sqrt(Math.max(0, -Math.expm1(2 * sum(angles, logCosine))));
}
