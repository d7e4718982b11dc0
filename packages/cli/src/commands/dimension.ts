// vielbein dimension: local dimension and companions at sampled or given points, layer by layer.

import {
  cumulativeDimension,
  DERIVATIVE_ROUTES,
  type DerivativeRoute,
  DIMENSION_CONVENTIONS,
  type DimensionConvention,
  type DimensionStatus,
  type JacobianSpectrum,
  jacobianSpectrum,
  type LocalDimension,
  localDimension,
  type Provenance,
  type Space,
  type SpectrumStatistics,
  spectrumStatistics,
} from "@vielbein/core";
import { layerPlot } from "@vielbein/viz";
import { type Command, Option } from "commander";
import { CodeSource, originOf } from "../inputs/codes.ts";
import { addLayerOptions, LayerMaps, type LayerOptions, layerLabels, layerSpaces } from "../inputs/layers.ts";
import { addPointOptions, type PointOptions, provenanceOf } from "../inputs/model.ts";
import { loadTruncated } from "../inputs/truncation.ts";
import { integer, percent, positiveList } from "../kit/arguments.ts";
import { figureOption, writeFigure } from "../kit/figure.ts";
import { type Columns, NOT_NEGATIVE, ROUTE_COLUMN, SPECTRUM } from "../kit/row-file.ts";
import { addRowOptions, computeRows, type RowOptions } from "../kit/rows.ts";
import { bold, dim, print, type Terminal, table } from "../kit/terminal.ts";

interface DimensionOptions extends LayerOptions, PointOptions, RowOptions {
  samples: number;
  threshold: number[];
  alpha: number;
  convention: DimensionConvention;
  untrained: number;
  plot?: string;
  json?: boolean;
}

/** Columns of the .npz file: one row for each layer and point, layer by layer. */
interface DimensionRow {
  readonly layer: number;
  readonly index: number;
  /** `[r]`, r the most that a layer has; NaN beyond those of this layer. */
  readonly singular_values: Float64Array;
  /** Inputs that move no output, and outputs that no input moves. */
  readonly dead_inputs: number;
  readonly dead_outputs: number;
  /** Position in `DERIVATIVE_ROUTES`. */
  readonly route: number;
  /** `[r]`, of the network with redrawn weights; NaN throughout without --untrained, as the two after it. */
  readonly untrained_singular_values: Float64Array;
  readonly untrained_dead_inputs: number;
  readonly untrained_dead_outputs: number;
}

const NO_SPECTRUM: Spectrum = {
  singularValues: new Float64Array(),
  deadInputs: Number.NaN,
  deadOutputs: Number.NaN,
};

const ROUGH =
  "some Jacobians exceed --memory: singular values by products with them, below 1e-3 of the first they are rounding";

const SHARES = { dims99: 0.99, dims999: 0.999, dims9999: 0.9999 };

/** What the local dimension is judged by. */
type Spectrum = Omit<JacobianSpectrum, "route">;

/** What is reported of one point. */
interface PointReport extends LocalDimension, SpectrumStatistics {
  readonly index: number;
  readonly largest: number;
  readonly deadInputs: number;
  readonly route: DerivativeRoute;
  /** At every threshold, the first included. */
  readonly byThreshold: readonly LocalDimension[];
  readonly cumulative: Readonly<Record<keyof typeof SHARES, number>>;
  /** At the first threshold, of the network with redrawn weights. */
  readonly untrained: LocalDimension | undefined;
}

interface LayerReport {
  readonly to: Space;
  readonly points: readonly PointReport[];
}

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
    .action(async (argument: string, options: DimensionOptions) => {
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
        const { memory } = options;
        const untrained = await maps.availableUntrained(options.untrained, terminal);
        const provenance = {
          ...provenanceOf(loaded, first, "local dimension", points.source, {
            layers: spaces.map(({ name }) => name),
            points: points.count,
            untrained,
          }),
          to: spaces.at(-1)!,
        };
        const spectrum = { signal, ...(memory === undefined ? {} : { memoryBudget: memory }) };
        await computeRows<DimensionRow>(
          {
            ...options,
            terminal,
            signal,
            what: "points at layers",
            total: spaces.length * points.count,
            provenance,
            columns: columnsOf(points.count, width, from.dim),
          },
          async (row) => {
            const [layer, index] = [Math.floor(row / points.count), row % points.count];
            const point = points.values.slice(index * from.dim, (index + 1) * from.dim);
            const trained = await jacobianSpectrum(await maps.at(layer), point, spectrum);
            const redrawn =
              untrained === 0
                ? NO_SPECTRUM
                : await jacobianSpectrum(await maps.untrainedAt(layer, index % untrained), point, spectrum);
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
          },
          async (rows) => {
            const shown = { ...options, untrained };
            const reports = layerReports(rows, spaces, from, shown);
            print(
              terminal,
              options.json ? toJson(reports, shown, provenance) : toText(reports, shown, provenance),
            );
            if (options.plot !== undefined) {
              await writeFigure(options.plot, () => plotOf(reports, shown, provenance), terminal);
            }
          },
        );
      } finally {
        await maps.dispose();
      }
    });
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

function layerReports(
  rows: readonly DimensionRow[],
  spaces: readonly Space[],
  from: Space,
  options: DimensionOptions,
): LayerReport[] {
  return spaces.map((to, layer) => ({
    to,
    points: rows.filter((row) => row.layer === layer).map((row) => pointReport(row, from, to, options)),
  }));
}

function pointReport(row: DimensionRow, from: Space, to: Space, options: DimensionOptions): PointReport {
  const { alpha, convention } = options;
  const at = ({ singularValues, ...dead }: Spectrum, threshold: number): LocalDimension =>
    localDimension(singularValues, {
      inputDim: from.dim,
      outputDim: to.dim,
      ...dead,
      threshold,
      alpha,
      convention,
    });
  const trained: Spectrum = {
    singularValues: unpadded(row.singular_values),
    deadInputs: row.dead_inputs,
    deadOutputs: row.dead_outputs,
  };
  const redrawn = (): Spectrum => ({
    singularValues: unpadded(row.untrained_singular_values),
    deadInputs: row.untrained_dead_inputs,
    deadOutputs: row.untrained_dead_outputs,
  });
  const largest = trained.singularValues[0]!;
  // Relative to the first: the statistics do not depend on the scale, and squares cannot vanish.
  const variances = trained.singularValues.map((s) => (s / (largest || 1)) ** 2);
  const byThreshold = options.threshold.map((threshold) => at(trained, threshold));
  return {
    index: row.index,
    ...byThreshold[0]!,
    largest,
    deadInputs: row.dead_inputs,
    route: DERIVATIVE_ROUTES[row.route]!,
    byThreshold,
    ...spectrumStatistics(variances),
    cumulative: {
      dims99: cumulativeDimension(variances, SHARES.dims99),
      dims999: cumulativeDimension(variances, SHARES.dims999),
      dims9999: cumulativeDimension(variances, SHARES.dims9999),
    },
    untrained: options.untrained === 0 ? undefined : at(redrawn(), options.threshold[0]!),
  };
}

function unpadded(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value));
}

function toJson(reports: readonly LayerReport[], options: DimensionOptions, provenance: Provenance): object {
  const dimension = ({ dimension, status, kept, noise, tested }: LocalDimension) => ({
    dimension: dimension ?? null,
    status,
    tested,
    kept,
    noise,
  });
  return {
    from: provenance.from,
    threshold: options.threshold[0],
    alpha: options.alpha,
    convention: options.convention,
    layers: reports.map(({ to, points }) => ({
      to,
      points: points.map((point) => ({
        index: point.index,
        ...dimension(point),
        deadInputs: point.deadInputs,
        route: point.route,
        participationRatio: point.participationRatio,
        effectiveRank: point.effectiveRank,
        stableRank: point.stableRank,
        ...point.cumulative,
        fukunagaOlsen: point.fukunagaOlsen,
        kaiser: point.kaiser,
        brokenStick: point.brokenStick,
        largestSingularValue: point.largest,
        ...(options.threshold.length > 1
          ? {
              byThreshold: point.byThreshold.map((result, i) => ({
                threshold: options.threshold[i],
                ...dimension(result),
              })),
            }
          : {}),
        ...(point.untrained ? { untrained: dimension(point.untrained) } : {}),
      })),
    })),
    provenance,
  };
}

function toText(reports: readonly LayerReport[], options: DimensionOptions, provenance: Provenance): string {
  const header = [
    "layer",
    "dim",
    ...options.threshold.map((threshold) => `dimension θ=${threshold}`),
    ...(options.untrained > 0 ? ["untrained"] : []),
    "tested",
    "kept",
    "particip. ratio",
    "eff. rank",
    "stable rank",
    "99 %",
    "status",
  ];
  const lines = reports
    .filter(({ points }) => points.length > 0)
    .map(({ to, points }) => {
      const over = (value: (point: PointReport) => number | undefined, digits = 0) =>
        spread(points.map(value), digits);
      return [
        to.name,
        String(to.dim),
        ...options.threshold.map((_, i) => over((point) => point.byThreshold[i]!.dimension)),
        ...(options.untrained > 0 ? [over((point) => point.untrained!.dimension)] : []),
        over((point) => point.tested),
        over((point) => point.kept),
        over((point) => point.participationRatio, 1),
        over((point) => point.effectiveRank, 1),
        over((point) => point.stableRank, 1),
        over((point) => point.cumulative.dims99),
        tally(points),
      ];
    });
  const { from } = provenance;
  const title = `${bold(`${from.name} [${from.shape.join(", ")}] → layers`)}  ${dim(`${originOf(provenance)}, median and range`)}`;
  const right = header.map((_, i) => i).filter((i) => i > 0 && i < header.length - 1);
  const isRough = reports.some(({ points }) => points.some(({ route }) => route === "products"));
  const remark = isRough ? `${dim(ROUGH)}\n` : "";
  return `${title}\n${table([header, ...lines], right)}\n${remark}`;
}

/** `median [low–high]` of the values there are. */
function spread(values: readonly (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length === 0) return "–";
  const [low, high] = [known[0]!.toFixed(digits), known.at(-1)!.toFixed(digits)];
  const median = (known[(known.length - 1) >> 1]! + known[known.length >> 1]!) / 2;
  const middle = Number.isInteger(median) || digits > 0 ? median.toFixed(digits) : median.toFixed(1);
  return low === high ? low : `${middle} [${low}–${high}]`;
}

function tally(points: readonly PointReport[]): string {
  const counts = new Map<DimensionStatus, number>();
  for (const { status } of points) counts.set(status, (counts.get(status) ?? 0) + 1);
  if (counts.size === 1) return points[0]!.status;
  return [...counts].map(([status, count]) => `${status} ×${count}`).join(", ");
}

function plotOf(reports: readonly LayerReport[], options: DimensionOptions, provenance: Provenance): string {
  const samples = (value: (point: PointReport) => number | undefined) =>
    reports.map(({ points }) => points.map(value).filter((x) => x !== undefined));
  const isEmpty = (group: { readonly samples: readonly unknown[][] }) =>
    group.samples.every((values) => values.length === 0);
  const companions = [
    { label: "effective rank", samples: samples((point) => point.effectiveRank) },
    { label: "participation ratio", samples: samples((point) => point.participationRatio) },
  ];
  const dimensions = options.threshold.map((threshold, i) => ({
    label: `local dimension, θ = ${threshold}`,
    samples: samples((point) => point.byThreshold[i]!.dimension),
  }));
  const untrained = {
    label: `untrained, θ = ${options.threshold[0]}`,
    samples: samples((point) => point.untrained?.dimension),
  };
  return layerPlot({
    title: `${provenance.model.file}: local dimension`,
    subtitle: `from ${provenance.from.name} [${provenance.from.shape.join(", ")}] · ${originOf(provenance)}, ${provenance.points.count} points`,
    layers: layerLabels(reports.map(({ to }) => to)),
    groups: [
      ...dimensions,
      ...(options.untrained > 0 ? [untrained] : []),
      // Beside several thresholds they would crowd the plot, unless there is nothing else in it.
      ...(dimensions.length === 1 || dimensions.every(isEmpty) ? companions : []),
    ],
    y: { title: "directions" },
  });
}
