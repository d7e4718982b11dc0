// Spectra of the metric at several points, for what is averaged over them.

import {
  type DerivativeRoute,
  type DifferentiableMap,
  type MetricSpectrum,
  metricSpectrum,
} from "@vielbein/core";

export interface MetricSpectra {
  /** In the order of the places. */
  readonly spectra: readonly MetricSpectrum[];
  /** The route for all of them: places are treated alike. */
  readonly route: DerivativeRoute;
}

/** A map, and a point of it. */
export interface Place {
  readonly map: DifferentiableMap;
  readonly point: Float32Array;
}

/** @param places at least one, of maps between the same spaces. */
export async function metricSpectra(
  places: readonly Place[],
  { k, memory }: { readonly k?: number | undefined; readonly memory: number | undefined },
  signal: AbortSignal,
): Promise<MetricSpectra> {
  const spectra: MetricSpectrum[] = [];
  for (const { map, point } of places) {
    signal.throwIfAborted();
    spectra.push(await metricSpectrum(map, point, { k, memoryBudget: memory, signal }));
    await new Promise(setImmediate);
  }
  const route = spectra[0]?.route;
  if (!route) throw new Error("A spectrum by derivatives states their route, got none.");
  return { spectra, route };
}
