// vielbein metric: the metric of the image manifold at sampled or given points, its spectrum and its statistics.

import {
  averageMetric,
  type DifferentiableMap,
  type DirectionSet,
  defaultNames,
  type MetricSpectrum,
  metricSpectrum,
  type Provenance,
  spectrumByDifferences,
} from "@vielbein/core";
import { leadingColumns } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { type Codes, codesOf, samplesOption } from "../../inputs/codes.ts";
import { wantedPairs } from "../../inputs/direction-counts.ts";
import { writeDirections } from "../../inputs/direction-files.ts";
import type { Distance } from "../../inputs/distance.ts";
import { ofOneLayer } from "../../inputs/layers.ts";
import { type LoadedModel, provenanceOf } from "../../inputs/model.ts";
import { restAfter } from "../../inputs/rest.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, positive } from "../../kit/arguments.ts";
import { output } from "../../kit/command-files.ts";
import { defined } from "../../kit/defined.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { choice, flag, json, type OptionsOf, option } from "../../kit/options.ts";
import { ROUTE_COLUMN, routeCell } from "../../kit/routes.ts";
import { type Columns, NOT_NEGATIVE, SPECTRUM } from "../../kit/row-file.ts";
import { rowOptions } from "../../kit/rows.ts";
import { rowsCommand } from "../../kit/rows-command.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, type Terminal } from "../../kit/terminal.ts";
import { homogeneityFigure, spectrumFigure } from "./figures.ts";
import { MetricMaps, metricMapOptions } from "./maps.ts";
import { type MetricReport, type MetricRow, metricJson, metricReport } from "./report.ts";
import { METRIC_SUMMARY, metricSummary } from "./summary.ts";
import { metricTable } from "./table.ts";

/** Without --samples. */
const SAMPLES = 10;

const options = {
  ...metricMapOptions,
  samples: samplesOption("number of points to draw", SAMPLES),
  k: option(
    "--k <k>",
    "leading eigenpairs only, without forming H, with their residuals (default: all, where --memory has room for them)",
    integer(1),
  ),
  accuracy: choice("--accuracy <how>", "high: from the singular values of J, for small eigenvalues", [
    "high",
  ]).conflicts("k"),
  differences: option(
    "--differences <eps>",
    "compute ½·H by differences of gradients instead, eps·‖z‖ to either side, as ForwardIter of Wang & Ponce does, to compare numbers",
    positive,
  ).conflicts(["k", "accuracy"]),
  shuffled: flag(
    "--shuffled",
    "as a control, do the same for the generator with the entries of every weight permuted",
  ),
  ...rowOptions("eigenvalues and eigenvectors at every point"),
  directionsOut: output(
    "--directions-out <file.safetensors>",
    "write the axes of the metric averaged over the points",
  ),
  plot: figure("--plot <file>", "spectrum over the points, .svg or .png"),
  heatMap: figure("--heat-map <file>", "homogeneity between points, or between layers, .svg or .png"),
  json,
};

type MetricOptions = OptionsOf<typeof options>;

export const metric = rowsCommand({
  description:
    "Computes the Hessian H = 2·JᵀJ of the squared distance between outputs, or between their features, at sampled or given points, prints its eigenvalues, and compares the points.",
  options,
  async job(task) {
    const { options, terminal, signal, use } = task;
    const loaded = await loadTruncated(task);
    const maps = await use(MetricMaps.open(loaded, task));
    const generator = await maps.generator(0);
    const codes = await codesOf(loaded, generator, ofOneLayer(options), SAMPLES, signal);
    const first = await maps.ofOneDraw(0);
    const spectral = { ...options, k: pairsOf(first, options, terminal) };
    const several = maps.layers.length > 1;
    const distance = several ? undefined : await maps.distance();
    const spaces = several ? maps.layers : [first.to];
    const work = { maps, codes, distance, options: spectral };
    return {
      what: several ? "points at layers" : "points",
      total: maps.layers.length * codes.count,
      provenance: describe(loaded, first, work),
      columns: columnsOf(first.from.dim, codes.count, spectral),
      compute: (row: number) => restAfter(work.maps, spectraAt(row, work, signal)),
      report: async (rows: readonly MetricRow[], provenance: Provenance, complete: boolean) => {
        const factor = factorOf(options);
        const found = await endingAtOnce(() => metricReport(rows, spaces, factor, complete, provenance));
        return {
          json: () => metricJson(found),
          text: () => metricTable(found, distance),
          after: async () => {
            if (complete) await writeExtras(found, options, terminal);
          },
        };
      },
      summary: {
        names: METRIC_SUMMARY,
        of: (row: MetricRow) => metricSummary(row, factorOf(options)),
      },
    };
  },
});

/** How many pairs, undefined for all: those ways of computing them that yield all keep to it. */
function pairsOf(map: OnnxMap, options: MetricOptions, terminal: Terminal): number | undefined {
  const isWhole = options.accuracy !== undefined || options.differences !== undefined;
  return isWhole ? undefined : wantedPairs(map, options, terminal);
}

/** What the spectra are of. */
interface MetricWork {
  readonly maps: MetricMaps;
  readonly codes: Codes;
  /** Of maps to one layer. */
  readonly distance: Distance | undefined;
  readonly options: MetricOptions;
}

/** @param first the map to the first layer. */
function describe(
  loaded: LoadedModel,
  first: OnnxMap,
  { maps: { layers, region }, codes, distance, options }: MetricWork,
): Provenance {
  const several = layers.length > 1;
  const provenance = provenanceOf(loaded, first, "metric", codes.source, {
    matrix: options.differences === undefined ? "H = 2·JᵀJ" : "½·H by differences",
    ...(distance?.description ?? { distance: "l2" }),
    layers: layers.map(({ name }) => name),
    points: several ? codes.count : undefined,
    ...region?.entry,
    k: options.k ?? "all",
    accuracy: options.accuracy ?? "normal",
    differences: options.differences ?? null,
    shuffled: options.shuffled,
    draws: options.draws > 1 ? options.draws : undefined,
    routes: [],
  });
  return { ...provenance, ...defined({ to: several ? layers.at(-1) : undefined }) };
}

/** The spectra of row `row`: of the model, and of the control with shuffled weights. */
async function spectraAt(
  row: number,
  { maps, codes, options }: MetricWork,
  signal: AbortSignal,
): Promise<MetricRow> {
  const [layer, index] = [Math.floor(row / codes.count), row % codes.count];
  const point = await codes.at(index);
  const spectrumOf = async (map: DifferentiableMap) =>
    scaleSpectrum(await spectrumAt(map, point, options, signal), factorOf(options));
  const { residuals, products, route, ...spectrum } = await spectrumOf(await maps.at(layer, point));
  const control = options.shuffled ? await spectrumOf(await maps.shuffledAt(layer, point)) : undefined;
  return {
    layer,
    index,
    ...spectrum,
    ...defined({
      residuals,
      products,
      route: route && routeCell(route),
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
  { k, shuffled, differences }: MetricOptions,
): Columns<MetricRow> {
  const count = k ?? n;
  // By differences eigenvalues may be negative.
  const eigenvalues = differences === undefined ? { shape: [count], ...SPECTRUM } : { shape: [count] };
  const eigenvectors = { shape: [n, count], isBulky: true };
  return {
    layer: { shape: [], at: (row) => Math.floor(row / points) },
    index: { shape: [], at: (row) => row % points },
    eigenvalues,
    eigenvectors,
    ...defined({
      route: differences === undefined ? ROUTE_COLUMN : undefined,
      residuals: k === undefined ? undefined : { shape: [count], ...NOT_NEGATIVE },
      products: k === undefined ? undefined : { shape: [], isWhole: true, ...NOT_NEGATIVE },
      shuffled_eigenvalues: shuffled ? eigenvalues : undefined,
      shuffled_eigenvectors: shuffled ? eigenvectors : undefined,
    }),
  };
}

function spectrumAt(
  map: DifferentiableMap,
  point: Float32Array,
  { k, accuracy, differences, memory }: MetricOptions,
  signal: AbortSignal,
): Promise<MetricSpectrum> {
  if (differences !== undefined) return spectrumByDifferences(map, point, { step: differences, signal });
  return metricSpectrum(map, point, { signal, k, accuracy, memoryBudget: memory });
}

function scaleSpectrum(
  { eigenvalues, eigenvectors, residuals, products, route }: MetricSpectrum,
  factor: number,
) {
  return {
    route,
    products,
    eigenvalues: eigenvalues.map((value) => factor * value),
    eigenvectors,
    residuals: residuals?.map((value) => factor * value),
  };
}

async function writeExtras(
  report: MetricReport,
  { directionsOut, plot, heatMap }: MetricOptions,
  terminal: Terminal,
): Promise<void> {
  if (directionsOut !== undefined) await writeDirections(directionsOut, axesOf(report), terminal);
  // A logarithmic axis has no place for zeros.
  const isZero = report.layers.every(({ mean }) => mean.every((value) => value === 0));
  if (!isZero) await writeFigure(plot, () => spectrumFigure(report), terminal);
  else if (plot !== undefined) info(terminal, `no ${plot}: every eigenvalue is 0`);
  if (heatMap === undefined) return;
  const svg = await endingAtOnce(() => homogeneityFigure(report));
  if (svg) await writeFigure(heatMap, () => svg, terminal);
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
