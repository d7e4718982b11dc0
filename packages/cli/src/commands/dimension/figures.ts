// What `dimension` draws: the dimensions of the layers, and the densities of their spectra.

import type { Provenance } from "@vielbein/core";
import { bandPlot, type LineSeries, layerPlot } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { spacesText } from "../../kit/names.ts";
import { densityPlot } from "./density.ts";
import { estimateGroup } from "./estimates.ts";
import { type DimensionSettings, estimatedLayers, type LayerReport, type PointReport } from "./report.ts";
import type { DimensionRow } from "./spectra.ts";

export function dimensionPlot(
  reports: readonly LayerReport[],
  options: DimensionSettings,
  provenance: Provenance,
): string {
  const samples = (value: (point: PointReport) => number | undefined) =>
    reports.map(({ points }) => points.map(value).filter((x) => x !== undefined));
  const isEmpty = (group: { readonly samples: readonly unknown[][] }) =>
    group.samples.every((values) => values.length === 0);
  const groups = options.threshold.map((threshold, i) => ({
    label: `local dimension, θ = ${threshold}`,
    samples: samples((point) => point.byThreshold[i]?.dimension),
  }));
  // Beside several thresholds companions would crowd the plot, unless there is nothing else in it.
  const hasRoom = groups.length === 1 || groups.every(isEmpty);
  if (options.untrained > 0) {
    groups.push({
      label: `untrained, θ = ${options.threshold[0]}`,
      samples: samples((point) => point.untrained?.dimension),
    });
  }
  if (hasRoom) {
    groups.push(
      { label: "effective rank", samples: samples((point) => point.effectiveRank) },
      { label: "participation ratio", samples: samples((point) => point.participationRatio) },
    );
  }
  const estimated = estimateGroups(reports);
  const isWhole = estimated.length === 0 || reports.some(({ points }) => points.length > 0);
  const interval = estimated.length > 0 ? " · estimates with 95 % intervals" : "";
  return layerPlot({
    title: `${provenance.model.file}: ${isWhole ? "local dimension" : "rank statistics"}`,
    subtitle: `from ${spacesText(provenance.from)} · ${originOf(provenance)}, ${provenance.points.count} points${interval}`,
    layers: layerLabels(reports.map(({ to }) => to)),
    groups: estimated.length > 0 ? [...groups.filter((group) => !isEmpty(group)), ...estimated] : groups,
    y: { title: "directions" },
  });
}

/** {@link densityPlot} of the reports. */
export function spectralDensityPlot(reports: readonly LayerReport[], provenance: Provenance): string {
  const layers = reports.map(({ to, points, estimates }) => ({
    to,
    points: [...points, ...estimates].map(({ density }) => density),
    isEstimate: estimates.length > 0,
  }));
  return densityPlot(
    layers.filter(({ points }) => points.length > 0),
    provenance,
  );
}

/**
 * The singular values at the points, layer by layer, beside those of networks with redrawn weights; undefined where all
 * are 0.
 */
export function spectraPlot(
  rows: readonly DimensionRow[],
  reports: readonly LayerReport[],
  provenance: Provenance,
): string | undefined {
  const labels = layerLabels(reports.map(({ to }) => to));
  const lines = (key: "singular_values" | "untrained_singular_values", of: string, reference: boolean) =>
    labels.flatMap((name, layer) => {
      const own = rows.filter((row) => row.layer === layer).map((row) => row[key]);
      const label = reports.length > 1 ? `${name}${of === "" ? "" : `, ${of}`}` : of || "this model";
      return spectrumLine(own, label, reference);
    });
  const series = [
    ...lines("singular_values", "", false),
    ...lines("untrained_singular_values", "untrained", true),
  ];
  if (series.length === 0) return undefined;
  return bandPlot({
    title: `${provenance.model.file}: singular values`,
    subtitle: `${spacesText(provenance.from)} → ${reports.length > 1 ? "layers" : spacesText(reports[0]!.to)} · ${originOf(provenance)}, ${provenance.points.count} points`,
    x: { title: "rank" },
    y: { title: "singular value σ", scale: "log" },
    bandTitle: "mean and range over the points",
    series,
  });
}

/** Of the values that are positive, which have a place on a logarithmic axis; nothing where there are none. */
function spectrumLine(spectra: readonly Float64Array[], label: string, reference: boolean): LineSeries[] {
  const length = Math.max(0, ...spectra.map((values) => values.filter((x) => x > 0).length));
  if (length === 0) return [];
  const samples = Array.from({ length }, (_, k) => spectra.map((values) => values[k]!).filter((x) => x > 0));
  return [
    {
      label,
      reference,
      y: samples.map((at) => at.reduce((sum, x) => sum + x, 0) / at.length),
      low: samples.map((at) => Math.min(...at)),
      high: samples.map((at) => Math.max(...at)),
    },
  ];
}

/** Bars of the layers whose spectra were sampled, where there are some. */
function estimateGroups(reports: readonly LayerReport[]) {
  const layers = estimatedLayers(reports);
  if (layers.every(({ points }) => points.length === 0)) return [];
  return [
    estimateGroup("effective rank", layers, (point) => point.effectiveRank),
    estimateGroup("participation ratio", layers, (point) => point.participationRatio),
  ];
}
