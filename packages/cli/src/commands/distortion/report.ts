// What `distortion` says of its distances: the ratios layer by layer beside their nulls, as JSON, as a table and as a
// plot.

import type { DerivativeRoute, Provenance, Space } from "@vielbein/core";
import { type HaarBand, haarBand } from "@vielbein/core/grassmann";
import {
  type Distortion,
  type DistortionProblem,
  type DistortionSample,
  distortion,
  type TangentDistance,
} from "@vielbein/core/tangent-spaces";
import { layerPlot } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { defined } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import { routeOf, routesAmong } from "../../kit/routes.ts";
import { fixed, number, table, text } from "../../kit/table.ts";
import { heading } from "../../kit/terminal.ts";

/** What the command was asked for. */
export interface DistortionSettings {
  readonly epsilon: number;
  readonly k?: number | undefined;
  readonly pairs: number;
  readonly seed: number;
}

/**
 * Columns of the .npz file: one row for each layer and pair, layer by layer; NaN where there is no k. `route` is the
 * position in `DERIVATIVE_ROUTES`.
 */
export type DistortionRow = Readonly<
  Record<"layer" | "pair" | "route" | `${"" | "untrained_"}${"random" | "near"}${"" | "_k"}`, number>
>;

export type PairDistances = Pick<DistortionSample, "random" | "near">;

export interface LayerReport {
  readonly to: Space;
  /** How the tangent spaces were computed, as in the provenance: one, unless a run was resumed with another budget. */
  readonly routes: readonly DerivativeRoute[];
  readonly result: Distortion;
  readonly haar: HaarBand | undefined;
  readonly untrained: UntrainedReport | undefined;
}

/** All untrained networks together, and one by one. */
interface UntrainedReport {
  readonly pooled: Distortion;
  readonly networks: readonly Distortion[];
}

function sampleOf(row: DistortionRow, prefix: "" | "untrained_"): PairDistances {
  const distanceOf = (which: "random" | "near"): TangentDistance | undefined => {
    const [distance, k] = [row[`${prefix}${which}`], row[`${prefix}${which}_k`]];
    return Number.isNaN(distance) ? undefined : { distance, k };
  };
  return { random: distanceOf("random"), near: distanceOf("near") };
}

export function layerReports(
  rows: readonly DistortionRow[],
  spaces: readonly Space[],
  seed: number,
  untrained: number,
): LayerReport[] {
  return spaces.flatMap((to, layer) => {
    const own = rows.filter((row) => row.layer === layer);
    return own.length === 0 ? [] : [layerReport(to, own, seed, untrained)];
  });
}

function layerReport(
  to: Space,
  rows: readonly DistortionRow[],
  seed: number,
  untrained: number,
): LayerReport {
  const result = distortion(
    rows.map((row) => sampleOf(row, "")),
    { seed },
  );
  const ofNetwork = (network?: number): Distortion =>
    distortion(
      rows
        .filter((row) => network === undefined || row.pair % untrained === network)
        .map((row) => sampleOf(row, "untrained_")),
      { seed },
    );
  return {
    to,
    routes: routesAmong(rows.map(routeOf)),
    result,
    haar: result.k === undefined ? undefined : haarBand(to.dim, result.k, { seed }),
    untrained:
      untrained === 0
        ? undefined
        : { pooled: ofNetwork(), networks: Array.from({ length: untrained }, (_, i) => ofNetwork(i)) },
  };
}

const resultJson = (result: Distortion): object => ({
  iRand: finite(result.iRand),
  iLocal: finite(result.iLocal),
  distortion: result.distortion ?? null,
  interval: result.interval ?? null,
  problem: result.problem,
  k: result.k ?? null,
  pairs: result.pairs,
  excluded: result.excluded,
});

export function distortionJson(
  reports: readonly LayerReport[],
  { seed }: DistortionSettings,
  provenance: Provenance,
): object {
  return {
    from: provenance.from,
    layers: reports.map(({ to, routes, result, haar, untrained }) => ({
      to,
      routes,
      ...resultJson(result),
      haar: haar ?? null,
      untrained: untrained
        ? {
            ...resultJson(untrained.pooled),
            networks: untrained.networks.map((network, i) => ({ seed: seed + i, ...resultJson(network) })),
          }
        : null,
    })),
    provenance,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const REMARKS: Readonly<Record<DistortionProblem, string>> = {
  flat: "no local dimension (flat spectra)",
  affine: "0/0: tangent spaces do not turn (an affine map)",
  "too-near": "neighbours share their tangent space: raise --epsilon",
};

export function distortionTable(
  reports: readonly LayerReport[],
  options: DistortionSettings,
  provenance: Provenance,
): string {
  const hasNull = reports.some(({ untrained }) => untrained);
  const body = table(reports, [
    text("layer", ({ to }) => to.name),
    number("dim", ({ to }) => to.dim),
    number("k", ({ result }) => result.k ?? "–"),
    number("I_rand", ({ result }) => fixed(result.iRand, 3)),
    number("(Haar)", ({ haar }) => fixed(haar?.mean, 3)),
    number("I_local", ({ result }) => fixed(result.iLocal, 3)),
    number("D", ({ result }) => fixed(result.distortion, 2)),
    number("95 %", ({ result }) => intervalText(result.interval)),
    hasNull ? number("untrained D", ({ untrained }) => fixed(untrained?.pooled.distortion, 2)) : undefined,
    hasNull ? number("networks", ({ untrained }) => intervalText(rangeOf(untrained))) : undefined,
    text("", ({ result }) => remarkOf(result, options)),
  ]);
  const remark = `${settingsText(options)}, ${originOf(provenance)}`;
  return `${heading(`${spacesText(provenance.from)} → layers`, remark)}\n${body}\n`;
}

function intervalText(interval: readonly [number, number] | undefined): string {
  return interval ? interval.map((end) => end.toFixed(2)).join("–") : "–";
}

function remarkOf({ problem, excluded, pairs }: Distortion, { k }: DistortionSettings): string {
  if (problem === "flat" && k === undefined) return `${REMARKS.flat}: give --k`;
  if (problem) return REMARKS[problem];
  return excluded > 0 ? `${excluded} of ${pairs + excluded} pairs with flat spectra left out` : "";
}

/** Smallest and largest Distortion of the untrained networks that have one. */
function rangeOf(untrained: UntrainedReport | undefined): [number, number] | undefined {
  const values = (untrained?.networks ?? []).flatMap((network) => network.distortion ?? []);
  return values.length > 0 ? [Math.min(...values), Math.max(...values)] : undefined;
}

export function distortionPlot(
  reports: readonly LayerReport[],
  options: DistortionSettings,
  provenance: Provenance,
): string {
  const all = <T>(value: (report: LayerReport) => T): T[] => reports.map(value);
  const ranges = all(({ untrained }) => rangeOf(untrained));
  const series = {
    y: all(({ result }) => result.distortion ?? Number.NaN),
    low: all(({ result }) => result.interval?.[0] ?? result.distortion ?? Number.NaN),
    high: all(({ result }) => result.interval?.[1] ?? result.distortion ?? Number.NaN),
  };
  const reference = {
    label: "same architecture, random weights (range of networks)",
    y: all(({ untrained }) => untrained?.pooled.distortion ?? Number.NaN),
    low: ranges.map((range) => range?.[0] ?? Number.NaN),
    high: ranges.map((range) => range?.[1] ?? Number.NaN),
  };
  return layerPlot({
    title: `${provenance.model.file}: Distortion`,
    subtitle: `from ${spacesText(provenance.from)} · ${settingsText(options)} · ${originOf(provenance)}`,
    layers: layerLabels(all(({ to }) => to)),
    groups: [{ label: "this model (95 % interval)", ...series }],
    ...defined({ reference: reports.some(({ untrained }) => untrained) ? reference : undefined }),
    y: { title: "Distortion D = I_rand / I_local", scale: "log" },
  });
}

function settingsText({ epsilon, k, pairs }: DistortionSettings): string {
  return `ε = ${epsilon}, k ${k === undefined ? "= local dimension" : `= ${k}`}, ${pairs} pairs`;
}
