// All estimators under names of their own, with what each needs.

import { requireChoice, requireInteger, requireKind } from "../requirements.ts";
import type { Cloud } from "./cloud.ts";
import { correlationIntegral } from "./correlation-integral.ts";
import { type Estimate, undetermined } from "./estimate.ts";
import { fisherSeparability } from "./fisher-separability.ts";
import { levinaBickel } from "./levina-bickel.ts";
import { minimumDistance, minimumDistanceWhole } from "./minimum-distance.ts";
import { manifoldAdaptive, methodOfMoments } from "./moments-of-distances.ts";
import { neighbourGraph, searchedNeighbours } from "./neighbour-graph.ts";
import { simplexSkewness } from "./simplex-skewness.ts";
import {
  localSpectrumDimensions,
  SPECTRUM_RULES,
  type SpectrumRuleName,
  spectrumDimension,
} from "./spectrum-rules.ts";
import { tightLocal } from "./tight-local.ts";
import { twoNN, twoNNLikelihood } from "./two-nn.ts";

/** What estimators of intrinsic dimension may be told; each reads what concerns it. */
export interface EstimatorOptions {
  /** Neighbours of each point. Default: that of the estimator. */
  readonly k?: number | undefined;
  /** Of the subsamples of the neighbour graph. Default 0. */
  readonly seed?: number | bigint | undefined;
  /** Whether the rules of principal components are applied to the neighbourhood of every point too. Default `false`. */
  readonly perPoint?: boolean | undefined;
}

/** An estimator of intrinsic dimension with what a table says of it. */
export interface Estimator {
  /** For tables and pictures. */
  readonly title: string;
  /** Neighbours by default; undefined for estimators that need none, or always the same number. */
  readonly k?: number | undefined;
  /** Whether it is defined at a point too: then there are estimates at the points. */
  readonly isLocal?: boolean | undefined;
  /** Neighbours that are searched for, of k, in a cloud of n points. */
  readonly searched: (k: number, n: number, options: EstimatorOptions) => number;
  /** The estimate from a cloud with k neighbours of each point. */
  readonly estimate: (cloud: Cloud, k: number, options: EstimatorOptions) => Estimate;
}

/** Estimators of a local quantity by 20 neighbours, as is usual; ESS needs a larger neighbourhood to take means over. */
const USUAL = 20;
const LARGE = 100;
const GRAPH = 5;

const itself = (k: number): number => k;

/** A rule for the spectrum of the whole cloud; and for those of neighbourhoods, where there are as many neighbours. */
function ofSpectrum(title: string, name: SpectrumRuleName): Estimator {
  const rule = SPECTRUM_RULES[name];
  return {
    title,
    k: LARGE,
    isLocal: true,
    searched: (k, n, { perPoint }) => (perPoint && k < n ? k : 0),
    estimate: (cloud, k, { perPoint }) => ({
      ...spectrumDimension(cloud, rule),
      local: perPoint && k < cloud.n ? localSpectrumDimensions(cloud, k, rule) : undefined,
    }),
  };
}

/** Every {@link EstimatorName}, by family. */
export const ESTIMATOR_NAMES = [
  "mle",
  "twonn",
  "twonn-mle",
  "correlation-integral",
  "mom",
  "mada",
  "tle",
  "ess",
  "mind-mlk",
  "mind-mli",
  "fishers",
  "knn-graph",
  "pca-fo",
  "pca-fan",
  "pca-maxgap",
  "pca-ratio",
  "pca-participation",
  "pca-kaiser",
  "pca-broken-stick",
] as const;

/** Names of the estimators of intrinsic dimension, keys of {@link ESTIMATORS}. */
export type EstimatorName = (typeof ESTIMATOR_NAMES)[number];

/** Estimators by their names. */
export const ESTIMATORS: Readonly<Record<EstimatorName, Estimator>> = {
  mle: {
    title: "MLE",
    k: USUAL,
    isLocal: true,
    searched: itself,
    estimate: (cloud, k) => levinaBickel(cloud.neighbours(k)),
  },
  twonn: { title: "TwoNN", searched: () => 2, estimate: (cloud) => twoNN(cloud.neighbours(2)) },
  "twonn-mle": {
    title: "TwoNN, likelihood",
    searched: () => 2,
    estimate: (cloud) => twoNNLikelihood(cloud.neighbours(2)),
  },
  "correlation-integral": {
    title: "correlation integral",
    k: USUAL,
    searched: itself,
    estimate: correlationIntegral,
  },
  mom: {
    title: "MOM",
    k: USUAL,
    isLocal: true,
    searched: itself,
    estimate: (cloud, k) => methodOfMoments(cloud.neighbours(k)),
  },
  mada: {
    title: "MADA",
    k: USUAL,
    isLocal: true,
    searched: itself,
    estimate: (cloud, k) => manifoldAdaptive(cloud.neighbours(k)),
  },
  tle: { title: "TLE", k: USUAL, isLocal: true, searched: itself, estimate: tightLocal },
  ess: { title: "ESS", k: LARGE, isLocal: true, searched: itself, estimate: simplexSkewness },
  "mind-mlk": {
    title: "MiND MLk",
    k: USUAL,
    searched: (k) => k + 1,
    estimate: (cloud, k) => minimumDistance(cloud.neighbours(k + 1)),
  },
  "mind-mli": {
    title: "MiND MLi",
    k: USUAL,
    searched: (k) => k + 1,
    estimate: (cloud, k) => minimumDistanceWhole(cloud.neighbours(k + 1)),
  },
  fishers: { title: "FisherS", searched: () => 0, estimate: fisherSeparability },
  "knn-graph": { title: "kNN graph", k: GRAPH, searched: searchedNeighbours, estimate: neighbourGraph },
  "pca-fo": ofSpectrum("PCA, 5 % of λ₁", "fo"),
  "pca-fan": ofSpectrum("PCA, Fan", "fan"),
  "pca-maxgap": ofSpectrum("PCA, largest gap", "maxgap"),
  "pca-ratio": ofSpectrum("PCA, 95 % of variance", "ratio"),
  "pca-participation": ofSpectrum("PCA, participation", "participation"),
  "pca-kaiser": ofSpectrum("PCA, Kaiser", "kaiser"),
  "pca-broken-stick": ofSpectrum("PCA, broken stick", "broken-stick"),
};

/**
 * The estimate of one estimator. Where the cloud has too few points for it, or they do not determine a dimension, there is
 * none, with the reason.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a k that is not a whole number from 2.
 */
export function estimateDimension(
  cloud: Cloud,
  name: EstimatorName,
  options: EstimatorOptions = {},
): Estimate {
  requireKind("estimateDimension: cloud", "cloud", cloud);
  requireChoice("estimateDimension: name", name, ESTIMATOR_NAMES);
  const estimator = ESTIMATORS[name];
  const k = options.k ?? estimator.k ?? 0;
  if (options.k !== undefined) requireInteger("estimateDimension: k", k, 2);
  if (cloud.n < 2) return undetermined("all points are equal");
  const needed = estimator.searched(k, cloud.n, options);
  if (needed < cloud.n) return estimator.estimate(cloud, k, options);
  return undetermined(`needs more than ${needed} distinct points, there are ${cloud.n}`);
}

/** The most neighbours that any of the estimators searches for in a cloud of n points: search for them first. */
export function neighboursNeeded(
  names: readonly EstimatorName[],
  n: number,
  options: EstimatorOptions = {},
): number {
  requireKind("neighboursNeeded: names", "list", names);
  const counts = names.map((name) => {
    requireChoice("neighboursNeeded: each name", name, ESTIMATOR_NAMES);
    const estimator = ESTIMATORS[name];
    return estimator.searched(options.k ?? estimator.k ?? 0, n, options);
  });
  return Math.max(0, ...counts.filter((k) => k < n));
}
