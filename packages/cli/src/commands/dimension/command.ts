// vielbein dimension: local dimension and companions at sampled or given points, layer by layer.

import {
  DERIVATIVE_ROUTES,
  DIMENSION_CONVENTIONS,
  type DimensionConvention,
  jacobianSpectrum,
  type Provenance,
  type Space,
} from "@vielbein/core";
import { type Command, Option } from "commander";
import { CodeSource } from "../../inputs/codes.ts";
import { addLayerOptions, LayerMaps, type LayerOptions, layerSpaces } from "../../inputs/layers.ts";
import { addPointOptions, type PointOptions, provenanceOf } from "../../inputs/model.ts";
import type { Points } from "../../inputs/points-file.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, percent, positiveList } from "../../kit/arguments.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { type Columns, NOT_NEGATIVE, ROUTE_COLUMN, SPECTRUM } from "../../kit/row-file.ts";
import { addRowOptions, computeRows, type RowOptions } from "../../kit/rows.ts";
import { print, type Terminal } from "../../kit/terminal.ts";
import {
  type DimensionRow,
  dimensionJson,
  dimensionPlot,
  dimensionTable,
  layerReports,
  type Spectrum,
} from "./report.ts";

interface DimensionOptions extends LayerOptions, PointOptions, RowOptions {
  samples: number;
  threshold: number[];
  alpha: number;
  convention: DimensionConvention;
  untrained: number;
  plot?: string;
  json?: boolean;
}

const NO_SPECTRUM: Spectrum = {
  singularValues: new Float64Array(),
  deadInputs: Number.NaN,
  deadOutputs: Number.NaN,
};

export function dimensionCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addRowOptions(
    addPointOptions(
      addLayerOptions(
        program
          .command("dimension <model>")
          .summary("local dimension, layer by layer")
          .description(
            "Estimates along how many directions the output moves at sampled or given points, beyond a tail of singular values that counts as noise, and prints rank statistics that need no such distinction beside it.",
          ),
      ),
    )
      .option("--samples <n>", "number of points to draw", integer(1), 10)
      .option(
        "--threshold <list>",
        "singular values up to this fraction of the first are discarded; of several, the first is the main one",
        positiveList,
        [0.01],
      )
      .option("--alpha <percent>", "level of the tests, below 14.1", percent, 0.5)
      .addOption(
        new Option("--convention <name>", "samples and variables that the test assumes")
          .choices(DIMENSION_CONVENTIONS)
          .default("input"),
      )
      .option(
        "--untrained <n>",
        "networks with redrawn weights that the points of the untrained null are spread over",
        integer(0, 1000),
        0,
      ),
    "the singular values at every layer and point",
  )
    .addOption(figureOption("--plot <file>", "box plot over the layers, .svg or .png"))
    .option("--json", "one JSON document on stdout")
    .action((argument: string, options: DimensionOptions) =>
      localDimensions(argument, options, terminal, signal),
    );
}

async function localDimensions(
  argument: string,
  options: DimensionOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await loadTruncated(argument, options, terminal, signal);
  const spaces = await layerSpaces(loaded, options);
  const maps = new LayerMaps(loaded, options, spaces);
  try {
    const first = await maps.at(0);
    const { to: _to, layers: _layers, ...mapOptions } = options;
    const { from } = first;
    const source = await CodeSource.open(loaded, first, mapOptions);
    const points = await source.take(0, options.samples, signal).finally(() => source.dispose());
    const width = Math.max(...spaces.map((space) => Math.min(from.dim, space.dim)));
    const untrained = await maps.availableUntrained(options.untrained, terminal);
    const provenance = {
      ...provenanceOf(loaded, first, "local dimension", points.source, {
        layers: spaces.map(({ name }) => name),
        points: points.count,
        untrained,
      }),
      to: spaces.at(-1) ?? first.to,
    };
    const job = {
      ...options,
      terminal,
      signal,
      what: "points at layers",
      total: spaces.length * points.count,
      provenance,
      columns: columnsOf(points.count, width, from.dim),
    };
    await computeRows<DimensionRow>(
      job,
      (row) => spectraAt(row, { maps, points, width, untrained, memory: options.memory, signal }),
      (rows) => report(rows, spaces, { ...options, untrained }, provenance, terminal),
    );
  } finally {
    await maps.dispose();
  }
}

/** The spectra of row `row`: of the model, and of a network with redrawn weights. */
async function spectraAt(
  row: number,
  {
    maps,
    points,
    width,
    untrained,
    memory,
    signal,
  }: {
    readonly maps: LayerMaps;
    readonly points: Points;
    readonly width: number;
    readonly untrained: number;
    readonly memory: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<DimensionRow> {
  const [layer, index] = [Math.floor(row / points.count), row % points.count];
  const dim = points.values.length / points.count;
  const point = points.values.slice(index * dim, (index + 1) * dim);
  const call = { signal, memoryBudget: memory };
  const trained = await jacobianSpectrum(await maps.at(layer), point, call);
  const redrawn =
    untrained === 0
      ? NO_SPECTRUM
      : await jacobianSpectrum(await maps.untrainedAt(layer, index % untrained), point, call);
  return {
    layer,
    index,
    singular_values: padded(trained.singularValues, width),
    dead_inputs: trained.deadInputs,
    dead_outputs: trained.deadOutputs,
    route: DERIVATIVE_ROUTES.indexOf(trained.route),
    untrained_singular_values: padded(redrawn.singularValues, width),
    untrained_dead_inputs: redrawn.deadInputs,
    untrained_dead_outputs: redrawn.deadOutputs,
  };
}

async function report(
  rows: readonly DimensionRow[],
  spaces: readonly Space[],
  options: DimensionOptions,
  provenance: Provenance,
  terminal: Terminal,
): Promise<void> {
  const reports = layerReports(rows, spaces, provenance.from, options);
  print(
    terminal,
    options.json ? dimensionJson(reports, options, provenance) : dimensionTable(reports, options, provenance),
  );
  if (options.plot !== undefined) {
    await writeFigure(options.plot, () => dimensionPlot(reports, options, provenance), terminal);
  }
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

function padded(values: ArrayLike<number>, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => values[i] ?? Number.NaN);
}
