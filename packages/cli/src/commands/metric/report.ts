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
import { bandOf, bandPlot, heatMap } from "@vielbein/viz";
import { originOf } from "../../inputs/codes.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { describePixels, type Pixels } from "../../inputs/pixels.ts";
import type { RowValue } from "../../kit/row-file.ts";
import { bold, dim, table } from "../../kit/terminal.ts";

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
  const { seed } = provenance.points as { seed?: number };
  const layers = spaces.flatMap((to, layer): LayerMetric[] => {
    const own = rows.filter((row) => row.layer === layer);
    if (own.length === 0) return [];
    const mean = own[0]!.eigenvalues.map(
      (_, k) => own.reduce((sum, row) => sum + row.eigenvalues[k]!, 0) / own.length,
    );
    const pairs = withPairs && own.length > 1 && own.every(isFull);
    const points = spectra(own);
    return [
      {
        to,
        rows: own,
        mean,
        anisotropy:
          own.every(isFull) && mean[0]! > 0 ? anisotropy(mean.map((value) => value / factor)) : undefined,
        homogeneity: pairs ? homogeneity(points) : undefined,
        haar: pairs ? homogeneity(withRandomAxes(points.slice(0, HAAR_POINTS), seed ?? 0)) : undefined,
        shuffled:
          pairs && own[0]!.shuffled_eigenvalues !== undefined
            ? homogeneity(spectra(own, "shuffled_"))
            : undefined,
      },
    ];
  });
  const all = layers.length > 1 && layers.every((layer) => layer.rows.every(isFull));
  return { layers, between: withPairs && all ? betweenLayers(layers) : undefined, factor, provenance };
}

function betweenLayers(layers: readonly LayerMetric[]): NonNullable<MetricReport["between"]> {
  const count = layers.length;
  const [logarithmic, linear] = [matrix(count, count), matrix(count, count)];
  const points = Math.min(...layers.map(({ rows }) => rows.length));
  const found = Array.from({ length: points }, (_, point) =>
    homogeneity(spectra(layers.map(({ rows }) => rows[point]!))),
  );
  for (let i = 0; i < count * count; i++) {
    logarithmic.data[i] = meanOfKnown(found.map((one) => one.logarithmic.matrix.data[i]!));
    linear.data[i] = meanOfKnown(found.map((one) => one.linear.matrix.data[i]!));
  }
  return { logarithmic, linear };
}

/** NaN where none is known. */
function meanOfKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
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
        ...(withMatrix ? { matrix: toRows(found.matrix) } : {}),
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
        ...(row.route === undefined ? {} : { route: DERIVATIVE_ROUTES[row.route as number] }),
        ...(row.residuals ? { residuals: Array.from(row.residuals as Float64Array) } : {}),
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
export function metricTable(
  { layers, between, provenance }: MetricReport,
  pixels: Pixels | undefined,
): string {
  const { from, to, options } = provenance;
  const several = layers.length > 1;
  const k = Math.max(...layers.map(({ mean }) => mean.length));
  const shown = Math.min(SHOWN, k);
  const lead = several ? ["layer"] : [];
  const spectrumRows = layers.flatMap((layer) => {
    const line = (label: string, values: Float64Array) => [
      ...(several ? [layer.to.name] : []),
      label,
      values.length === from.dim ? sum(values).toPrecision(5) : "–",
      ...Array.from(values.subarray(0, shown), (value) => value.toPrecision(5)),
    ];
    return [
      ...(several ? [] : layer.rows.map((row) => line(String(row.index), row.eigenvalues))),
      line("mean", layer.mean),
    ];
  });
  const header = [...lead, "point", "trace", ...Array.from({ length: shown }, (_, i) => `λ${i}`)];
  const numbers = (columns: readonly string[]) =>
    columns.map((_, i) => i).filter((i) => !(several && i === 0));
  const parts = [
    `${bold(`${from.name} [${from.shape.join(", ")}] → ${several ? "layers" : `${to.name} [${to.shape.join(", ")}]`}`)}  ${dim(`${originOf(provenance)}, eigenvalues of ${options.matrix}${pixels ? `, ${describePixels(pixels)}` : ""}`)}`,
    table([header, ...spectrumRows], numbers(header)),
    ...(k > shown ? [dim(`… ${k - shown} more of each: --json or --out`)] : []),
  ];
  const statistics = layers.filter(({ anisotropy: known }) => known !== undefined);
  if (statistics.length > 0) {
    const titles = [
      ...lead,
      "axes for 99 %",
      "99.9 %",
      "99.99 %",
      "99.999 %",
      "particip. ratio",
      "log-volume",
      "of rank",
      "√(λ₁/λᵣ)",
    ];
    const lines = statistics.map(({ to: layer, anisotropy: known }) => [
      ...(several ? [layer.name] : []),
      ...Object.values(known!.axes).map(String),
      known!.participationRatio.toFixed(2),
      known!.logVolume.toFixed(1),
      String(known!.rank),
      known!.condition.toExponential(1),
    ]);
    const note = "of the mean spectrum; log-volume and the condition √(λ₁/λᵣ), of lengths, are of g = JᵀJ";
    parts.push("", dim(note), table([titles, ...lines], numbers(titles)));
  }
  const compared = layers.filter(({ homogeneity: known }) => known !== undefined);
  if (compared.length > 0) {
    const titles = [
      ...lead,
      "",
      "of log λ: mean",
      "median",
      "deviation",
      "of λ: mean",
      "median",
      "deviation",
    ];
    const cells = ({ logarithmic, linear }: Homogeneity) =>
      [logarithmic, linear].flatMap(({ mean, median, standardDeviation }) =>
        [mean, median, standardDeviation].map((value) => value?.toFixed(3) ?? "–"),
      );
    const lines = compared.flatMap(({ to: layer, homogeneity: own, haar, shuffled }) =>
      [
        ["homogeneity", own],
        ["random axes", haar],
        ["shuffled weights", shuffled],
      ].flatMap(([label, found]) =>
        found ? [[...(several ? [layer.name] : []), label as string, ...cells(found as Homogeneity)]] : [],
      ),
    );
    parts.push(
      "",
      dim("between points"),
      table(
        [titles, ...lines],
        titles.map((_, i) => i).filter((i) => i >= lead.length + 1),
      ),
      ...remarksOn(compared),
    );
  }
  if (between) {
    const labels = layerLabels(layers.map((layer) => layer.to));
    const lines = toRows(between.logarithmic).map((row, i) => [
      labels[i]!,
      ...row.map((value) => (Number.isNaN(value) ? "–" : value.toFixed(3))),
    ]);
    parts.push(
      "",
      dim("between layers, of log λ: axes of the row at the layer of the column"),
      table(
        [["", ...labels], ...lines],
        [...labels.keys()].map((i) => i + 1),
      ),
    );
  }
  return `${parts.join("\n")}\n`;
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
  const line = (rows: readonly MetricRow[], name: string, label: string, reference: boolean) => {
    const values = rows.map((row) => row[name] as Float64Array);
    const samples = Array.from(values[0]!, (_, k) => values.map((spectrum) => spectrum[k]!));
    const { low, high } = bandOf(samples, "percentiles");
    const y = samples.map((at) => at.reduce((total, value) => total + value, 0) / at.length);
    return { label, y, ...(rows.length > 1 ? { low, high } : {}), reference };
  };
  return bandPlot({
    title: `${provenance.model.file}: spectrum of the metric`,
    subtitle: subtitleOf(provenance, layers),
    series: layers.flatMap(({ rows }, i) => [
      line(rows, "eigenvalues", layers.length > 1 ? labels[i]! : "trained", false),
      ...(rows[0]!.shuffled_eigenvalues !== undefined
        ? [
            line(
              rows,
              "shuffled_eigenvalues",
              layers.length > 1 ? `${labels[i]}, shuffled` : "shuffled",
              true,
            ),
          ]
        : []),
    ]),
    x: { title: "rank" },
    y: { title: `eigenvalue of ${provenance.options.matrix}`, scale: "log" },
    ...(layers[0]!.rows.length > 1 ? { bandTitle: "mean over points, 5 to 95 %" } : {}),
  });
}

/** Homogeneity between points, or between layers where there are several: an SVG document; undefined without. */
export function homogeneityFigure({ layers, between, provenance }: MetricReport): string | undefined {
  const found = between?.logarithmic ?? layers[0]?.homogeneity?.logarithmic.matrix;
  if (!found?.data.some(Number.isFinite)) return undefined;
  const labels = between ? layerLabels(layers.map(({ to }) => to)) : undefined;
  const what = between ? "layer" : "point";
  return heatMap({
    title: `${provenance.model.file}: homogeneity of the metric`,
    subtitle: subtitleOf(provenance, layers),
    matrix: found,
    ...(labels ? { rowLabels: labels, columnLabels: labels } : {}),
    rowTitle: `${what} whose axes are taken`,
    columnTitle: `${what} whose metric measures them`,
    valueTitle: "correlation of log λ",
    ...(!found.data.some((value) => value < 0)
      ? { domain: [0, 1] as const }
      : { scale: "diverging" as const, domain: [-1, 1] as const }),
  });
}

function subtitleOf(provenance: Provenance, layers: readonly LayerMetric[]): string {
  const { from, to } = provenance;
  const target = layers.length > 1 ? "layers" : `${to.name} [${to.shape.join(", ")}]`;
  return `${from.name} [${from.shape.join(", ")}] → ${target} · ${originOf(provenance)}, ${layers[0]!.rows.length} points`;
}
