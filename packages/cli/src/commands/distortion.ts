// vielbein distortion: how much more tangent spaces differ between independent points than between neighbours, layer
// by layer, beside networks that were never trained.

import {
  DIMENSION_CONVENTIONS,
  type DimensionConvention,
  type Distortion,
  type DistortionProblem,
  type DistortionSample,
  distortion,
  distortionSample,
  type HaarBand,
  haarBand,
  type Provenance,
  type Space,
  type TangentDistance,
} from "@vielbein/core";
import { layerPlot } from "@vielbein/viz";
import { type Command, Option } from "commander";
import { CodeSource, originOf } from "../inputs/codes.ts";
import { atMost } from "../inputs/direction-counts.ts";
import { addLayerOptions, LayerMaps, type LayerOptions, layerLabels, layerSpaces } from "../inputs/layers.ts";
import { addPointOptions, provenanceOf } from "../inputs/model.ts";
import { addPairOptions, type PairOptions, pairsOf } from "../inputs/pairs.ts";
import { loadTruncated } from "../inputs/truncation.ts";
import { integer, percent, positive } from "../kit/arguments.ts";
import { figureOption, writeFigure } from "../kit/figure.ts";
import { type Columns, NOT_NEGATIVE } from "../kit/row-file.ts";
import { addRowOptions, computeRows, type RowOptions } from "../kit/rows.ts";
import { endingAtOnce } from "../kit/signals.ts";
import { bold, dim, info, print, type Terminal, table } from "../kit/terminal.ts";

interface CommandOptions extends LayerOptions, PairOptions, RowOptions {
  epsilon: number;
  sameNorm?: boolean;
  k?: number;
  threshold: number;
  alpha: number;
  convention: DimensionConvention;
  untrained: number;
  plot?: string;
  json?: boolean;
}

/** Columns of the .npz file: one row for each layer and pair, layer by layer; NaN where there is no k. */
type DistortionRow = Readonly<
  Record<"layer" | "pair" | `${"" | "untrained_"}${"random" | "near"}${"" | "_k"}`, number>
>;

interface LayerReport {
  readonly to: Space;
  readonly result: Distortion;
  readonly haar: HaarBand | undefined;
  readonly untrained: UntrainedReport | undefined;
}

/** All untrained networks together, and one by one. */
interface UntrainedReport {
  readonly pooled: Distortion;
  readonly networks: readonly Distortion[];
}

export function distortionCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addRowOptions(
    addPairOptions(
      addPointOptions(
        addLayerOptions(
          program
            .command("distortion <model>")
            .summary("how uneven tangent spaces are, layer by layer")
            .description(
              "Compares tangent spaces at independent points with those at neighbours: D = I_rand / I_local, the ratio of mean distances. It is to be read beside the same architecture with random weights, which is computed too.",
            ),
        ),
      ),
    )
      .option("--epsilon <e>", "distance of neighbours, in units of the input space", positive, 0.1)
      .option("--same-norm", "scale neighbours back to the length of their point")
      .option(
        "--k <k>",
        "leading directions compared (default: the smaller local dimension of the two points)",
        integer(1),
      )
      .option("--threshold <t>", "of the local dimension, see `vielbein dimension`", positive, 0.01)
      .option("--alpha <percent>", "of the local dimension", percent, 0.5)
      .addOption(
        new Option("--convention <name>", "of the local dimension")
          .choices(DIMENSION_CONVENTIONS)
          .default("input"),
      )
      .option(
        "--untrained <n>",
        "networks with redrawn weights that the pairs of the untrained null are spread over; 0 leaves it out",
        integer(0, 1000),
        3,
      ),
    "the distances of every pair at every layer",
  )
    .addOption(figureOption("--plot <file>", "plot over the layers, .svg or .png"))
    .option("--json", "one JSON document on stdout")
    .action(async (argument: string, options: CommandOptions) => {
      const loaded = await loadTruncated(argument, options, terminal, signal);
      const spaces = await layerSpaces(loaded, options);
      const maps = new LayerMaps(loaded, options, spaces);
      let codes: CodeSource | undefined;
      try {
        const first = await maps.at(0);
        const { to: _to, layers: _layers, ...mapOptions } = options;
        codes = await CodeSource.open(loaded, first, mapOptions);
        const { pairAt, pairs, source } = await pairsOf(first.from, codes, options, signal);
        const untrained = await maps.availableUntrained(options.untrained, terminal);
        const { epsilon, sameNorm = false, k, threshold, alpha, convention, memory } = options;
        const ks = spaces.map(({ name, dim }) =>
          atMost(Math.min(first.from.dim, dim), k, `--k at ${name}`, terminal),
        );
        const settings = {
          epsilon,
          sameNorm,
          threshold,
          alpha,
          convention,
          ...(k === undefined ? {} : { k }),
        };
        const provenance = {
          ...provenanceOf(loaded, first, "distortion", source, {
            layers: spaces.map(({ name }) => name),
            pairs,
            untrained,
            ...settings,
          }),
          to: spaces.at(-1)!,
        };
        const call = { ...settings, signal, ...(memory === undefined ? {} : { memoryBudget: memory }) };
        await computeRows<DistortionRow>(
          {
            ...options,
            terminal,
            signal,
            what: "pairs at layers",
            total: spaces.length * pairs,
            provenance,
            columns: columnsOf(pairs),
          },
          async (row) => {
            const [layer, pair] = [Math.floor(row / pairs), row % pairs];
            const points = await pairAt(pair);
            const here = { ...call, ...(k === undefined ? {} : { k: ks[layer]! }) };
            const trained = await distortionSample(await maps.at(layer), points, here);
            const redrawn =
              untrained === 0
                ? nothing
                : await distortionSample(await maps.untrainedAt(layer, pair % untrained), points, here);
            return { layer, pair, ...cells("", trained), ...cells("untrained_", redrawn) } as DistortionRow;
          },
          async (rows) => {
            const reports = await endingAtOnce(() =>
              spaces.flatMap((to, layer): LayerReport[] => {
                const own = rows.filter((row) => row.layer === layer);
                return own.length === 0 ? [] : [layerReport(to, own, options.seed, untrained)];
              }),
            );
            print(
              terminal,
              options.json ? toJson(reports, options, provenance) : toText(reports, options, provenance),
            );
            if (options.plot === undefined) return;
            if (reports.some(({ result }) => result.distortion !== undefined)) {
              await writeFigure(options.plot, () => plotOf(reports, options, provenance), terminal);
            } else info(terminal, `no ${options.plot}: there is no Distortion to plot`);
          },
        );
      } finally {
        await codes?.dispose();
        await maps.dispose();
      }
    });
}

function columnsOf(pairs: number): Columns<DistortionRow> {
  const distance = { shape: [], hasGaps: true, ...NOT_NEGATIVE };
  const k = { ...distance, isWhole: true };
  return {
    layer: { shape: [], at: (row) => Math.floor(row / pairs) },
    pair: { shape: [], at: (row) => row % pairs },
    random: distance,
    random_k: k,
    near: distance,
    near_k: k,
    untrained_random: distance,
    untrained_random_k: k,
    untrained_near: distance,
    untrained_near_k: k,
  };
}

const nothing: DistortionSample = { random: undefined, near: undefined };

function cells(prefix: string, { random, near }: DistortionSample): Record<string, number> {
  return {
    [`${prefix}random`]: random?.distance ?? Number.NaN,
    [`${prefix}random_k`]: random?.k ?? Number.NaN,
    [`${prefix}near`]: near?.distance ?? Number.NaN,
    [`${prefix}near_k`]: near?.k ?? Number.NaN,
  };
}

function sampleOf(row: DistortionRow, prefix: "" | "untrained_"): DistortionSample {
  const distanceOf = (which: "random" | "near"): TangentDistance | undefined => {
    const [distance, k] = [row[`${prefix}${which}`], row[`${prefix}${which}_k`]];
    return Number.isNaN(distance) ? undefined : { distance, k };
  };
  return { random: distanceOf("random"), near: distanceOf("near") };
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
    result,
    haar: result.k === undefined ? undefined : haarBand(to.dim, result.k, { seed }),
    untrained:
      untrained === 0
        ? undefined
        : { pooled: ofNetwork(), networks: Array.from({ length: untrained }, (_, i) => ofNetwork(i)) },
  };
}

function toJson(reports: readonly LayerReport[], { seed }: CommandOptions, provenance: Provenance): object {
  const json = (result: Distortion) => ({
    iRand: finite(result.iRand),
    iLocal: finite(result.iLocal),
    distortion: result.distortion ?? null,
    interval: result.interval ?? null,
    ...(result.problem ? { problem: result.problem } : {}),
    k: result.k ?? null,
    pairs: result.pairs,
    excluded: result.excluded,
  });
  return {
    from: provenance.from,
    layers: reports.map(({ to, result, haar, untrained }) => ({
      to,
      ...json(result),
      haar: haar ?? null,
      untrained: untrained
        ? {
            ...json(untrained.pooled),
            networks: untrained.networks.map((network, i) => ({ seed: seed + i, ...json(network) })),
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

function toText(reports: readonly LayerReport[], options: CommandOptions, provenance: Provenance): string {
  const hasNull = reports.some(({ untrained }) => untrained);
  const header = ["layer", "dim", "k", "I_rand", "(Haar)", "I_local", "D", "95 %"];
  const lines = reports.map(({ to, result, haar, untrained }) => [
    to.name,
    String(to.dim),
    String(result.k ?? "–"),
    shown(result.iRand, 3),
    shown(haar?.mean, 3),
    shown(result.iLocal, 3),
    shown(result.distortion, 2),
    intervalText(result.interval),
    ...(hasNull ? [shown(untrained?.pooled.distortion, 2), intervalText(rangeOf(untrained))] : []),
    remarkOf(result, options),
  ]);
  const { from } = provenance;
  const title = `${bold(`${from.name} [${from.shape.join(", ")}] → layers`)}  ${dim(`${settingsText(options)}, ${originOf(provenance)}`)}`;
  const columns = hasNull ? [...header, "untrained D", "networks"] : header;
  return `${title}\n${table(
    [columns, ...lines],
    columns.map((_, i) => i).filter((i) => i > 0),
  )}\n`;
}

function shown(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
}

function intervalText(interval: readonly [number, number] | undefined): string {
  return interval ? interval.map((end) => end.toFixed(2)).join("–") : "–";
}

function remarkOf({ problem, excluded, pairs }: Distortion, { k }: CommandOptions): string {
  if (problem === "flat" && k === undefined) return `${REMARKS.flat}: give --k`;
  if (problem) return REMARKS[problem];
  return excluded > 0 ? `${excluded} of ${pairs + excluded} pairs with flat spectra left out` : "";
}

/** Smallest and largest Distortion of the untrained networks that have one. */
function rangeOf(untrained: UntrainedReport | undefined): [number, number] | undefined {
  const values = (untrained?.networks ?? []).flatMap((network) => network.distortion ?? []);
  return values.length > 0 ? [Math.min(...values), Math.max(...values)] : undefined;
}

function plotOf(reports: readonly LayerReport[], options: CommandOptions, provenance: Provenance): string {
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
    subtitle: `from ${provenance.from.name} [${provenance.from.shape.join(", ")}] · ${settingsText(options)} · ${originOf(provenance)}`,
    layers: layerLabels(all(({ to }) => to)),
    groups: [{ label: "this model (95 % interval)", ...series }],
    ...(reports.some(({ untrained }) => untrained) ? { reference } : {}),
    y: { title: "Distortion D = I_rand / I_local", scale: "log" },
  });
}

function settingsText({ epsilon, k, pairs }: CommandOptions): string {
  return `ε = ${epsilon}, k ${k === undefined ? "= local dimension" : `= ${k}`}, ${pairs} pairs`;
}
