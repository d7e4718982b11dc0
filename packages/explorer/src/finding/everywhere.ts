// Directions that hold everywhere: of the weights, of samples, and of the metric averaged over samples. Those of samples
// come after a few of them already, and grow more certain with each batch.

import {
  averageMetric,
  factorize,
  JacobianAt,
  type MetricSpectrum,
  metricSpectrum,
  type PrincipalComponents,
  PrincipalComponentsAccumulator,
  selectMaps,
  stackWeights,
} from "@vielbein/core";
import { leadingColumns, type Matrix, matmul } from "@vielbein/linalg";
import { firstAffineMaps } from "@vielbein/onnx";
import type { Spaces } from "../opening/spaces.ts";
import { MEMORY_BUDGET } from "../opening/survey.ts";
import { LEADING } from "./derivative.ts";
import { constant, FEW, type Found, keepLeading, keptOf, type Search } from "./found.ts";

/**
 * Longer codes have their principal components by an approximation: the exact ones take seconds in which nothing can be
 * cancelled.
 */
const EXACT_CODE = 1024;
const PCA_SAMPLES = 512;
const PCA_BATCH = 32;
/** Samples after which the first components are shown; again after each doubling. */
const PCA_FIRST = 64;
/** Components by whose agreement the certainty is told. */
const COMPARED = 4;
const METRIC_SAMPLES = 8;

/** SeFa, as its authors' code has it: rows of length 1, of the maps to colours only the last. */
export function findSefa(spaces: Spaces): Found {
  const { graph, map } = spaces;
  const { shape } = map.from;
  const chosen = selectMaps(firstAffineMaps(graph));
  const { directions, eigenvalues } = factorize(stackWeights(chosen.map(({ weight }) => weight)));
  const set = keepLeading(spaces, {
    space: map.from,
    vectors: directions,
    names: [],
    layers: directions.rows < map.from.dim ? Array.from({ length: shape[0] }, (_, i) => i) : undefined,
    values: { kind: "eigenvalue", values: eigenvalues },
    method: "SeFa",
  });
  return { set, deviations: constant(spaces, set), samples: 0, options: { variant: "official" } };
}

/**
 * Principal components of the code; of the input, whose samples have none, the directions that go with those of `to`.
 */
export async function findComponents(spaces: Spaces, { signal, progress }: Search): Promise<Found> {
  const { map, head } = spaces;
  const dim = (head ? map.from : map.to).dim;
  const accumulators = [accumulatorOf(spaces, keptOf(spaces)), accumulatorOf(spaces, FEW)] as const;
  let before: PrincipalComponents | undefined;
  for (let first = 0; first < PCA_SAMPLES; first += PCA_BATCH) {
    const codes = await spaces.sample(0, first, PCA_BATCH, 1, signal);
    const values = head ? codes : await map.evaluate(codes, PCA_BATCH, { signal });
    for (const accumulator of accumulators) accumulator.append(values, head ? undefined : codes);
    const count = first + PCA_BATCH;
    const share = count / PCA_SAMPLES;
    if (count < PCA_FIRST || count === PCA_SAMPLES || !Number.isInteger(Math.log2(count / PCA_FIRST))) {
      progress({ share });
      continue;
    }
    const now = accumulators[1].result();
    progress({ share, found: componentsFound(spaces, now, agreementOf(before, now, dim)) });
    before = now;
  }
  const result = accumulators[0].result();
  return componentsFound(spaces, result, agreementOf(before, result, dim));
}

function accumulatorOf({ map, head }: Spaces, most: number): PrincipalComponentsAccumulator {
  const { dim } = head ? map.from : map.to;
  return new PrincipalComponentsAccumulator(dim, {
    k: Math.min(most, dim, map.from.dim),
    exactUpTo: EXACT_CODE,
    latentDim: head ? undefined : map.from.dim,
  });
}

function componentsFound(spaces: Spaces, result: PrincipalComponents, agreement: number | undefined): Found {
  const { map, head } = spaces;
  const { directions: vectors, stdev } = result.latent ?? {
    directions: result.components,
    stdev: result.stdev,
  };
  return {
    set: keepLeading(spaces, {
      space: map.from,
      vectors,
      names: [],
      values: { kind: "standard deviation", values: head ? stdev : result.stdev },
      method: head ? "principal components" : "principal components, regressed",
    }),
    deviations: stdev,
    samples: result.count,
    options: { k: stdev.length, latent: !head, exact: result.isExact },
    certainty: { samples: result.count, of: PCA_SAMPLES, agreement },
  };
}

/** Mean squared cosine between the spans of the first components of two results. */
function agreementOf(
  before: PrincipalComponents | undefined,
  now: PrincipalComponents,
  dim: number,
): number | undefined {
  if (!before) return undefined;
  const k = Math.min(COMPARED, dim, before.components.cols, now.components.cols);
  const [a, b] = [leadingColumns(before.components, k), leadingColumns(now.components, k)];
  return squareOf(matmul(a, b, { transposeA: true })) / k;
}

function squareOf({ data }: Matrix): number {
  return data.reduce((sum, x) => sum + x * x, 0);
}

/** Axes of the metric JᵀJ, averaged over samples. */
export async function findMetricAxes(spaces: Spaces, { signal, progress }: Search): Promise<Found> {
  const { map } = spaces;
  const options = { signal, memoryBudget: MEMORY_BUDGET };
  const spectra: MetricSpectrum[] = [];
  for (let i = 0; i < METRIC_SAMPLES; i++) {
    const point = await spaces.sample(0, i, 1, 1, signal);
    const isLong = JacobianAt.of(map, point, options).prefersLeading(LEADING);
    spectra.push(await metricSpectrum(map, point, { ...options, k: isLong ? LEADING : undefined }));
    const share = spectra.length / METRIC_SAMPLES;
    if (share < 1) progress({ share, found: axesFound(spaces, spectra) });
  }
  return axesFound(spaces, spectra);
}

function axesFound(spaces: Spaces, spectra: readonly MetricSpectrum[]): Found {
  const { eigenvalues, eigenvectors } = averageMetric(spectra);
  const set = keepLeading(spaces, {
    space: spaces.map.from,
    vectors: eigenvectors,
    names: [],
    values: { kind: "eigenvalue", values: eigenvalues },
    method: "metric axes",
  });
  const [{ route }] = spectra;
  return {
    set,
    deviations: constant(spaces, set),
    samples: spectra.length,
    options: { of: "mean", routes: [route] },
    route,
    certainty: { samples: spectra.length, of: METRIC_SAMPLES },
  };
}
