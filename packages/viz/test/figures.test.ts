// Every kind of figure as it was when somebody last looked at it: places, margins, sizes and order. Other tests say what
// must hold of a figure; this one, that nothing has moved. After a change that is meant, look at the files that
// `npx vitest run packages/viz/test/figures.test.ts --update` writes.

import { expect, test } from "vitest";
import { spectrumView } from "../src/explorer/spectrum-view.ts";
import {
  bandOf,
  bandPlot,
  contactSheet,
  curvePlot,
  directionTables,
  formatStep,
  heatMap,
  histogram,
  layerPlot,
  spectrumPlot,
} from "../src/index.ts";
import { disc } from "./helpers.ts";

/** Irregular numbers in [0, 1), the same everywhere: no function that engines may round differently. */
const values = (count: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => (((i + seed) * 7919) % 1009) / 1009);

const long = "a name that is too long for the place that there is for it, whatever the figure is";
const longer = `${long}, and ${long}`;
const steps = [-1, 0, 1];
const discs = (size: number, height = size) => steps.map((t) => disc(size, 0.5 + 0.25 * t, height));

/** The explorer's: as many values, one of them selected, with a local dimension. */
const spectrumOf = (singularValues: number[], selected: number, count?: number) => {
  const dimension = { dimension: count, status: "ok", kept: 5, noise: 0, tested: 3 } as const;
  const shown = { singularValues: Float64Array.from(singularValues) };
  return spectrumView({ ...shown, dimension: count === undefined ? undefined : dimension }, selected);
};

const figures: Readonly<Record<string, () => string>> = {
  "band-plot": () =>
    bandPlot({
      title: "Bands of samples",
      subtitle: "seed 1",
      x: { title: "k" },
      y: { title: "distance (rad)" },
      bandTitle: "median and quartiles",
      series: [
        { label: "first", ...bandOf([values(12), values(12, 5), values(12, 9)]) },
        { label: "second", ...bandOf([values(12, 40), values(12, 60)]) },
        { label: "chance", y: values(12, 80), reference: true },
      ],
    }),
  "curve-plot": () =>
    curvePlot({
      title: "Curves",
      x: { title: "t (s)", domain: [0, 1] },
      y: { title: "speed", scale: "log" },
      width: 500,
      height: 300,
      curves: [
        { label: "above", x: [0, 0.4, 0.8, 1.2], y: [1, 30, 200, 1000] },
        { label: "as high at the end", x: [0, 0.5, 1], y: [5, Number.NaN, 201] },
        { label: long, x: [0, 0.5, 1], y: [2, 2, 202] },
      ],
    }),
  "heat-map-square": () =>
    heatMap({
      title: "Square",
      matrix: { rows: 5, cols: 5, data: values(25) },
      rowTitle: "factors",
      columnTitle: "codes",
      valueTitle: "importance",
    }),
  "heat-map-wide": () =>
    heatMap({
      title: "Wide, with a gap",
      matrix: { rows: 2, cols: 30, data: [Number.NaN, ...values(59)] },
      rowLabels: ["short", long],
      columnLabels: Array.from({ length: 30 }, (_, i) => `layer ${i}`),
      valueTitle: "warpage",
    }),
  "heat-map-signed": () =>
    heatMap({
      title: "Signed, names of the bar's values of several lengths",
      matrix: { rows: 2, cols: 3, data: [-5, 0, 5, 10, 2, 7] },
      valueTitle: "speed",
    }),
  "histogram-bin": () =>
    histogram({
      title: "One edge that is round",
      valueTitle: "dimension",
      bins: 1,
      series: [{ label: "all", values: [0, 0.1, 0.4] }],
    }),
  "histogram-one": () =>
    histogram({
      title: "One sample",
      valueTitle: "dimension",
      series: [{ label: "all", values: values(60) }],
    }),
  "histogram-two": () =>
    histogram({
      title: "Two samples",
      subtitle: long,
      valueTitle: "dimension",
      bins: 8,
      series: [
        { label: "first", values: values(60) },
        { label: "second", values: values(30, 500).map((x) => x / 2) },
      ],
    }),
  "layer-plot": () =>
    layerPlot({
      title: "Layers",
      layers: ["b4", "b8", "b16"],
      y: { title: "distortion" },
      groups: [
        { label: "samples", samples: [values(9), [], values(9, 30)] },
        {
          label: "means",
          y: [0.3, Number.NaN, 0.6],
          low: [0.2, Number.NaN, 0.5],
          high: [0.4, Number.NaN, 0.9],
        },
      ],
      reference: {
        label: "untrained",
        y: [0.5, 0.5, 0.4],
        low: [0.4, 0.4, 0.3],
        high: [0.6, 0.6, 0.5],
      },
    }),
  "spectrum-plot": () =>
    spectrumPlot({
      title: "Spectra",
      series: [
        { label: "z", values: [8, 4, 2, 1, 0.5, 0] },
        { label: "w", values: Array.from({ length: 50 }, (_, i) => 9 - i / 6) },
      ],
    }),
  // Every text is too long for its place.
  "band-plot-crowded": () =>
    bandPlot({
      title: longer,
      subtitle: longer,
      x: { title: longer },
      y: { title: longer },
      bandTitle: longer,
      series: [
        { label: longer, ...bandOf([values(12), values(12, 5), values(12, 9)]) },
        { label: longer, y: values(12, 80), reference: true },
      ],
    }),
  "heat-map-crowded": () =>
    heatMap({
      title: longer,
      matrix: { rows: 2, cols: 3, data: values(6) },
      rowTitle: longer,
      columnTitle: longer,
      valueTitle: longer,
      rowLabels: [longer, "b"],
      columnLabels: [longer, "b", "c"],
    }),
  "layer-plot-crowded": () =>
    layerPlot({
      title: longer,
      layers: [longer, "b"],
      y: { title: longer },
      groups: [
        { label: longer, samples: [values(9), values(9, 30)] },
        { label: "means", y: [0.3, 0.6], low: [0.2, 0.5], high: [0.4, 0.9] },
      ],
      reference: { label: longer, y: [0.5, 0.4], low: [0.4, 0.3], high: [0.6, 0.5] },
    }),
  "contact-sheet-crowded": () =>
    contactSheet({
      title: longer,
      subtitle: longer,
      columnTitle: longer,
      columnLabels: steps.map(() => longer),
      footer: longer,
      rows: [{ label: longer, sublabel: longer, images: discs(8) }],
    }),
  // Less than a decade, with a dimension and the first selected; decades, with what is rounding; too many for dots.
  "explorer-spectrum-narrow": () => spectrumOf([3.15, 2.75, 2.45, 2.225, 1.735], 0, 3),
  "explorer-spectrum-wide": () => spectrumOf([812, 101, 17.5, 1.25, 0.375, 0.008, 1e-9], 4),
  "explorer-spectrum-long": () =>
    spectrumOf(
      Array.from({ length: 130 }, (_, i) => 40 - 0.3 * i),
      -1,
      12,
    ),
  "contact-sheet": () =>
    contactSheet({
      title: "Directions",
      subtitle: "z → image",
      columnTitle: "step t",
      columnLabels: steps.map(formatStep),
      footer: "vielbein",
      rows: [
        { label: "direction 0", sublabel: "σ = 2", images: discs(8, 4) },
        { label: long, images: discs(8, 4) },
      ],
    }),
  "direction-tables": () =>
    directionTables(
      {
        title: "Tables",
        samples: ["a", "b"],
        directions: [
          { name: "one", values: ["2"] },
          { name: "two", values: ["1"] },
        ],
        valueTitles: ["share"],
        stepLabels: steps.map(formatStep),
        images: () => discs(8),
      },
      "direction",
    ),
};

test.each(Object.entries(figures))("%s", async (name, draw) => {
  const kind = name === "direction-tables" ? "html" : "svg";
  await expect(draw()).toMatchFileSnapshot(`fixtures/${name}.${kind}`);
});
