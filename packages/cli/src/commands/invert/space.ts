// Where `invert` searches: from the samples nearest to the target, inside of a uniform prior's box, and in coordinates
// along the axes of the metric.

import {
  averageMetric,
  boundedMap,
  type DerivativeRoute,
  type DifferentiableMap,
  type InversionMethod,
  metricBasis,
  VielbeinError,
} from "@vielbein/core";
import type { Matrix } from "@vielbein/linalg";
import { rowAt } from "@vielbein/linalg";
import { type Distance, squaredDistance } from "../../inputs/distance.ts";
import { metricSpectra } from "../../inputs/metric-spectra.ts";
import { isInput, type LoadedModel } from "../../inputs/model.ts";
import type { Points } from "../../inputs/points-file.ts";

/** The map to search on, and the ways between codes and its points, for any number of them. */
export interface SearchSpace {
  readonly map: DifferentiableMap;
  free(codes: Float32Array): Float32Array;
  code(points: Float32Array): Float32Array;
  /** Of a uniform prior. */
  readonly bounds?: readonly [low: number, high: number] | undefined;
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for the weight of a prior without a length to draw to. */
export function searchSpace(
  loaded: LoadedModel,
  { map }: Distance,
  { priorWeight, method }: { readonly priorWeight?: number | undefined; readonly method: InversionMethod },
): SearchSpace {
  const prior = isInput(loaded, map.from.name) ? map.from.prior : undefined;
  if (prior?.kind !== "uniform") return { map, free: (codes) => codes, code: (points) => points };
  if (priorWeight !== undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--prior-weight: the prior of "${map.from.name}" is uniform, all codes in its box are alike, and the search keeps to it. Leave it out.`,
    );
  }
  const { low, high } = prior;
  if (method === "levenberg-marquardt") {
    return { map, free: (codes) => codes, code: (points) => points, bounds: [low, high] };
  }
  const bounded = boundedMap(map, low, high);
  return { map: bounded.map, free: bounded.free, code: bounded.inside, bounds: [low, high] };
}

export interface Candidate {
  /** Index of the sample, or row of --points. */
  readonly sample: number;
  readonly code: Float32Array;
  /** Squared, from the target. */
  readonly distance: number;
}

/** Candidates that go through the network together: their features are large. */
const TOGETHER = 16;

/** The `count` codes whose output is nearest to the target, the nearest first. */
export async function nearestCodes(
  map: DifferentiableMap,
  codes: Points,
  target: Float32Array,
  count: number,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const n = map.from.dim;
  const candidates: Candidate[] = [];
  for (let first = 0; first < codes.count; first += TOGETHER) {
    signal.throwIfAborted();
    const rows = Math.min(TOGETHER, codes.count - first);
    const values = await map.evaluate(codes.values.slice(first * n, (first + rows) * n), rows, { signal });
    for (let i = 0; i < rows; i++) {
      candidates.push({
        sample: first + i,
        code: rowAt(codes.values, first + i, n).slice(),
        distance: squaredDistance(rowAt(values, i, map.to.dim), target),
      });
    }
    await new Promise(setImmediate);
  }
  return candidates.sort((a, b) => a.distance - b.distance).slice(0, count);
}

/** Coordinates for a search. */
interface MetricAxes {
  readonly basis: Matrix;
  readonly route: DerivativeRoute;
  /** What the provenance has of them. */
  readonly description: object;
}

/** Axes of the metric averaged over codes, scaled by λ^−exponent. */
export async function metricAxes(
  { map, free }: SearchSpace,
  codes: Float32Array,
  { exponent, memory }: { readonly exponent: number; readonly memory?: number | undefined },
  signal: AbortSignal,
): Promise<MetricAxes> {
  const n = map.from.dim;
  const points = free(codes);
  const places = Array.from({ length: points.length / n }, (_, i) => ({
    map,
    point: rowAt(points, i, n).slice(),
  }));
  const { spectra, route } = await metricSpectra(places, { memory }, signal);
  return {
    basis: metricBasis(averageMetric(spectra), exponent),
    route,
    description: { coordinates: "metric", exponent, metricSamples: places.length },
  };
}
