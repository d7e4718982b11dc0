// vielbein metric: the metric of the image manifold at sampled or given points, its spectrum and its statistics.

import {
  averageMetric,
  DERIVATIVE_ROUTES,
  type DirectionSet,
  defaultNames,
  type MetricSpectrum,
  metricSpectrum,
  type Provenance,
  spectrumByDifferences,
} from "@vielbein/core";
import { leadingColumns } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { type Command, Option } from "commander";
import { CodeSource } from "../../inputs/codes.ts";
import { atMost } from "../../inputs/direction-counts.ts";
import { writeDirections } from "../../inputs/direction-files.ts";
import { addPointOptions, provenanceOf } from "../../inputs/model.ts";
import type { Points } from "../../inputs/points-file.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, positive } from "../../kit/arguments.ts";
import { OutputOption } from "../../kit/command-files.ts";
import { defined } from "../../kit/defined.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { type Columns, NOT_NEGATIVE, ROUTE_COLUMN, SPECTRUM } from "../../kit/row-file.ts";
import { addRowOptions, computeRows, type RowOptions } from "../../kit/rows.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, print, type Terminal } from "../../kit/terminal.ts";
import { addMetricMapOptions, type MetricMapOptions, MetricMaps } from "./maps.ts";
import {
  homogeneityFigure,
  type MetricReport,
  type MetricRow,
  metricJson,
  metricReport,
  metricTable,
  spectrumFigure,
} from "./report.ts";

interface MetricOptions extends MetricMapOptions, RowOptions {
  samples: number;
  top?: number | undefined;
  accuracy?: "high";
  differences?: number;
  shuffled?: boolean;
  directions?: string;
  plot?: string;
  heatMap?: string;
  json?: boolean;
}

export function metricCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addRowOptions(
    addPointOptions(
      addMetricMapOptions(
        program
          .command("metric <model>")
          .summary("metric of the image manifold: spectrum, anisotropy, homogeneity")
          .description(
            "Takes the Hessian H = 2·JᵀJ of the squared distance of outputs (the sum of squares; with features, of these) at sampled or given points, prints its eigenvalues, and compares the points.",
          ),
      ),
    )
      .option("--samples <n>", "number of points to draw", integer(1), 10)
      .option("--top <k>", "leading eigenpairs only, without forming H, with their residuals", integer(1))
      .addOption(
        new Option("--accuracy <how>", "high: from the singular values of J, for small eigenvalues")
          .choices(["high"])
          .conflicts("top"),
      )
      .addOption(
        new Option(
          "--differences <eps>",
          "½·H by differences of gradients at eps·‖z‖ either way instead, as ForwardIter of Wang & Ponce, for comparing numbers",
        )
          .argParser(positive)
          .conflicts(["top", "accuracy"]),
      )
      .option(
        "--shuffled",
        "the same of the generator with the entries of every weight permuted, as a control",
      ),
    "eigenvalues and eigenvectors at every point",
  )
    .addOption(
      new OutputOption(
        "--directions <file.safetensors>",
        "write the axes of the metric averaged over the points",
      ),
    )
    .addOption(figureOption("--plot <file>", "spectrum over the points, .svg or .png"))
    .addOption(
      figureOption("--heat-map <file>", "homogeneity between points, or between layers, .svg or .png"),
    )
    .option("--json", "one JSON document on stdout")
    .action((argument: string, options: MetricOptions) => metric(argument, options, terminal, signal));
}

async function metric(
  argument: string,
  options: MetricOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await loadTruncated(argument, options, terminal, signal);
  const maps = await MetricMaps.open(loaded, options, signal);
  let report: MetricReport | undefined;
  try {
    const { to: _to, layers: _layers, ...single } = options;
    const source = await CodeSource.open(loaded, await maps.generator(0), single);
    const codes = await source.take(0, options.samples, signal).finally(() => source.dispose());
    const first = await maps.at(0);
    const spectral = { ...options, top: atMost(first.from.dim, options.top, "--top", terminal) };
    const several = maps.layers.length > 1;
    const distance = several ? undefined : await maps.distance();
    const provenance: Provenance = {
      ...provenanceOf(loaded, first, "metric", codes.source, {
        matrix: options.differences === undefined ? "H = 2·JᵀJ" : "½·H by differences",
        ...(distance?.description ?? { distance: "l2" }),
        layers: maps.layers.map(({ name }) => name),
        points: several ? codes.count : undefined,
        top: spectral.top ?? "all",
        accuracy: options.accuracy ?? "normal",
        differences: options.differences ?? null,
        shuffled: options.shuffled ?? false,
      }),
      ...defined({ to: several ? maps.layers.at(-1) : undefined }),
    };
    const job = {
      ...options,
      terminal,
      signal,
      what: several ? "points at layers" : "points",
      total: maps.layers.length * codes.count,
      provenance,
      columns: columnsOf(first.from.dim, codes.count, spectral),
    };
    const spaces = several ? maps.layers : [first.to];
    await computeRows<MetricRow>(
      job,
      (row) => spectraAt(row, maps, codes, spectral, signal),
      async (rows, complete) => {
        const factor = factorOf(options);
        const found = await endingAtOnce(() => metricReport(rows, spaces, factor, complete, provenance));
        print(terminal, options.json ? metricJson(found) : metricTable(found, distance?.pixels));
        if (complete) report = found;
      },
    );
  } finally {
    await maps.dispose();
  }
  if (report) await writeExtras(report, options, terminal);
}

/** The spectra of row `row`: of the model, and of the control with shuffled weights. */
async function spectraAt(
  row: number,
  maps: MetricMaps,
  { values, count }: Points,
  options: MetricOptions,
  signal: AbortSignal,
): Promise<MetricRow> {
  const [layer, index] = [Math.floor(row / count), row % count];
  const dim = values.length / count;
  const point = values.slice(index * dim, (index + 1) * dim);
  const spectrumOf = async (map: OnnxMap) =>
    scaled(await spectrumAt(map, point, options, signal), factorOf(options));
  const { residuals, route, ...spectrum } = await spectrumOf(await maps.at(layer));
  const control = options.shuffled ? await spectrumOf(await maps.shuffledAt(layer)) : undefined;
  return {
    layer,
    index,
    ...spectrum,
    ...defined({
      residuals,
      route: route && DERIVATIVE_ROUTES.indexOf(route),
      shuffled_eigenvalues: control?.eigenvalues,
      shuffled_eigenvectors: control?.eigenvectors,
    }),
  };
}

/** What the spectra are of H = 2·JᵀJ, and by differences of ½H: what JᵀJ is multiplied by. */
function factorOf({ differences }: MetricOptions): number {
  return differences === undefined ? 2 : 1;
}

function columnsOf(
  n: number,
  points: number,
  { top, shuffled, differences }: MetricOptions,
): Columns<MetricRow> {
  const k = top ?? n;
  const spectrum = (prefix: string) => ({
    // By differences they may be negative.
    [`${prefix}eigenvalues`]: differences === undefined ? { shape: [k], ...SPECTRUM } : { shape: [k] },
    [`${prefix}eigenvectors`]: { shape: [n, k] },
  });
  return {
    layer: { shape: [], at: (row) => Math.floor(row / points) },
    index: { shape: [], at: (row) => row % points },
    ...spectrum(""),
    ...defined({
      route: differences === undefined ? ROUTE_COLUMN : undefined,
      residuals: top === undefined ? undefined : { shape: [k], ...NOT_NEGATIVE },
    }),
    ...(shuffled && spectrum("shuffled_")),
  } as Columns<MetricRow>;
}

function spectrumAt(
  map: OnnxMap,
  point: Float32Array,
  { top, accuracy, differences, memory }: MetricOptions,
  signal: AbortSignal,
): Promise<MetricSpectrum> {
  if (differences !== undefined) return spectrumByDifferences(map, point, { step: differences, signal });
  return metricSpectrum(map, point, { signal, top, accuracy, memoryBudget: memory });
}

function scaled({ eigenvalues, eigenvectors, residuals, route }: MetricSpectrum, factor: number) {
  return {
    route,
    eigenvalues: eigenvalues.map((value) => factor * value),
    eigenvectors,
    residuals: residuals?.map((value) => factor * value),
  };
}

async function writeExtras(report: MetricReport, options: MetricOptions, terminal: Terminal): Promise<void> {
  if (options.directions !== undefined) {
    await writeDirections(options.directions, axesOf(report), terminal);
  }
  if (options.plot !== undefined) await writeFigure(options.plot, () => spectrumFigure(report), terminal);
  if (options.heatMap === undefined) return;
  const svg = await endingAtOnce(() => homogeneityFigure(report));
  if (svg) await writeFigure(options.heatMap, () => svg, terminal);
  else
    info(
      terminal,
      "no heat map: homogeneity takes full spectra at two points or more, of three eigenvalues that differ",
    );
}

/** Axes of the averaged metric, at the last layer. */
function axesOf({ layers, provenance }: MetricReport): DirectionSet {
  const rows = layers.at(-1)?.rows ?? [];
  const { eigenvalues, eigenvectors } = averageMetric(rows);
  const count = Math.max(...rows.map((row) => row.eigenvalues.length));
  return {
    space: provenance.from,
    vectors: leadingColumns(eigenvectors, count),
    names: defaultNames(count),
    values: { kind: "eigenvalue", values: eigenvalues.slice(0, count) },
    method: "averaged metric",
    provenance,
  };
}
