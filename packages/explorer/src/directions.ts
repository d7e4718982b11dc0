// Directions of a space by each of the methods, and how fast the output moves along them.

import {
  averageMetric,
  type DerivativeRoute,
  type DirectionSet,
  type DirectionValues,
  deadRows,
  defaultNames,
  displacementOf,
  factorize,
  type InputBasis,
  inputBasisAt,
  JacobianAt,
  type MetricSpectrum,
  metricSpectrum,
  PrincipalComponentsAccumulator,
  selectMaps,
  stackWeights,
} from "@vielbein/core";
import { type LocalDimension, localDimension } from "@vielbein/core/dimension";
import { leadingColumns, type Matrix, matrix } from "@vielbein/linalg";
import { firstAffineMaps } from "@vielbein/onnx";
import type { BasisOptions, ExplorerDirections, ExplorerSpectrum } from "@vielbein/viz/explorer";
import type { Spaces } from "./opening/spaces.ts";
import { MEMORY_BUDGET } from "./opening/survey.ts";

/** Directions that are handed to the page; each costs a tangent at every new point. */
const KEPT = 64;
/** How many are found where the derivative prefers the leading ones to all. */
const LEADING = 32;
/**
 * How many of these are found first, each in a fraction of the time of the next, and to which residual, as a fraction of
 * σ₁.
 */
const FIRST = [
  { k: 4, tolerance: 1e-3 },
  { k: 12, tolerance: 1e-4 },
] as const;
/** Outputs of which a tangent takes so long that no more than the first are looked for: those of 256² in colour. */
const LARGE_OUTPUT = 3 * 256 ** 2;
/**
 * Longer codes have their principal components by an approximation: the exact ones take seconds in which nothing can be
 * cancelled.
 */
const EXACT_CODE = 1024;
const PCA_SAMPLES = 512;
const PCA_BATCH = 32;
const METRIC_SAMPLES = 8;

/** Directions with what they were ordered by. */
type ValuedSet = DirectionSet & { readonly values: DirectionValues };

export interface Found {
  readonly set: ValuedSet;
  /** Standard deviation of the codes along each direction. */
  readonly deviations: Float64Array;
  /** Samples of seed 0 that were drawn for them. */
  readonly samples: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** How the derivative entered them, where they are read off it. */
  readonly route?: DerivativeRoute | undefined;
}

export interface LocalFound extends Found {
  readonly spectrum: ExplorerSpectrum;
}

/**
 * Local Basis at `point`. Where its leading directions alone are found, the first few come before the rest:
 * `progress` is handed them.
 */
export async function findBasis(
  spaces: Spaces,
  point: Float32Array,
  { signal, progress }: BasisOptions<LocalFound>,
): Promise<LocalFound> {
  const { map } = spaces;
  const at = JacobianAt.of(map, point, { signal, memoryBudget: MEMORY_BUDGET });
  if (!at.prefersLeading(LEADING)) return basisFound(spaces, point, await inputBasisAt(at));
  const wanted = at.isIterated(LEADING) && map.to.dim >= LARGE_OUTPUT ? FIRST[1].k : LEADING;
  const most = Math.min(map.to.dim, wanted, at.tripletsThatFit);
  for (const { k, tolerance } of FIRST.filter((few) => few.k < most)) {
    progress?.(basisFound(spaces, point, await inputBasisAt(at, k, tolerance)));
  }
  return basisFound(spaces, point, await inputBasisAt(at, most));
}

function basisFound(
  spaces: Spaces,
  point: Float32Array,
  { singularValues, inputVectors, route }: InputBasis,
): LocalFound {
  const { map } = spaces;
  const isWhole = singularValues.length === Math.min(map.from.dim, map.to.dim);
  const set = keepLeading(spaces, {
    space: map.from,
    vectors: inputVectors,
    names: [],
    values: { kind: "singular value", values: singularValues },
    method: "local basis",
    point,
  });
  return {
    set,
    deviations: constant(spaces, set),
    samples: 0,
    options: { k: set.vectors.cols, routes: [route] },
    route,
    spectrum: {
      singularValues,
      dimension: isWhole ? dimensionOf(map, singularValues, inputVectors) : undefined,
      route,
    },
  };
}

function dimensionOf(
  { from, to }: Spaces["map"],
  singularValues: Float64Array,
  inputVectors: Matrix,
): LocalDimension {
  // An input is dead where its row of V·diag(σ), as long as its column of J, is zero.
  const { rows, cols, data } = inputVectors;
  const lengths = matrix(
    rows,
    cols,
    data.map((x, at) => x * singularValues[at % cols]),
  );
  return localDimension(singularValues, {
    inputDim: from.dim,
    outputDim: to.dim,
    deadInputs: deadRows(lengths),
  });
}

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
export async function findComponents(spaces: Spaces, signal: AbortSignal): Promise<Found> {
  const { map, head } = spaces;
  const space = head ? map.from : map.to;
  const k = Math.min(keptOf(spaces), space.dim, map.from.dim);
  const accumulator = new PrincipalComponentsAccumulator(space.dim, {
    k,
    exactUpTo: EXACT_CODE,
    latentDim: head ? undefined : map.from.dim,
  });
  for (let first = 0; first < PCA_SAMPLES; first += PCA_BATCH) {
    const codes = await spaces.sample(0, first, PCA_BATCH, 1, signal);
    if (head) accumulator.append(codes);
    else accumulator.append(await map.evaluate(codes, PCA_BATCH, { signal }), codes);
  }
  const result = accumulator.result();
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
    samples: PCA_SAMPLES,
    options: { k: stdev.length, latent: !head, exact: result.isExact },
  };
}

/** Axes of the metric JᵀJ, averaged over samples. */
export async function findMetricAxes(spaces: Spaces, signal: AbortSignal): Promise<Found> {
  const { map } = spaces;
  const options = { signal, memoryBudget: MEMORY_BUDGET };
  const spectra: MetricSpectrum[] = [];
  for (let i = 0; i < METRIC_SAMPLES; i++) {
    const point = await spaces.sample(0, i, 1, 1, signal);
    const isLong = JacobianAt.of(map, point, options).prefersLeading(LEADING);
    spectra.push(await metricSpectrum(map, point, { ...options, k: isLong ? LEADING : undefined }));
  }
  const { eigenvalues, eigenvectors } = averageMetric(spectra);
  const set = keepLeading(spaces, {
    space: map.from,
    vectors: eigenvectors,
    names: [],
    values: { kind: "eigenvalue", values: eigenvalues },
    method: "metric axes",
  });
  const [{ route }] = spectra;
  return {
    set,
    deviations: constant(spaces, set),
    samples: METRIC_SAMPLES,
    options: { of: "mean", routes: [route] },
    route,
  };
}

/** ‖J·v‖ at `point` along each direction. */
export async function speedsAt(
  { map }: Spaces,
  set: DirectionSet,
  point: Float32Array,
  signal: AbortSignal,
): Promise<Float64Array> {
  const count = set.vectors.cols;
  const tangents = new Float32Array(count * map.from.dim);
  for (let k = 0; k < count; k++) tangents.set(displacementOf(set, k), k * map.from.dim);
  const pushed = await map.jvp(point, tangents, count, { signal });
  const m = map.to.dim;
  return Float64Array.from({ length: count }, (_, k) => {
    let squares = 0;
    for (let j = k * m; j < (k + 1) * m; j++) squares += pushed[j] ** 2;
    return Math.sqrt(squares);
  });
}

/** One standard deviation of the space along every direction of a set. */
export function constant(
  { description }: Spaces,
  { vectors }: DirectionSet,
): ExplorerDirections["deviations"] {
  return new Float64Array(vectors.cols).fill(description.deviation);
}

/** How many directions the page is handed. */
function keptOf({ map }: Spaces): number {
  return map.to.dim >= LARGE_OUTPUT ? FIRST[1].k : KEPT;
}

/** The leading directions, with their names and values. */
function keepLeading(spaces: Spaces, set: ValuedSet): ValuedSet {
  const { vectors, values } = set;
  const count = Math.min(keptOf(spaces), vectors.cols, values.values.length);
  return {
    ...set,
    vectors: count === vectors.cols ? vectors : leadingColumns(vectors, count),
    names: defaultNames(count),
    values: { kind: values.kind, values: values.values.slice(0, count) },
  };
}
