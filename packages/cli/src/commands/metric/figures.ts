// The figures of `metric`: spectra over the points, and homogeneity between points or layers.

import type { Provenance } from "@vielbein/core";
import { bandOf, bandPlot, heatMap, type LineSeries } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { defined } from "../../kit/defined.ts";
import { hasShuffled, type LayerMetric, type MetricReport, type MetricRow, targetText } from "./report.ts";

/** Spectra over the points, with their bands: an SVG document. */
export function spectrumFigure({ layers, provenance }: MetricReport): string {
  const labels = layerLabels(layers.map(({ to }) => to));
  const several = layers.length > 1;
  const hasBand = pointsOf(layers) > 1;
  return bandPlot({
    title: `${provenance.model.file}: spectrum of the metric`,
    subtitle: subtitleOf(provenance, layers),
    series: layers.flatMap(({ rows }, i) => {
      const trained = spectrumLine(rows, "", several ? `${labels[i]}` : "trained");
      if (!hasShuffled(rows)) return [trained];
      return [trained, spectrumLine(rows, "shuffled_", several ? `${labels[i]}, shuffled` : "shuffled")];
    }),
    x: { title: "rank" },
    y: { title: `eigenvalue of ${provenance.options.matrix}`, scale: "log" },
    ...defined({ bandTitle: hasBand ? "mean over points, 5 to 95 %" : undefined }),
  });
}

function spectrumLine(rows: readonly MetricRow[], prefix: "" | "shuffled_", label: string): LineSeries {
  const values = rows.map((row) => row[`${prefix}eigenvalues`] as Float64Array);
  const length = Math.max(...values.map((spectrum) => spectrum.length));
  const samples = Array.from({ length }, (_, k) => values.map((spectrum) => spectrum[k] ?? Number.NaN));
  const y = samples.map((at) => at.reduce((total, value) => total + value, 0) / at.length);
  const line = { label, y, reference: prefix !== "" };
  if (rows.length === 1) return line;
  const { low, high } = bandOf(samples, "percentiles");
  return { ...line, low, high };
}

/** Homogeneity between points, or between layers where there are several: an SVG document; undefined without. */
export function homogeneityFigure({ layers, between, provenance }: MetricReport): string | undefined {
  const found = between?.logarithmic ?? layers[0]?.homogeneity?.logarithmic.matrix;
  if (!found?.data.some(Number.isFinite)) return undefined;
  const labels = between ? layerLabels(layers.map(({ to }) => to)) : undefined;
  const what = between ? "layer" : "point";
  const hasNegative = found.data.some((value) => value < 0);
  return heatMap({
    title: `${provenance.model.file}: homogeneity of the metric`,
    subtitle: subtitleOf(provenance, layers),
    matrix: found,
    ...defined({ rowLabels: labels, columnLabels: labels }),
    rowTitle: `${what} whose axes are taken`,
    columnTitle: `${what} whose metric measures them`,
    valueTitle: "correlation of log λ",
    scale: hasNegative ? "diverging" : "sequential",
    domain: [hasNegative ? -1 : 0, 1],
  });
}

function subtitleOf(provenance: Provenance, layers: readonly LayerMetric[]): string {
  return `${targetText(provenance, layers)} · ${originOf(provenance)}, ${pointsOf(layers)} points`;
}

/** Number of points at the first layer: an interrupted run may have fewer at the last. */
function pointsOf([first]: readonly LayerMetric[]): number {
  return first?.rows.length ?? 0;
}
