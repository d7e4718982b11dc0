// Spectra of the metric at several points, for what is averaged over them.

import {
  type DerivativeRoute,
  type DifferentiableMap,
  type MetricSpectrum,
  metricSpectrum,
} from "@vielbein/core";

export interface MetricSpectra {
  /** In the order of the points. */
  readonly spectra: readonly MetricSpectrum[];
  /** The route for all of them: points of one map are treated alike. */
  readonly route: DerivativeRoute;
}

/** @param points at least one. */
export async function metricSpectra(
  map: DifferentiableMap,
  points: readonly Float32Array[],
  { k, memory }: { readonly k?: number | undefined; readonly memory: number | undefined },
  signal: AbortSignal,
): Promise<MetricSpectra> {
  const spectra: MetricSpectrum[] = [];
  for (const point of points) {
    signal.throwIfAborted();
    spectra.push(await metricSpectrum(map, point, { k, memoryBudget: memory, signal }));
    await new Promise(setImmediate);
  }
  const route = spectra[0]?.route;
  if (!route) throw new Error("A spectrum by derivatives states their route, got none.");
  return { spectra, route };
}
