// What `dimension` draws: the dimensions of the layers, and the densities of their spectra.

import type { Provenance } from "@vielbein/core";
import { layerPlot } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { spacesText } from "../../kit/names.ts";
import { densityPlot } from "./density.ts";
import { estimateGroup } from "./estimates.ts";
import { type DimensionSettings, estimatedLayers, type LayerReport, type PointReport } from "./report.ts";

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

/** Bars of the layers whose spectra were sampled, where there are some. */
function estimateGroups(reports: readonly LayerReport[]) {
  const layers = estimatedLayers(reports);
  if (layers.every(({ points }) => points.length === 0)) return [];
  return [
    estimateGroup("effective rank", layers, (point) => point.effectiveRank),
    estimateGroup("participation ratio", layers, (point) => point.participationRatio),
  ];
}
