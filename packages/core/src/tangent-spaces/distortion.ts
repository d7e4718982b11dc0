// Distortion of a layer: how much more its tangent spaces differ between independent points than between neighbours
// (Choi, Hwang, Cho & Kang, "Analyzing the Latent Space of GAN through Local Dimension Estimation for
// Disentanglement Evaluation", arXiv:2205.13182):
//
//   D = I_rand / I_local,   I_rand = E d(x, x′),   I_local = E d(x, x + ε·ĝ),   d = √(Σ_{i≤k} θᵢ²/k),
//
// θ being the principal angles between the spans of the leading k output vectors, and k the smaller of the two local
// dimensions. D depends on ε and on k, and is far from 1 in networks that were never trained: it has a meaning only
// beside theirs.

import { leadingColumns, matrix, svd } from "@vielbein/linalg";
import { type LocalDimensionOptions, localDimension } from "../dimension/local-dimension.ts";
import { grassmannDistance, subspaceAngles } from "../grassmann/distances.ts";
import { type DeadDirections, deadDirections } from "../jacobian/dead-directions.ts";
import { type JacobianOptions, wholeJacobian } from "../jacobian/jacobian.ts";
import { JacobianAt } from "../jacobian/jacobian-at.ts";
import { spectrumAt } from "../jacobian/singular-values.ts";
import { type TangentBasis, tangentBasis, tangentBasisAt } from "../jacobian/tangent-basis.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireKind, requirePositive } from "../requirements.ts";
import { type BootstrapOptions, bootstrap } from "../statistics/bootstrap.ts";
import { neighbour, requirePair, type WarpagePair } from "./warpage.ts";

/** Distance of neighbours and number of directions of {@link distortionSample}. */
export interface DistortionOptions
  extends JacobianOptions,
    Pick<LocalDimensionOptions, "threshold" | "alpha" | "convention"> {
  /** ε, distance of the neighbour in units of the input space. Default 0.1. */
  readonly epsilon?: number | undefined;
  /** Whether the neighbour is scaled back to the length of x. Default `false`. */
  readonly sameNorm?: boolean | undefined;
  /** Leading directions compared. Default: the smaller of the local dimensions of the two points. */
  readonly k?: number | undefined;
}

/** Normalised geodesic distance of the leading `k` directions, in radians. */
export interface TangentDistance {
  /** Geodesic distance of the two tangent spaces, in radians. */
  readonly distance: number;
  /** Their dimension. */
  readonly k: number;
}

/**
 * Distances between one pair of points, and between a point and its neighbour; undefined where a spectrum is flat, so
 * that there is no k or no subspace.
 */
export interface DistortionSample {
  /** Between the point and an independent one; undefined without local dimension. */
  readonly random: TangentDistance | undefined;
  /** Between the point and one near it; undefined without local dimension. */
  readonly near: TangentDistance | undefined;
  /** How the tangent space at x was computed, and, under the same budget, those at the other points. */
  readonly route: DerivativeRoute;
}

/**
 * The distances of one pair, from three Jacobians and their decompositions.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k or ε out of range; what `jacobian` throws.
 */
export async function distortionSample(
  map: DifferentiableMap,
  pair: WarpagePair,
  options: DistortionOptions = {},
): Promise<DistortionSample> {
  requirePair("distortion", map, pair);
  const { point, other, direction } = pair;
  const { epsilon = 0.1, sameNorm = false } = options;
  requirePositive("distortion: epsilon", epsilon);
  const here = await tangentAt(map, point, options);
  const random = distanceOf(here, await tangentAt(map, other, options));
  const close = await tangentAt(map, neighbour(point, direction, epsilon, sameNorm), options);
  return { random, near: distanceOf(here, close), route: here.route };
}

/** Leading values that differ by less, relatively, are equal but for rounding, and span no particular subspace. */
const EQUAL = 1e-5;

interface Tangent extends Pick<TangentBasis, "vectors" | "route"> {
  readonly dimension: number | undefined;
}

async function tangentAt(
  map: DifferentiableMap,
  point: Float32Array,
  options: DistortionOptions,
): Promise<Tangent> {
  options.signal?.throwIfAborted();
  const { k } = options;
  if (k !== undefined) {
    const { vectors, singularValues: s, route } = await tangentBasis(map, point, k, options);
    const isFlat = k > 1 && s[k - 1] > (1 - EQUAL) * s[0];
    return { vectors, route, dimension: isFlat ? undefined : k };
  }
  return wholeTangentAt(map, point, options);
}

/** The tangent space with as many directions as the local dimension counts. */
async function wholeTangentAt(
  map: DifferentiableMap,
  point: Float32Array,
  options: DistortionOptions,
): Promise<Tangent> {
  const [inputDim, outputDim] = [map.from.dim, map.to.dim];
  const dimensionOf = (s: Float64Array, dead: DeadDirections): number | undefined =>
    localDimension(s, { ...options, ...dead, inputDim, outputDim }).dimension;
  const at = JacobianAt.of(map, point, options);
  if (options.method !== undefined || at.fits("decomposition")) {
    const j = await wholeJacobian(at, options);
    const { u, s } = svd(j);
    return { vectors: u, route: "matrix", dimension: dimensionOf(s, deadDirections(j)) };
  }
  const { singularValues, route, ...dead } = await spectrumAt(at, options);
  const dimension = dimensionOf(singularValues, dead);
  if (dimension === undefined || dimension === 0) return { vectors: matrix(outputDim, 0), route, dimension };
  return { ...(await tangentBasisAt(at, dimension, options)), dimension };
}

function distanceOf(a: Tangent, b: Tangent): TangentDistance | undefined {
  const k = Math.min(a.dimension ?? 0, b.dimension ?? 0);
  if (k === 0) return undefined;
  const angles = subspaceAngles(leadingColumns(a.vectors, k), leadingColumns(b.vectors, k));
  return { distance: grassmannDistance(angles, "normalizedGeodesic"), k };
}

/**
 * Why there is no Distortion. `flat`: the spectra have no local dimension (give k), or their leading k values are all
 * alike. `affine`: tangent spaces do not turn at all, which gives 0/0. `too-near`: neighbours share their tangent
 * space, as within one linear region of a ReLU network, while independent points do not; raise ε.
 */
export type DistortionProblem = "flat" | "affine" | "too-near";

/**
 * How much farther apart tangent spaces of independent points are than those of neighbours (Choi et al., ICLR
 * 2022), from many samples.
 */
export interface Distortion {
  /** I_rand, I_local: mean distances in radians; NaN where there is no sample. */
  readonly iRand: number;
  /** I_local, mean distance of near pairs in radians; NaN where there is no sample. */
  readonly iLocal: number;
  /** I_rand/I_local. */
  readonly distortion: number | undefined;
  /** Why there is no ratio. */
  readonly problem: DistortionProblem | undefined;
  /** Ends of the 95 % interval of the ratio, by the percentiles of a bootstrap over pairs; from two pairs on. */
  readonly interval: readonly [number, number] | undefined;
  /** Number of pairs that count, and of pairs without local dimension. */
  readonly pairs: number;
  /** Number of pairs left out, without local dimension. */
  readonly excluded: number;
  /** Median k over the independent points; undefined without samples. */
  readonly k: number | undefined;
}

/** Mean distances below this are rounding. */
const FLOOR = 1e-6;

/** Distortion from samples of one map and one ε. */
export function distortion(
  samples: readonly Pick<DistortionSample, "random" | "near">[],
  options: BootstrapOptions = {},
): Distortion {
  requireKind("distortion: samples", "list", samples);
  const { clusters } = options;
  const usable = samples.flatMap(({ random, near }, i) =>
    random && near ? [{ random, near, cluster: clusters?.[i] ?? i }] : [],
  );
  const count = usable.length;
  const meansOf = (members: Int32Array): { iRand: number; iLocal: number } => {
    let [iRand, iLocal] = [0, 0];
    for (const member of members) {
      const { random, near } = usable[member];
      iRand += random.distance / members.length;
      iLocal += near.distance / members.length;
    }
    return { iRand, iLocal };
  };
  const { iRand, iLocal } =
    count === 0 ? { iRand: Number.NaN, iLocal: Number.NaN } : meansOf(Int32Array.from(usable.keys()));
  const problem = problemOf(iRand, iLocal);
  const ratio = (members: Int32Array): number => {
    const means = meansOf(members);
    return means.iRand / means.iLocal;
  };
  const hasInterval = problem === undefined && count > 1;
  const own = clusters && usable.map(({ cluster }) => cluster);
  const interval = hasInterval ? bootstrap(count, ratio, { ...options, clusters: own }).interval : undefined;
  const ks = usable.map(({ random }) => random.k).sort((a, b) => a - b);
  return {
    iRand,
    iLocal,
    distortion: problem === undefined ? iRand / iLocal : undefined,
    problem,
    interval,
    pairs: count,
    excluded: samples.length - count,
    k: ks[count >> 1],
  };
}

function problemOf(iRand: number, iLocal: number): DistortionProblem | undefined {
  if (Number.isNaN(iRand)) return "flat";
  if (iLocal >= FLOOR) return undefined;
  return iRand >= FLOOR ? "too-near" : "affine";
}
