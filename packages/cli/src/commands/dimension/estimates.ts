// What `dimension` says of spectra that were sampled: estimates with intervals, and no local dimension.

import type { DerivativeRoute, Space } from "@vielbein/core";
import {
  type Estimate,
  estimateCount,
  type SampledSpectrum,
  type SpectrumEstimates,
  spectrumEstimates,
} from "@vielbein/core/dimension";
import { iterationText } from "../../inputs/captions.ts";
import { definedItems } from "../../kit/defined.ts";
import { number, table, text } from "../../kit/table.ts";
import { dim } from "../../kit/terminal.ts";
import { type Density, LEVELS, spanOf } from "./density.ts";

/** What is estimated at one point. */
export interface PointEstimates extends SpectrumEstimates {
  readonly index: number;
  readonly leading: Float64Array;
  readonly residuals: Float64Array;
  readonly products: number;
  readonly probes: number;
  readonly route: DerivativeRoute;
  /** How many singular values exceed θ·σ₁, for each threshold θ. */
  readonly counts: readonly Estimate[];
  readonly density: Density;
}

/** Of a layer. */
export interface LayerEstimates {
  readonly to: Space;
  readonly points: readonly PointEstimates[];
}

/** Singular values below this fraction of the first are rounding of the products. */
const RESOLVED = 1e-3;

export function pointEstimates(
  index: number,
  sampled: SampledSpectrum,
  thresholds: readonly number[],
): PointEstimates {
  const { leading, residuals, products, diagonal, route } = sampled;
  const count = (threshold: number): Estimate => estimateCount(sampled, threshold);
  return {
    index,
    leading,
    residuals,
    products,
    probes: diagonal.rows,
    route,
    counts: thresholds.map(count),
    density: LEVELS.map(count),
    ...spectrumEstimates(sampled),
  };
}

export function estimatesJson(point: PointEstimates, thresholds: readonly number[]): object {
  return {
    index: point.index,
    dimension: null,
    status: "estimated",
    route: point.route,
    products: point.products,
    probes: point.probes,
    largestSingularValue: point.leading[0],
    leadingSingularValues: Array.from(point.leading),
    residuals: Array.from(point.residuals),
    estimates: {
      trace: point.trace,
      leadingShare: point.leadingShare,
      participationRatio: point.participationRatio,
      effectiveRank: point.effectiveRank,
      stableRank: point.stableRank,
      kept: thresholds.map((threshold, i) => ({ threshold, ...point.counts[i] })),
      density: LEVELS.map((threshold, i) => ({ threshold, ...point.density[i] })),
    },
  };
}

/** A table of the layers, with what it rests on. */
export function estimatesTable(layers: readonly LayerEstimates[], thresholds: readonly number[]): string {
  const points = layers.flatMap((layer) => layer.points);
  const over = (title: string, of: (point: PointEstimates) => Estimate, show: (x: number) => string) =>
    number<LayerEstimates>(title, (layer) => span(layer.points.map(of), show));
  const [tenths, whole] = [(x: number) => x.toFixed(1), (x: number) => x.toFixed(0)];
  const body = table(layers, [
    text("layer", ({ to }) => to.name),
    number("dim", ({ to }) => to.dim),
    over(
      "trace",
      ({ trace }) => trace,
      (x) => x.toPrecision(4),
    ),
    over(
      "share of leading",
      ({ leadingShare }) => leadingShare,
      (x) => `${(100 * x).toFixed(1)} %`,
    ),
    over("particip. ratio", ({ participationRatio }) => participationRatio, tenths),
    over("eff. rank", ({ effectiveRank }) => effectiveRank, tenths),
    over("stable rank", ({ stableRank }) => stableRank, tenths),
    ...thresholds.map((threshold, i) => over(`σ > ${threshold}·σ0`, ({ counts }) => counts[i]!, whole)),
  ]);
  return [body, ...remarksOn(points, thresholds).map((remark) => dim(remark))].join("\n");
}

function remarksOn(points: readonly PointEstimates[], thresholds: readonly number[]): string[] {
  const { leading, probes } = points[0]!;
  const products = Math.max(...points.map((point) => point.products));
  const residual = Math.max(...points.flatMap((point) => [...point.residuals]));
  const isRough = Math.min(...thresholds) < RESOLVED;
  return definedItems([
    `estimates: medians over the points, and in brackets the outermost ends of their 95 % intervals; from ${leading.length} leading singular values and ${probes} random vectors at each point`,
    "no local dimension: its test needs all singular values, and what is noise behind the leading ones was not seen",
    `${iterationText(products, residual)} of σ0²`,
    isRough ? "singular values below 1e-3·σ0 are rounding of the products" : undefined,
  ]);
}

/** `median [low–high]`, low and high of all intervals. */
function span(estimates: readonly Estimate[], show: (x: number) => string): string {
  const {
    value,
    interval: [low, high],
  } = spanOf(estimates);
  const middle = show(value);
  return show(low) === show(high) ? middle : `${middle} [${show(low)}–${show(high)}]`;
}

/** For a plot over all layers, of which some are estimated: centres and ends, NaN for those that are not. */
export function estimateGroup(
  label: string,
  layers: readonly LayerEstimates[],
  of: (point: PointEstimates) => Estimate,
): { readonly label: string; readonly y: number[]; readonly low: number[]; readonly high: number[] } {
  const found = layers.map(({ points }) => {
    if (points.length === 0) return [Number.NaN, Number.NaN, Number.NaN] as const;
    const { value, interval } = spanOf(points.map(of));
    return [value, ...interval] as const;
  });
  const column = (i: 0 | 1 | 2): number[] => found.map((entry) => entry[i]);
  return { label: `${label} (estimate)`, y: column(0), low: column(1), high: column(2) };
}
