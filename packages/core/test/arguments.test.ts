// Arguments out of range are refused by a typed error, whatever the method.

import { identity, LinalgError, matrix } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { cumulativeDimension, localDimension, spectrumStatistics } from "../src/dimension/index.ts";
import { frechetDistance } from "../src/disentanglement/index.ts";
import {
  chordalMean,
  distanceProfile,
  grassmannExp,
  grassmannLog,
  haarProfile,
  karcherMean,
  matchDirections,
  parallelTransport,
  subspaceAngles,
  subspaceOverlap,
} from "../src/grassmann/index.ts";
import {
  anisotropy,
  averageMetric,
  equalStep,
  functionMap,
  homogeneity,
  jacobian,
  localBasis,
  metricBasis,
  metricByDifferences,
  metricSpectrum,
  metricTensor,
  PrincipalComponentsAccumulator,
  randomDirections,
  samplePoints,
  sefa,
  selectMaps,
  tangentBasis,
  VielbeinError,
} from "../src/index.ts";
import { greatCircle, measureChain, straightLine, trimmedMean } from "../src/paths/index.ts";
import { bootstrap } from "../src/statistics/index.ts";
import {
  distortionSample,
  summarizeProfiles,
  warpagePair,
  warpageSample,
} from "../src/tangent-spaces/index.ts";

const map = functionMap({
  from: { name: "x", dim: 3, shape: [3] },
  to: { name: "y", dim: 3, shape: [3] },
  evaluate: (x) => Array.from(x, Math.sin),
  jvp: (x, t) => Array.from(t, (v, i) => Math.cos(x[i]!) * v),
});
const at = new Float32Array(3);
const e1 = matrix(2, 1, [1, 0]);
const wrongColumn = matrix(2, 1, [0, Number.NaN]);
const pair = { point: at, other: at, direction: Float64Array.of(1, 0, 0) };
const spectrum = (...eigenvalues: number[]) => ({
  eigenvalues: Float64Array.from(eigenvalues),
  eigenvectors: identity(eigenvalues.length),
});
const good = spectrum(3, 2, 1);
const counts = [-1, 0, 1.5, Number.NaN];

const unit = { mean: new Float64Array(2), covariance: identity(2) };

const calls: Record<string, () => unknown> = {
  "chordalMean of none": () => chordalMean([]),
  "karcherMean: tolerance": () => karcherMean([e1], { tolerance: Number.NaN }),
  "karcherMean: iterations": () => karcherMean([e1], { iterations: Number.NaN }),
  "karcherMean: restarts": () => karcherMean([e1], { restarts: -1 }),
  "averageMetric: NaN": () => averageMetric([spectrum(Number.NaN, 1, 1)]),
  "homogeneity: NaN": () => homogeneity([spectrum(Number.NaN, 1, 1), good]),
  "homogeneity: negative": () => homogeneity([spectrum(1, -1, -2), good]),
  "homogeneity: ascending": () => homogeneity([spectrum(1, 2, 3), good]),
  "metricBasis: exponent": () => metricBasis(good, Number.NaN),
  "metricBasis: exponent above 1": () => metricBasis(good, 1.001),
  "metricBasis: negative exponent": () => metricBasis(good, -0.001),
  "metricBasis: floor 0": () => metricBasis(good, 0.5, 0),
  "metricBasis: floor above 1": () => metricBasis(good, 0.5, 1.001),
  "metricBasis: nothing moves": () => metricBasis(spectrum(0, 0), 0.5),
  "metricBasis: floor": () => metricBasis(good, 0.5, Number.NaN),
  "metricBasis: negative": () => metricBasis(spectrum(2, 1, -1), 0.5),
  "equalStep: NaN": () => equalStep(Number.NaN, 1),
  "equalStep: negative": () => equalStep(-1, 1),
  "equalStep: 0/0": () => equalStep(0, 0),
  "trimmedMean of none": () => trimmedMean([]),
  "frechetDistance: NaN": () =>
    frechetDistance({ mean: Float64Array.of(Number.NaN, 0), covariance: identity(2) }, unit),
  "frechetDistance: negative": () =>
    frechetDistance({ mean: new Float64Array(2), covariance: matrix(2, 2, [1, 0, 0, -1]) }, unit),
  "summarizeProfiles of none": () => summarizeProfiles([]),
  "summarizeProfiles, uneven": () => summarizeProfiles([new Float64Array(1), new Float64Array(2)]),
  "distanceProfile: k": () => distanceProfile(e1, e1, 2),
  "distanceProfile: NaN": () => distanceProfile(wrongColumn, e1),
  "haarProfile: k": () => haarProfile(0, 0, 2, 3),
  "grassmannExp: no frame": () => grassmannExp(matrix(2, 1, [2, 0]), matrix(2, 1)),
  "grassmannLog: no frame": () => grassmannLog(matrix(2, 1, [2, 0]), e1),
  "parallelTransport: no frame": () => parallelTransport(matrix(2, 1, [2, 0]), matrix(2, 1), matrix(2, 1)),
  "karcherMean: no frame": () => karcherMean([matrix(2, 1, [2, 0])]),
  "grassmannExp: NaN": () => grassmannExp(e1, wrongColumn),
  "grassmannLog: shape": () => grassmannLog(e1, identity(2)),
  "parallelTransport: NaN": () => parallelTransport(e1, matrix(2, 1, [0, 1]), wrongColumn),
  "subspaceOverlap of zeros": () => subspaceOverlap(matrix(2, 1), e1),
  "subspaceAngles: shape": () => subspaceAngles(e1, identity(3)),
  "matchDirections: NaN": () => matchDirections(wrongColumn, e1),
  "randomDirections: seed": () => randomDirections(3, 1, -1),
  "samplePoints: count": () => samplePoints(map.from, 0, 0, -1),
  "samplePoints: half": () => samplePoints(map.from, 0, 0, 1.5),
  "samplePoints: first": () => samplePoints(map.from, 0, -1, 1),
  "localDimension: NaN": () => localDimension([Number.NaN]),
  "localDimension: ascending": () => localDimension([1, 2]),
  "localDimension: infinite": () => localDimension([Number.POSITIVE_INFINITY, 1]),
  "localDimension: alpha": () => localDimension([2, 1], { alpha: Number.NaN }),
  "localDimension: threshold": () => localDimension([2, 1], { threshold: -0.1 }),
  "localDimension: deadInputs": () => localDimension([2, 1], { deadInputs: 3 }),
  "localDimension: no zeros for the dead": () => localDimension([3, 2, 1], { deadInputs: 1 }),
  "localDimension: deadOutputs": () => localDimension([2, 1], { deadOutputs: 0.5 }),
  "metricSpectrum: tolerance": () => metricSpectrum(map, at, { k: 1, tolerance: Number.NaN }),
  "metricSpectrum: accuracy": () => metricSpectrum(map, at, { accuracy: "low" as "high" }),
  "metricTensor: route": () => metricTensor(map, at, { route: "rows" as "columns" }),
  "metricTensor: budget": () => metricTensor(map, at, { memoryBudget: -1 }),
  "jacobian: budget": () => jacobian(map, at, { memoryBudget: 1 }),
  "jacobian: NaN": () => jacobian(map, Float32Array.of(Number.NaN, 0, 0)),
  "warpageSample: ε": () => warpageSample(map, pair, { epsilons: [0] }),
  "warpagePair: index": () => warpagePair(map.from, 0, -1),
  "bootstrap of none": () => bootstrap(0, () => 1),
  "bootstrap: resamples": () => bootstrap(2, () => 1, { resamples: 1 }),
  "anisotropy: infinite": () => anisotropy([Number.POSITIVE_INFINITY, 1]),
  "spectrumStatistics: NaN": () => spectrumStatistics([Number.NaN]),
  "cumulativeDimension: share": () => cumulativeDimension([1], Number.NaN),
  "sefa of nothing": () => sefa([]),
  "selectMaps of nothing": () => selectMaps([]),
  "metricByDifferences: step": () => metricByDifferences(map, at, { step: -1 }),
  "principal components: one sample": () => new PrincipalComponentsAccumulator(3).result(),
  "principal components: NaN": () =>
    new PrincipalComponentsAccumulator(3).append(Float32Array.of(1, 2, Number.NaN)),
  "principal components: shape": () => new PrincipalComponentsAccumulator(3).append(new Float32Array(4)),
  "measureChain: shape": () => measureChain(map, new Float32Array(7)),
  "measureChain: one point": () => measureChain(map, at),
  "measureChain: none": () => measureChain(map, new Float32Array(0)),
  "measureChain: NaN": () => measureChain(map, Float32Array.of(0, 0, 0, 0, Number.NaN, 0)),
  "straightLine: ends": () => straightLine(at, new Float32Array(2), 2),
  "greatCircle: ends": () => greatCircle(Float32Array.of(1, 0), Float32Array.of(0, 1, 0), 2),
  "greatCircle: zero": () => greatCircle(at, Float32Array.of(1, 0, 0), 2),
  ...Object.fromEntries(
    counts.flatMap((k): [string, () => unknown][] => [
      [`chordalMean: k = ${k}`, () => chordalMean([e1], k)],
      [`distanceProfile: k = ${k}`, () => distanceProfile(e1, e1, k)],
      [`randomDirections: ${k}`, () => randomDirections(3, k, 0)],
      [`metricSpectrum: k ${k}`, () => metricSpectrum(map, at, { k })],
      [`tangentBasis: k = ${k}`, () => tangentBasis(map, at, k)],
      [`localBasis: k ${k}`, () => localBasis(map, at, { k })],
      [`warpageSample: k = ${k}`, () => warpageSample(map, pair, { k })],
      [`distortionSample: k = ${k}`, () => distortionSample(map, pair, { k })],
      [`principal components: ${k}`, () => new PrincipalComponentsAccumulator(3, { k })],
      [`straightLine: ${k} segments`, () => straightLine(at, at, k)],
    ]),
  ),
};

test.each(Object.entries(calls))("%s", async (_, call) => {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error instanceof VielbeinError || error instanceof LinalgError, String(error)).toBe(true);
});

const within: Record<string, () => unknown> = {
  "karcherMean without iterations and restarts": () =>
    karcherMean([e1], { iterations: 0, restarts: 0, tolerance: 0 }),
  "chordalMean: k = 1": () => chordalMean([e1], 1),
  "homogeneity of two points": () => homogeneity([good, good]),
  "metricBasis: exponents 0 and 1, floor 1": () => [
    metricBasis(good, 0),
    metricBasis(good, 1, 1),
    metricBasis(spectrum(2, 0, 0), 0.5),
  ],
  "equalStep: one of both 0": () => [equalStep(0, 1), equalStep(1, 0), equalStep(1, -1)],
  "trimmedMean of one": () => trimmedMean([3]),
  "summarizeProfiles of one": () => summarizeProfiles([Float64Array.of(1, 2)]),
  "distanceProfile: k = 1": () => distanceProfile(e1, e1, 1),
  "haarProfile: k = 1 and n": () => [haarProfile(0, 0, 2, 1), haarProfile(0, 0, 2, 2)],
  "randomDirections: 1 and all": () => [randomDirections(3, 1, 0), randomDirections(3, 3, 0)],
  "samplePoints: none, and the first": () => [
    samplePoints(map.from, 0, 0, 0),
    samplePoints(map.from, 0, 0, 1),
  ],
  "localDimension: one value, thresholds 0 and nearly 1": () => [
    localDimension([1]),
    localDimension([2, 1], { threshold: 0 }),
    localDimension([2, 1], { threshold: 1 - 2 ** -52 }),
    localDimension([2, 0], { deadInputs: 1, deadOutputs: 0 }),
    localDimension([0, 0], { deadInputs: 2, deadOutputs: 2 }),
  ],
  "metricSpectrum: k 1 and all": () =>
    Promise.all([metricSpectrum(map, at, { k: 1 }), metricSpectrum(map, at, { k: 3 })]),
  "tangentBasis: k = 1 and all": () => Promise.all([tangentBasis(map, at, 1), tangentBasis(map, at, 3)]),
  "localBasis: k 1 and all": () =>
    Promise.all([localBasis(map, at, { k: 1 }), localBasis(map, at, { k: 3 })]),
  "warpageSample: k = 1 and all": () =>
    Promise.all([1, 3].map((k) => warpageSample(map, pair, { k, epsilons: [1e-3] }))),
  "distortionSample: k = 1 and all": () => Promise.all([1, 3].map((k) => distortionSample(map, pair, { k }))),
  "warpagePair: the first": () => warpagePair(map.from, 0, 0),
  "bootstrap of one, two resamples": () => bootstrap(1, () => 1, { resamples: 2 }),
  "anisotropy and statistics of one value, and of zeros behind it": () => [
    anisotropy([1]),
    anisotropy([1, 0]),
    spectrumStatistics([1]),
    spectrumStatistics([1, 0]),
  ],
  "cumulativeDimension: shares next to 0 and 1": () => [
    cumulativeDimension([1], Number.MIN_VALUE),
    cumulativeDimension([1], 1 - 2 ** -53),
  ],
  "principal components: 1 and all": () =>
    [1, 3].map((k) => {
      const samples = new PrincipalComponentsAccumulator(3, { k });
      samples.append(Float32Array.of(1, 2, 3, 3, 2, 1));
      return samples.result();
    }),
  "measureChain: two points": () => measureChain(map, new Float32Array(6)),
  "straightLine: one segment": () => straightLine(at, at, 1),
  "greatCircle: one segment": () => greatCircle(Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0), 1),
};

test.each(Object.entries(within))("the least and the most is taken: %s", async (_, call) => {
  await expect(Promise.resolve().then(call)).resolves.toBeDefined();
});
