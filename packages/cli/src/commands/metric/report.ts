// What `metric` finds in its spectra: statistics by layer, homogeneity beside its nulls; and that as JSON.

import {
  type Anisotropy,
  anisotropy,
  type Correlations,
  type Homogeneity,
  homogeneity,
  type PointSpectrum,
  type Provenance,
  type Space,
  withRandomAxes,
} from "@vielbein/core";
import { type Matrix, matrix, toRows } from "@vielbein/linalg";
import { spacesText } from "../../kit/names.ts";
import { routeOf } from "../../kit/routes.ts";
import type { RowValue } from "../../kit/row-file.ts";

/** The spectrum at one point. Of both spectra the eigenvalues are those of H, or of ½H by differences. */
export interface SpectrumRow {
  /** `[k]`, descending. */
  readonly eigenvalues: Float64Array;
  /** `[n, k]`. */
  readonly eigenvectors: Matrix;
  /**
   * `route`, its position in `DERIVATIVE_ROUTES`; of leading pairs `residuals` `[k]` and the number of `products`;
   * `shuffled_eigenvalues`, `shuffled_eigenvectors` of the control.
   */
  readonly [further: string]: RowValue;
}

/** One point at one layer. */
export interface MetricRow extends SpectrumRow {
  readonly layer: number;
  readonly index: number;
}

export interface LayerMetric {
  readonly to: Space;
  readonly rows: readonly MetricRow[];
  /** Mean over the points, index by index. */
  readonly mean: Float64Array;
  /** Undefined for leading eigenvalues alone, or where all are zero. */
  readonly anisotropy: Anisotropy | undefined;
  readonly homogeneity: Homogeneity | undefined;
  /** Homogeneity of the same eigenvalues with random axes. */
  readonly haar: Homogeneity | undefined;
  /** Homogeneity of the generator with shuffled weights. */
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

const spectra = (rows: readonly SpectrumRow[], prefix = ""): PointSpectrum[] =>
  rows.map((row) => ({
    eigenvalues: row[`${prefix}eigenvalues`] as Float64Array,
    eigenvectors: row[`${prefix}eigenvectors`] as Matrix,
  }));

export const isFull = ({ eigenvalues, eigenvectors }: MetricRow) => eigenvalues.length === eigenvectors.rows;

export const PROBLEMS = {
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
  const full = rows.every(isFull);
  const compared = withPairs && rows.length > 1 && full ? compareSpectra(rows, seed) : undefined;
  return {
    to,
    rows,
    mean,
    anisotropy: full && largest > 0 ? anisotropy(mean.map((value) => value / factor)) : undefined,
    homogeneity: compared?.homogeneity,
    haar: compared?.haar,
    shuffled: compared?.shuffled,
  };
}

/** Homogeneity over the full spectra of two points or more, beside its nulls. */
export function compareSpectra(
  rows: readonly SpectrumRow[],
  seed: number,
): Pick<LayerMetric, "haar" | "shuffled"> & { readonly homogeneity: Homogeneity } {
  const points = spectra(rows);
  return {
    homogeneity: homogeneity(points),
    haar: homogeneity(withRandomAxes(points.slice(0, HAAR_POINTS), seed)),
    shuffled: hasShuffled(rows) ? homogeneity(spectra(rows, "shuffled_")) : undefined,
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
export function hasShuffled(rows: readonly SpectrumRow[]): boolean {
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

export const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

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

const layerJson = (layer: LayerMetric): object => ({
  to: layer.to,
  meanEigenvalues: Array.from(layer.mean),
  anisotropy: layer.anisotropy ?? null,
  homogeneity: layer.homogeneity ? homogeneityJson(layer.homogeneity, true) : null,
  haar: layer.haar ? homogeneityJson(layer.haar, false) : null,
  shuffled: layer.shuffled ? homogeneityJson(layer.shuffled, true) : null,
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
        shuffledEigenvalues: row.shuffled_eigenvalues && Array.from(row.shuffled_eigenvalues as Float64Array),
        route: routeOf(row),
        residuals: row.residuals && Array.from(row.residuals as Float64Array),
        products: row.products,
      })),
    ),
    layers: layers.map(layerJson),
    betweenLayers: between
      ? { logarithmic: toRows(between.logarithmic), linear: toRows(between.linear) }
      : null,
    provenance,
  };
}

/** What the metric is of: `z [16] → image [3, 64, 64]`. */
export function targetText({ from, to }: Provenance, layers: readonly LayerMetric[]): string {
  return `${spacesText(from)} → ${layers.length > 1 ? "layers" : spacesText(to)}`;
}
