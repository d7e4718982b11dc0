// vielbein dimension: local dimension and companions at sampled or given points, layer by layer.

import { DIMENSION_CONVENTIONS, jacobianSpectrum } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { firstCodes } from "../../inputs/codes.ts";
import { drawsOf, drawsOption, stackedOver } from "../../inputs/draws.ts";
import { LayerMaps, layerOptions, ofOneLayer } from "../../inputs/layers.ts";
import { pointOptions } from "../../inputs/model.ts";
import type { Points } from "../../inputs/points-file.ts";
import { openLayers, provenanceOfLayers } from "../../inputs/task.ts";
import { integer, percent, positiveList } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { choice, json, option } from "../../kit/options.ts";
import { ROUTE_COLUMN, routeCell } from "../../kit/routes.ts";
import { type Columns, NOT_NEGATIVE, SPECTRUM } from "../../kit/row-file.ts";
import { computeRows, rowOptions } from "../../kit/rows.ts";
import {
  type DimensionRow,
  dimensionJson,
  dimensionPlot,
  dimensionTable,
  layerReports,
  type Spectrum,
} from "./report.ts";

const NO_SPECTRUM: Spectrum = {
  singularValues: new Float64Array(),
  deadInputs: Number.NaN,
  deadOutputs: Number.NaN,
};

export const dimension = command({
  name: "dimension",
  argument: "<model>",
  summary: "local dimension, layer by layer",
  description:
    "Estimates in how many directions the output moves at sampled or given points, beyond a tail of singular values that counts as noise; also prints rank statistics that need no noise model.",
  options: {
    ...layerOptions,
    draws: drawsOption,
    ...pointOptions,
    samples: option("--samples <n>", "number of points to draw", integer(1), 10),
    threshold: option(
      "--threshold <list>",
      "discard singular values up to this fraction of the largest; given several, the first is the main one",
      positiveList,
      [0.01],
    ),
    alpha: option("--alpha <percent>", "level of the tests, below 14.1", percent, 0.5),
    convention: choice(
      "--convention <name>",
      "numbers of samples and variables that the test assumes",
      DIMENSION_CONVENTIONS,
      "input",
    ),
    untrained: option(
      "--untrained <n>",
      "number of networks with redrawn weights for the untrained null, over which the points are spread",
      integer(0, 1000),
      0,
    ),
    ...rowOptions("the singular values at every layer and point"),
    plot: figure("--plot <file>", "box plot over the layers, .svg or .png"),
    json,
  },
  async run(given) {
    const task = await openLayers(given);
    const { loaded, maps, first, options, terminal, signal, use } = task;
    const { from } = first;
    const others = drawsOf(loaded, options.draws).slice(1);
    const draws = [maps];
    for (const draw of others) draws.push(await use(new LayerMaps(draw, options, task.spaces)));
    const points = await firstCodes(loaded, first, ofOneLayer(options), options.samples, signal);
    const width = Math.max(...task.spaces.map(({ dim }) => Math.min(from.dim, options.draws * dim)));
    const untrained = await maps.availableUntrained(options.untrained, terminal);
    const spectra = { draws, points, width, untrained, memory: options.memory, signal };
    const settings = { ...options, untrained };
    return computeRows<DimensionRow>(task, {
      what: "points at layers",
      total: task.spaces.length * points.count,
      provenance: provenanceOfLayers(task, "local dimension", points.source, {
        points: points.count,
        untrained,
        draws: options.draws > 1 ? options.draws : undefined,
      }),
      columns: columnsOf(points.count, width, from.dim),
      compute: (row) => spectraAt(row, spectra),
      report: (rows, provenance) => {
        const reports = layerReports(rows, task.spaces, from, settings);
        return {
          json: () => dimensionJson(reports, settings, provenance),
          text: () => dimensionTable(reports, settings, provenance),
          after: () =>
            writeFigure(options.plot, () => dimensionPlot(reports, settings, provenance), terminal),
        };
      },
    });
  },
});

/** What the spectra are of. */
interface SpectraTask {
  /** Maps for each draw of the noise. */
  readonly draws: readonly LayerMaps[];
  readonly points: Points;
  /** The most singular values that a layer has. */
  readonly width: number;
  readonly untrained: number;
  readonly memory: number | undefined;
  readonly signal: AbortSignal;
}

/** The spectra of row `row`: of the model, and of a network with redrawn weights. */
async function spectraAt(row: number, task: SpectraTask): Promise<DimensionRow> {
  const { draws, points, width, untrained, memory, signal } = task;
  const [layer, index] = [Math.floor(row / points.count), row % points.count];
  const dim = points.values.length / points.count;
  const point = rowAt(points.values, index, dim).slice();
  const call = { signal, memoryBudget: memory };
  const spectrumOf = async (mapOf: (maps: LayerMaps) => Promise<OnnxMap>) =>
    jacobianSpectrum(await stackedOver(draws, mapOf), point, call);
  const trained = await spectrumOf((maps) => maps.at(layer));
  const hasNull = untrained > 0;
  const redrawn = hasNull
    ? await spectrumOf((maps) => maps.untrainedAt(layer, index % untrained))
    : NO_SPECTRUM;
  return {
    layer,
    index,
    singular_values: padWithNaN(trained.singularValues, width),
    dead_inputs: trained.deadInputs,
    dead_outputs: trained.deadOutputs,
    route: routeCell(trained.route),
    untrained_singular_values: padWithNaN(redrawn.singularValues, width),
    untrained_dead_inputs: redrawn.deadInputs,
    untrained_dead_outputs: redrawn.deadOutputs,
  };
}

function columnsOf(count: number, width: number, inputs: number): Columns<DimensionRow> {
  const dead = { shape: [], isWhole: true };
  return {
    layer: { shape: [], at: (row) => Math.floor(row / count) },
    index: { shape: [], at: (row) => row % count },
    singular_values: { shape: [width], hasGaps: true, ...SPECTRUM },
    dead_inputs: { ...dead, range: [0, inputs] },
    dead_outputs: { ...dead, ...NOT_NEGATIVE },
    route: ROUTE_COLUMN,
    untrained_singular_values: { shape: [width], hasGaps: true, ...SPECTRUM },
    untrained_dead_inputs: { ...dead, hasGaps: true, range: [0, inputs] },
    untrained_dead_outputs: { ...dead, hasGaps: true, ...NOT_NEGATIVE },
  };
}

function padWithNaN(values: ArrayLike<number>, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => values[i] ?? Number.NaN);
}
