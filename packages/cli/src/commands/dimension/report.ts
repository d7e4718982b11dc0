// What `dimension` says of its spectra: the local dimension and its companions, as JSON and as a table.

import type { DerivativeRoute, JacobianSpectrum, Provenance, Space } from "@vielbein/core";
import {
  cumulativeDimension,
  type DimensionConvention,
  type DimensionStatus,
  type LocalDimension,
  localDimension,
  type SpectrumStatistics,
  spectrumStatistics,
} from "@vielbein/core/dimension";
import { originOf, stillnessRemark } from "../../inputs/captions.ts";
import { drawsText } from "../../inputs/draws.ts";
import { definedItems } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import { routeOf } from "../../kit/routes.ts";
import { number, spread, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";
import { type Density, densityOf } from "./density.ts";
import {
  estimatesJson,
  estimatesTable,
  type LayerEstimates,
  type PointEstimates,
  pointEstimates,
} from "./estimates.ts";
import { type DenoiserEnd, type PassedDirections, passedColumns, passedDirections } from "./passed.ts";
import { sampledOf } from "./sampled.ts";
import type { DimensionRow } from "./spectra.ts";

/** What the dimension is judged by. */
export interface DimensionSettings {
  /** One at least; the first is the main one. */
  readonly threshold: readonly number[];
  readonly alpha: number;
  readonly convention: DimensionConvention;
  /** Networks with redrawn weights. */
  readonly untrained: number;
  /** Of the noise, whose outputs are stacked. */
  readonly draws: number;
  readonly denoiser?: DenoiserEnd | undefined;
}

const ROUGH =
  "some Jacobians exceed --memory: singular values by products with them, below 1e-3 of the first they are rounding";

const SHARES = { dims99: 0.99, dims999: 0.999, dims9999: 0.9999 };

/** What the local dimension is judged by. */
type Spectrum = Omit<JacobianSpectrum, "route">;

/** What is reported of one point. */
export interface PointReport extends LocalDimension, SpectrumStatistics, Partial<PassedDirections> {
  readonly index: number;
  readonly largest: number;
  readonly deadInputs: number;
  readonly density: Density;
  readonly route: DerivativeRoute | undefined;
  /** At every threshold, the first included. */
  readonly byThreshold: readonly LocalDimension[];
  readonly cumulative: Readonly<Record<keyof typeof SHARES, number>>;
  /** At the first threshold, of the network with redrawn weights. */
  readonly untrained: LocalDimension | undefined;
}

export interface LayerReport {
  readonly to: Space;
  /** Of points whose spectrum is whole. */
  readonly points: readonly PointReport[];
  /** Of those whose spectrum was sampled. */
  readonly estimates: readonly PointEstimates[];
}

export function layerReports(
  rows: readonly DimensionRow[],
  spaces: readonly Space[],
  from: Space,
  options: DimensionSettings,
): LayerReport[] {
  return spaces.map((to, layer) => {
    const total = Math.min(from.dim, options.draws * to.dim);
    const own = rows
      .filter((row) => row.layer === layer)
      .map((row) => ({ row, sampled: sampledOf(row, total) }));
    return {
      to,
      points: own.filter(({ sampled }) => !sampled).map(({ row }) => pointReport(row, from, to, options)),
      estimates: own.flatMap(({ row, sampled }) =>
        sampled ? [pointEstimates(row.index, sampled, options.threshold)] : [],
      ),
    };
  });
}

function pointReport(row: DimensionRow, from: Space, to: Space, options: DimensionSettings): PointReport {
  const { alpha, convention, draws } = options;
  const at = ({ singularValues, ...dead }: Spectrum, threshold: number): LocalDimension =>
    localDimension(singularValues, {
      inputDim: from.dim,
      outputDim: draws * to.dim,
      ...dead,
      threshold,
      alpha,
      convention,
    });
  const trained = trainedSpectrum(row);
  const largest = trained.singularValues[0]!;
  // Relative to the first: the statistics do not depend on the scale, and squares cannot vanish.
  const variances = trained.singularValues.map((s) => (s / (largest || 1)) ** 2);
  const byThreshold = options.threshold.map((threshold) => at(trained, threshold));
  return {
    index: row.index,
    ...byThreshold[0]!,
    largest,
    deadInputs: row.dead_inputs,
    density: densityOf(trained.singularValues),
    route: routeOf(row),
    byThreshold,
    ...spectrumStatistics(variances),
    cumulative: {
      dims99: cumulativeDimension(variances, SHARES.dims99),
      dims999: cumulativeDimension(variances, SHARES.dims999),
      dims9999: cumulativeDimension(variances, SHARES.dims9999),
    },
    untrained: options.untrained === 0 ? undefined : at(untrainedSpectrum(row), options.threshold[0]!),
    ...passedDirections(row, to.name, options.denoiser),
  };
}

function trainedSpectrum(row: DimensionRow): Spectrum {
  return {
    singularValues: dropPadding(row.singular_values),
    deadInputs: row.dead_inputs,
    deadOutputs: row.dead_outputs,
  };
}

function untrainedSpectrum(row: DimensionRow): Spectrum {
  return {
    singularValues: dropPadding(row.untrained_singular_values),
    deadInputs: row.untrained_dead_inputs,
    deadOutputs: row.untrained_dead_outputs,
  };
}

function dropPadding(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value));
}

export function dimensionJson(
  reports: readonly LayerReport[],
  options: DimensionSettings,
  provenance: Provenance,
): object {
  return {
    from: provenance.from,
    threshold: options.threshold[0],
    alpha: options.alpha,
    convention: options.convention,
    layers: reports.map(({ to, points, estimates }) => ({
      to,
      points: [
        ...points.map((point) => pointJson(point, options.threshold)),
        ...estimates.map((point) => estimatesJson(point, options.threshold)),
      ],
    })),
    provenance,
  };
}

function pointJson(point: PointReport, thresholds: readonly number[]): object {
  return {
    index: point.index,
    ...estimateJson(point),
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
    byThreshold:
      thresholds.length > 1
        ? point.byThreshold.map((result, i) => ({ threshold: thresholds[i], ...estimateJson(result) }))
        : undefined,
    ...{ passed: point.passed, untrainedPassed: point.untrainedPassed },
    untrained: point.untrained && estimateJson(point.untrained),
  };
}

function estimateJson({ dimension, status, kept, noise, tested }: LocalDimension): object {
  return { dimension: dimension ?? null, status, tested, kept, noise };
}

export function dimensionTable(
  reports: readonly LayerReport[],
  options: DimensionSettings,
  provenance: Provenance,
): string {
  const whole = reports.filter(({ points }) => points.length > 0);
  const estimated = estimatedLayers(reports).filter(({ points }) => points.length > 0);
  const origin = [originOf(provenance), ...drawsText(provenance.options.draws)].join(", ");
  const parts = definedItems([
    whole.length > 0 ? wholePart(whole, options) : undefined,
    estimated.length > 0 ? estimatesTable(estimated, options.threshold) : undefined,
    ...remarksOn(reports, provenance.from),
  ]);
  const title = heading(
    `${spacesText(provenance.from)} → layers`,
    `${origin}, ${whole.length > 0 ? "median and range" : "estimates"}`,
  );
  return `${title}\n${parts.join("\n")}\n`;
}

function wholePart(reports: readonly LayerReport[], options: DimensionSettings): string {
  const over = (title: string, value: (point: PointReport) => number | undefined, digits = 0) =>
    number<LayerReport>(title, ({ points }) => spread(points.map(value), digits));
  return table(reports, [
    text("layer", ({ to }) => to.name),
    number("dim", ({ to }) => to.dim),
    ...options.threshold.map((threshold, i) =>
      over(`dimension θ=${threshold}`, (point) => point.byThreshold[i]?.dimension),
    ),
    options.untrained > 0 ? over("untrained", (point) => point.untrained?.dimension) : undefined,
    ...passedColumns(over, options),
    over("tested", (point) => point.tested),
    over("kept", (point) => point.kept),
    over("particip. ratio", (point) => point.participationRatio, 1),
    over("eff. rank", (point) => point.effectiveRank, 1),
    over("stable rank", (point) => point.stableRank, 1),
    over("99 %", (point) => point.cumulative.dims99),
    text("status", ({ points }) => tally(points)),
  ]);
}

/** The layers with what was estimated of each. */
export function estimatedLayers(reports: readonly LayerReport[]): LayerEstimates[] {
  return reports.map(({ to, estimates }) => ({ to, points: estimates }));
}

function remarksOn(reports: readonly LayerReport[], from: Space): string[] {
  const isRough = reports.some(({ points }) => points.some(({ route }) => route === "products"));
  const still = reports.flatMap(({ to, points, estimates }) =>
    stillnessRemark(from.name, to.name, [
      ...points.map(({ largest }) => largest),
      ...estimates.map(({ leading }) => leading[0]!),
    ]),
  );
  return definedItems([isRough ? ROUGH : undefined, ...still]).map((remark) => dim(remark));
}

function tally(points: readonly PointReport[]): string {
  const counts = new Map<DimensionStatus, number>();
  for (const { status } of points) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => (counts.size === 1 ? status : `${status} ×${count}`));
  return parts.join(", ");
}
