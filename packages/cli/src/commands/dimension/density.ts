// How many singular values lie above each fraction of the first: the spectral density, summed up from above.

import type { Provenance, Space } from "@vielbein/core";
import type { Estimate } from "@vielbein/core/dimension";
import { bandPlot } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { spacesText } from "../../kit/names.ts";

/** Fractions of σ0. */
export const LEVELS: readonly number[] = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/** At one point: how many, for each of {@link LEVELS}. */
export type Density = readonly Estimate[];

/** Of singular values that are all known. */
export function densityOf(singularValues: Float64Array): Density {
  return LEVELS.map((level) => {
    const value = singularValues.filter((sigma) => sigma > level * singularValues[0]!).length;
    return { value, interval: [value, value] };
  });
}

/** `median` of the values, and the outermost ends of their intervals. */
export function spanOf(estimates: readonly Estimate[]): Estimate {
  const ascending = estimates.map(({ value }) => value).toSorted((a, b) => a - b);
  const middle = (estimates.length - 1) / 2;
  return {
    value: (ascending[Math.floor(middle)]! + ascending[Math.ceil(middle)]!) / 2,
    interval: [
      Math.min(...estimates.map(({ interval }) => interval[0])),
      Math.max(...estimates.map(({ interval }) => interval[1])),
    ],
  };
}

/** A line for each layer: the median over its points, in a band of all of them and of their intervals. */
export function densityPlot(
  layers: readonly {
    readonly to: Space;
    readonly points: readonly Density[];
    readonly isEstimate: boolean;
  }[],
  provenance: Provenance,
): string {
  const labels = layerLabels(layers.map(({ to }) => to));
  const intervals = layers.some(({ isEstimate }) => isEstimate) ? " · estimates with 95 % intervals" : "";
  return bandPlot({
    title: `${provenance.model.file}: singular values above a fraction of the first`,
    subtitle: `from ${spacesText(provenance.from)} · ${originOf(provenance)}, ${provenance.points.count} points${intervals}`,
    x: { title: "fraction of σ0", scale: "log" },
    y: { title: "singular values above it" },
    bandTitle: "median and range",
    series: layers.map(({ points, isEstimate }, layer) => {
      const spans = LEVELS.map((_, i) => spanOf(points.map((density) => density[i]!)));
      return {
        label: `${labels[layer]}${isEstimate ? " (estimate)" : ""}`,
        x: LEVELS,
        y: spans.map(({ value }) => value),
        low: spans.map(({ interval }) => interval[0]),
        high: spans.map(({ interval }) => interval[1]),
      };
    }),
  });
}
