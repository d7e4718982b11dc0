// Warpage: how far the tangent spaces of the set f(X) turn from place to place. If that set were flat, tangent spaces
// at independent points would lie as close as those at neighbouring points (Choi et al., "Do Not Escape From the
// Manifold", ICLR 2022, §4: Grassmannian distances between local bases). One Jacobian and one decomposition for each
// point serve every dimension k, every distance and every comparison.

import { type Matrix, normal } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { GrassmannDistanceName } from "../grassmann/distances.ts";
import { type DistanceProfile, distanceProfile } from "../grassmann/profile.ts";
import type { JacobianOptions } from "../jacobian/jacobian.ts";
import { resolvedCount, type TangentBasis, tangentBasis } from "../jacobian/tangent-basis.ts";
import { type DerivativeRoute, type DifferentiableMap, requireMap } from "../map/map.ts";
import { samplePoints } from "../map/sampling.ts";
import { requirePoints, type Space } from "../map/space.ts";
import { requireKind } from "../requirements.ts";

/** The points of one comparison. */
export interface WarpagePair {
  /** x, `[from.dim]`. */
  readonly point: Float32Array;
  /** x′, independent of x, `[from.dim]`. */
  readonly other: Float32Array;
  /** ĝ, a direction independent of both, of unit length, `[from.dim]`. */
  readonly direction: Float64Array;
}

/** Number of directions, distances and neighbours of {@link warpageSample}. */
export interface WarpageOptions<M extends GrassmannDistanceName = GrassmannDistanceName>
  extends JacobianOptions {
  /** Leading directions compared, from 1 to min(from.dim, to.dim). Default: 50, or as many as there are. */
  readonly k?: number | undefined;
  /** Distances ε of neighbouring points x + ε·ĝ, in units of the input space. Default `[0.1]`. */
  readonly epsilons?: readonly number[] | undefined;
  /**
   * Whether neighbours are scaled back to the length of x. Networks that normalise their input do not see the
   * difference. Default `false`, as in the reference implementation of the paper.
   */
  readonly sameNorm?: boolean | undefined;
  /** Directions in the output space to compare the basis at x with, `[to.dim, r]`, in order of falling importance. */
  readonly references?: Readonly<Record<string, Matrix>> | undefined;
  /** Distances wanted. Default: all. */
  readonly distances?: readonly M[] | undefined;
}

/** Profiles of one comparison: entry k − 1 is the distance of the leading k directions. */
export interface WarpageSample<M extends GrassmannDistanceName = GrassmannDistanceName> {
  /** Between x and x′. */
  readonly randomPair: DistanceProfile<M>;
  /** Between x and x + ε·ĝ, for every ε. */
  readonly nearPairs: readonly DistanceProfile<M>[];
  /** Between x and each reference; min(k, r) entries. */
  readonly references: Readonly<Record<string, DistanceProfile<M>>>;
  /**
   * Number of directions with σ > 1e-6·σ₁ at all points compared: those beyond are rounding of the engine's float32.
   */
  readonly resolved: number;
  /** How the basis at x was computed, and, under the same budget, those at the other points. */
  readonly route: DerivativeRoute;
}

/**
 * Pair `index` of a seed: x and x′ are samples 3·index and 3·index + 1 of the space's prior, ĝ is uniform on the
 * sphere. The same whatever the number of pairs.
 */
export function warpagePair(space: Space, seed: number | bigint, index: number): WarpagePair {
  requireKind("warpagePair: space", "space", space);
  const gaussian = normal(seed, 3 * index + 2, space.dim);
  const length = Math.sqrt(gaussian.reduce((sum, x) => sum + x * x, 0));
  return {
    point: samplePoints(space, seed, 3 * index, 1),
    other: samplePoints(space, seed, 3 * index + 1, 1),
    direction: gaussian.map((x) => x / length),
  };
}

/** Number of directions that are compared where the caller does not say: 50, or as many as there are. */
export function defaultDirections(map: Pick<DifferentiableMap, "from" | "to">): number {
  requireKind("defaultDirections: map", "map", map);
  return Math.min(50, map.from.dim, map.to.dim);
}

/** Checks that a pair of points and a direction of the map's space came after it. */
export function requirePair(what: string, map: DifferentiableMap, pair: WarpagePair): void {
  requireMap(what, map);
  for (const name of ["point", "other", "direction"] as const) {
    requirePoints(`${what}: ${name} of a pair (warpagePair draws one)`, pair?.[name], 1, map.from);
  }
}

/**
 * The profiles of one pair of points, from 2 + (number of ε) Jacobians.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k or ε out of range; `SHAPE_MISMATCH` for references of another
 * space; what `jacobian` throws.
 */
export async function warpageSample<M extends GrassmannDistanceName = GrassmannDistanceName>(
  map: DifferentiableMap,
  pair: WarpagePair,
  options: WarpageOptions<M> = {},
): Promise<WarpageSample<M>> {
  requirePair("warpage", map, pair);
  const { point, other, direction } = pair;
  const { k = defaultDirections(map), epsilons = [0.1], sameNorm = false } = options;
  const invalid = epsilons.find((epsilon) => !(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY));
  if (invalid !== undefined) {
    throw new VielbeinError("INVALID_ARGUMENT", `warpage: every ε must be positive, got ${invalid}.`);
  }
  let resolved = k;
  const basisAt = async (x: Float32Array): Promise<TangentBasis> => {
    options.signal?.throwIfAborted();
    const basis = await tangentBasis(map, x, k, options);
    resolved = Math.min(resolved, resolvedCount(basis.singularValues));
    return basis;
  };
  const { vectors: here, route } = await basisAt(point);
  const compare = (there: Matrix): DistanceProfile<M> =>
    distanceProfile(here, there, Math.min(k, there.cols), options);
  const randomPair = compare((await basisAt(other)).vectors);
  const nearPairs: DistanceProfile<M>[] = [];
  for (const epsilon of epsilons) {
    const near = neighbour(point, direction, epsilon, sameNorm);
    nearPairs.push(compare((await basisAt(near)).vectors));
  }
  const references = Object.fromEntries(
    Object.entries(options.references ?? {}).map(([name, directions]) => {
      requireDirections(name, directions, map.to);
      return [name, compare(directions)];
    }),
  );
  return { randomPair, nearPairs, references, resolved, route };
}

/** Distances for every number of directions k, over the samples. */
export interface ProfileSummary {
  /** Mean over the samples, for every k. */
  readonly mean: Float64Array;
  /** Standard deviation of the samples (divisor N − 1; 0 for a single one), for every k. */
  readonly std: Float64Array;
}

/**
 * Mean and standard deviation, entry by entry, of profiles of one length; at least one.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function summarizeProfiles(profiles: readonly Float64Array[]): ProfileSummary {
  requireKind("summarizeProfiles: profiles", "list", profiles);
  const count = profiles.length;
  const lengths = [...new Set(profiles.map((profile) => profile.length))];
  if (lengths.length !== 1) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `summarizeProfiles: one profile or more of one length is needed, got ${count} of lengths ${lengths.join(", ") || "none"}.`,
    );
  }
  const over = (divisor: number, term: (profile: Float64Array, i: number) => number): Float64Array =>
    Float64Array.from(
      profiles[0] ?? [],
      (_, i) => profiles.reduce((sum, profile) => sum + term(profile, i), 0) / divisor,
    );
  const mean = over(count, (profile, i) => profile[i]);
  const variance = over(Math.max(1, count - 1), (profile, i) => (profile[i] - mean[i]) ** 2);
  return { mean, std: variance.map(Math.sqrt) };
}

/** x + ε·ĝ, scaled to the length of x if asked. */
export function neighbour(
  point: Float32Array,
  direction: Float64Array,
  epsilon: number,
  sameNorm: boolean,
): Float32Array {
  const moved = Float64Array.from(point, (x, i) => x + epsilon * direction[i]);
  if (!sameNorm) return Float32Array.from(moved);
  const scale = length(point) / length(moved);
  return Float32Array.from(moved, (x) => scale * x);
}

function length(x: ArrayLike<number>): number {
  return Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
}

function requireDirections(name: string, directions: Matrix, to: Space): void {
  if (directions.rows === to.dim) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `warpage: the directions "${name}" lie in a space of ${directions.rows} dimensions, but "${to.name}" has ${to.dim}. Pass a [${to.dim}, r] matrix.`,
  );
}
