// What `metric` says of its spectra: statistics by layer, homogeneity beside its nulls, JSON, a table, figures.

import {
  type Anisotropy,
  anisotropy,
  type Correlations,
  DERIVATIVE_ROUTES,
  type Homogeneity,
  type HomogeneityProblem,
  homogeneity,
  type PointSpectrum,
  type Provenance,
  type Space,
  withRandomAxes,
} from "@vielbein/core";
import { type Matrix, matrix, toRows } from "@vielbein/linalg";
import { bandOf, bandPlot, heatMap, type LineSeries } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { type Pixels, pixelsRemark } from "../../inputs/pixels.ts";
import { defined, definedItems } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import type { RowValue } from "../../kit/row-file.ts";
import { type Column, fixed, number, significant, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";

/** One point at one layer. Of both spectra the eigenvalues are those of H, or of ½H by differences. */
export interface MetricRow {
  readonly layer: number;
  readonly index: number;
  /** `[k]`, descending. */
  readonly eigenvalues: Float64Array;
  /** `[n, k]`. */
  readonly eigenvectors: Matrix;
  /** `route`, its position in `DERIVATIVE_ROUTES`; `residuals` `[k]` of leading pairs; `shuffled_eigenvalues`, `shuffled_eigenvectors` of the control. */
  readonly [further: string]: RowValue;
}

interface LayerMetric {
  readonly to: Space;
  readonly rows: readonly MetricRow[];
  /** Mean over the points, index by index. */
  readonly mean: Float64Array;
  /** Undefined of leading eigenvalues, or where all are zero. */
  readonly anisotropy: Anisotropy | undefined;
  readonly homogeneity: Homogeneity | undefined;
  /** Of the same eigenvalues with random axes. */
  readonly haar: Homogeneity | undefined;
  /** Of the generator with shuffled weights. */
  readonly shuffled: Homogeneity | undefined;
}

export interface MetricReport {
  readonly layers: readonly LayerMetric[];
  /** Homogeneity between the layers at a point, mean over the points. */
  readonly between: { readonly logarithmic: Matrix; readonly linear: Matrix } | undefined;
  /** What H is divided by to be JᵀJ. */
  readonly factor: number;
  readonly provenance: Provenance;
}

/** Points on which the null of random axes is drawn: each pair of them is one of its samples. */
const HAAR_POINTS = 10;

const spectra = (rows: readonly MetricRow[], prefix = ""): PointSpectrum[] =>
  rows.map((row) => ({
    eigenvalues: row[`${prefix}eigenvalues`] as Float64Array,
    eigenvectors: row[`${prefix}eigenvectors`] as Matrix,
  }));

const isFull = ({ eigenvalues, eigenvectors }: MetricRow) => eigenvalues.length === eigenvectors.rows;

const PROBLEMS = {
  few: "fewer than three pairs of eigenvalues above rounding",
  constant: "eigenvalues that are all alike",
} as const;

/** Why no pair of points has a correlation, in words. */
function reasonOf({ mean, undetermined }: Correlations): string | undefined {
  if (mean !== undefined) return undefined;
  return undetermined.few >= undetermined.constant ? PROBLEMS.few : PROBLEMS.constant;
}

/** @param withPairs whether to compare points, which takes time when there are many of many dimensions. */
export function metricReport(
  rows: readonly MetricRow[],
  spaces: readonly Space[],
  factor: number,
  withPairs: boolean,
  provenance: Provenance,
): MetricReport {
  const { seed = 0 } = provenance.points as { seed?: number };
  const layers = spaces.flatMap((to, layer): LayerMetric[] => {
    const own = rows.filter((row) => row.layer === layer);
    return own.length === 0 ? [] : [layerMetric(to, own, factor, withPairs, seed)];
  });
  const all = layers.length > 1 && layers.every((layer) => layer.rows.every(isFull));
  return { layers, between: withPairs && all ? betweenLayers(layers) : undefined, factor, provenance };
}

function layerMetric(
  to: Space,
  rows: readonly MetricRow[],
  factor: number,
  withPairs: boolean,
  seed: number,
): LayerMetric {
  const mean = meanSpectrum(rows);
  const [largest = 0] = mean;
  const pairs = withPairs && rows.length > 1 && rows.every(isFull);
  const points = spectra(rows);
  return {
    to,
    rows,
    mean,
    anisotropy:
      rows.every(isFull) && largest > 0 ? anisotropy(mean.map((value) => value / factor)) : undefined,
    homogeneity: pairs ? homogeneity(points) : undefined,
    haar: pairs ? homogeneity(withRandomAxes(points.slice(0, HAAR_POINTS), seed)) : undefined,
    shuffled: pairs && hasShuffled(rows) ? homogeneity(spectra(rows, "shuffled_")) : undefined,
  };
}

/** Index by index. */
function meanSpectrum(rows: readonly MetricRow[]): Float64Array {
  const length = Math.max(...rows.map((row) => row.eigenvalues.length));
  return Float64Array.from(
    { length },
    (_, k) => rows.reduce((total, row) => total + (row.eigenvalues[k] ?? 0), 0) / rows.length,
  );
}

/** Whether rows, which are all alike, have the control. */
function hasShuffled(rows: readonly MetricRow[]): boolean {
  return rows.some((row) => row.shuffled_eigenvalues !== undefined);
}

function betweenLayers(layers: readonly LayerMetric[]): NonNullable<MetricReport["between"]> {
  const count = layers.length;
  const [logarithmic, linear] = [matrix(count, count), matrix(count, count)];
  const points = Math.min(...layers.map(({ rows }) => rows.length));
  const found = Array.from({ length: points }, (_, point) =>
    homogeneity(spectra(layers.flatMap(({ rows }) => rows.slice(point, point + 1)))),
  );
  for (let i = 0; i < count * count; i++) {
    logarithmic.data[i] = meanOfKnown(found.map((one) => one.logarithmic.matrix.data[i]));
    linear.data[i] = meanOfKnown(found.map((one) => one.linear.matrix.data[i]));
  }
  return { logarithmic, linear };
}

/** NaN where none is known. */
function meanOfKnown(values: readonly (number | undefined)[]): number {
  const known = values.filter((value): value is number => value !== undefined && !Number.isNaN(value));
  return known.reduce((total, value) => total + value / known.length, known.length === 0 ? Number.NaN : 0);
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

const homogeneityJson = ({ linear, logarithmic, masked }: Homogeneity, withMatrix: boolean): object => ({
  ...Object.fromEntries(
    Object.entries({ logarithmic, linear }).map(([name, found]) => [
      name,
      {
        mean: found.mean ?? null,
        median: found.median ?? null,
        standardDeviation: found.standardDeviation ?? null,
        reason: reasonOf(found) ?? null,
        undetermined: found.undetermined,
        // JSON has null for the NaN of an entry without correlation.
        matrix: withMatrix ? toRows(found.matrix) : undefined,
      },
    ]),
  ),
  masked,
});

export function metricJson({ layers, between, provenance }: MetricReport): object {
  return {
    from: provenance.from,
    points: layers.flatMap(({ to, rows }) =>
      rows.map((row) => ({
        index: row.index,
        layer: to.name,
        eigenvalues: Array.from(row.eigenvalues),
        trace: row.eigenvalues.length === row.eigenvectors.rows ? sum(row.eigenvalues) : null,
        route: DERIVATIVE_ROUTES[row.route as number],
        residuals: row.residuals && Array.from(row.residuals as Float64Array),
      })),
    ),
    layers: layers.map((layer) => ({
      to: layer.to,
      meanEigenvalues: Array.from(layer.mean),
      anisotropy: layer.anisotropy ?? null,
      homogeneity: layer.homogeneity ? homogeneityJson(layer.homogeneity, true) : null,
      haar: layer.haar ? homogeneityJson(layer.haar, false) : null,
      shuffled: layer.shuffled ? homogeneityJson(layer.shuffled, true) : null,
    })),
    betweenLayers: between
      ? { logarithmic: toRows(between.logarithmic), linear: toRows(between.linear) }
      : null,
    provenance,
  };
}

const SHOWN = 8;

/** @param pixels of the images that features were given. */
export function metricTable(report: MetricReport, pixels: Pixels | undefined): string {
  const { layers, between, provenance } = report;
  const remarks = [
    originOf(provenance),
    `eigenvalues of ${provenance.options.matrix}`,
    ...pixelsRemark(pixels),
  ];
  const parts = [
    heading(targetText(provenance, layers), remarks.join(", ")),
    ...spectrumPart(report),
    ...anisotropyPart(layers),
    ...homogeneityPart(layers),
    ...betweenPart(layers, between?.logarithmic),
  ];
  return `${parts.join("\n")}\n`;
}

/** The column of the layer's name, where there are several. */
function layerColumn<T extends { readonly to: Space }>(layers: readonly LayerMetric[]): Column<T>[] {
  return layers.length > 1 ? [text("layer", ({ to }) => to.name)] : [];
}

function spectrumPart({ layers, provenance: { from } }: MetricReport): string[] {
  const k = Math.max(...layers.map(({ mean }) => mean.length));
  const shown = Math.min(SHOWN, k);
  const lines = layers.flatMap(({ to, rows, mean }) => {
    const points = rows.map((row) => ({ to, point: String(row.index), values: row.eigenvalues }));
    const average = { to, point: "mean", values: mean };
    return layers.length > 1 ? [average] : [...points, average];
  });
  const body = table(lines, [
    ...layerColumn(layers),
    number("point", ({ point }) => point),
    number("trace", ({ values }) => (values.length === from.dim ? sum(values).toPrecision(5) : "–")),
    ...Array.from({ length: shown }, (_, i) =>
      number(`λ${i}`, ({ values }: { values: Float64Array }) => significant(values[i], 5)),
    ),
  ]);
  return k > shown ? [body, dim(`… ${k - shown} more of each: --json or --out`)] : [body];
}

function anisotropyPart(layers: readonly LayerMetric[]): string[] {
  const lines = layers.flatMap(({ to, anisotropy: known }) =>
    known ? [{ to, ...known, axes: Object.values(known.axes) }] : [],
  );
  if (lines.length === 0) return [];
  const axes = ["axes for 99 %", "99.9 %", "99.99 %", "99.999 %"].map((title, i) =>
    number(title, (line: { axes: readonly number[] }) => line.axes[i] ?? ""),
  );
  const body = table(lines, [
    ...layerColumn(layers),
    ...axes,
    number("particip. ratio", ({ participationRatio }) => participationRatio.toFixed(2)),
    number("log-volume", ({ logVolume }) => logVolume.toFixed(1)),
    number("of rank", ({ rank }) => rank),
    number("√(λ₁/λᵣ)", ({ condition }) => condition.toExponential(1)),
  ]);
  const note = "of the mean spectrum; log-volume and the condition √(λ₁/λᵣ), of lengths, are of g = JᵀJ";
  return ["", dim(note), body];
}

/** Homogeneity between points, of the model and of its nulls. */
function homogeneityPart(layers: readonly LayerMetric[]): string[] {
  const lines = layers.flatMap(({ to, homogeneity: own, haar, shuffled }) =>
    definedItems([
      own && { to, label: "homogeneity", ...own },
      haar && { to, label: "random axes", ...haar },
      shuffled && { to, label: "shuffled weights", ...shuffled },
    ]),
  );
  if (lines.length === 0) return [];
  const body = table(lines, [
    ...layerColumn(layers),
    text("", ({ label }) => label),
    ...correlationColumns("of log λ", ({ logarithmic }) => logarithmic),
    ...correlationColumns("of λ", ({ linear }) => linear),
  ]);
  return ["", dim("between points"), body, ...remarksOn(layers)];
}

function correlationColumns(what: string, of: (found: Homogeneity) => Correlations): Column<Homogeneity>[] {
  return [
    number(`${what}: mean`, (found) => fixed(of(found).mean, 3)),
    number("median", (found) => fixed(of(found).median, 3)),
    number("deviation", (found) => fixed(of(found).standardDeviation, 3)),
  ];
}

/** Homogeneity between layers, where it was taken. */
function betweenPart(layers: readonly LayerMetric[], logarithmic: Matrix | undefined): string[] {
  if (!logarithmic) return [];
  const labels = layerLabels(layers.map(({ to }) => to));
  const body = table(toRows(logarithmic), [
    text("", (_, i) => labels[i] ?? ""),
    ...labels.map((label, k) => number(label, (row: readonly number[]) => fixed(row[k], 3))),
  ]);
  return ["", dim("between layers, of log λ: axes of the row at the layer of the column"), body];
}

/** Of pairs of points that have no homogeneity: how many, and why. */
function remarksOn(layers: readonly LayerMetric[]): string[] {
  const total = (problem: HomogeneityProblem) =>
    layers
      .flatMap(({ homogeneity: found }) => (found ? [found.logarithmic, found.linear] : []))
      .reduce((count, { undetermined }) => count + undetermined[problem], 0);
  return (["few", "constant"] as const).flatMap((problem) =>
    total(problem) === 0 ? [] : [dim(`${total(problem)} correlations left out: ${PROBLEMS[problem]}`)],
  );
}

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

function targetText({ from, to }: Provenance, layers: readonly LayerMetric[]): string {
  return `${spacesText(from)} → ${layers.length > 1 ? "layers" : spacesText(to)}`;
}

/** Of the first layer: an interrupted run may have fewer at the last. */
function pointsOf([first]: readonly LayerMetric[]): number {
  return first?.rows.length ?? 0;
}
