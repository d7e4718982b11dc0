// vielbein distortion: how much more tangent spaces differ between independent points than between neighbours, layer
// by layer, beside networks that were never trained.

import {
  DIMENSION_CONVENTIONS,
  type DimensionConvention,
  type DistortionOptions,
  type DistortionSample,
  distortionSample,
  type Provenance,
  type Space,
} from "@vielbein/core";
import { type Command, Option } from "commander";
import { CodeSource } from "../../inputs/codes.ts";
import { atMost } from "../../inputs/direction-counts.ts";
import { addLayerOptions, LayerMaps, type LayerOptions, layerSpaces } from "../../inputs/layers.ts";
import { addPointOptions, provenanceOf } from "../../inputs/model.ts";
import {
  addPairOptions,
  type PairOptions,
  type Pairs,
  pairsOf,
  sameNorm,
  untrainedPairs,
} from "../../inputs/pairs.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, percent, positive } from "../../kit/arguments.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { type Columns, NOT_NEGATIVE } from "../../kit/row-file.ts";
import { addRowOptions, computeRows, type RowOptions } from "../../kit/rows.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, print, type Terminal } from "../../kit/terminal.ts";
import {
  type DistortionRow,
  distortionJson,
  distortionPlot,
  distortionTable,
  type LayerReport,
  layerReport,
} from "./report.ts";

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
      .addOption(sameNorm())
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
      .addOption(untrainedPairs()),
    "the distances of every pair at every layer",
  )
    .addOption(figureOption("--plot <file>", "plot over the layers, .svg or .png"))
    .option("--json", "one JSON document on stdout")
    .action((argument: string, options: CommandOptions) => distortions(argument, options, terminal, signal));
}

async function distortions(
  argument: string,
  options: CommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await loadTruncated(argument, options, terminal, signal);
  const spaces = await layerSpaces(loaded, options);
  const maps = new LayerMaps(loaded, options, spaces);
  let codes: CodeSource | undefined;
  try {
    const first = await maps.at(0);
    const { to: _to, layers: _layers, ...mapOptions } = options;
    codes = await CodeSource.open(loaded, first, mapOptions);
    const pairs = await pairsOf(first.from, codes, options, signal);
    const untrained = await maps.availableUntrained(options.untrained, terminal);
    const ks = spaces.map(({ name, dim }) =>
      atMost(Math.min(first.from.dim, dim), options.k, `--k at ${name}`, terminal),
    );
    const { epsilon, sameNorm = false, threshold, alpha, convention, k, memory } = options;
    const settings = { epsilon, sameNorm, threshold, alpha, convention };
    const provenance = {
      ...provenanceOf(loaded, first, "distortion", pairs.source, {
        layers: spaces.map(({ name }) => name),
        pairs: pairs.total,
        untrained,
        ...settings,
        k,
      }),
      to: spaces.at(-1) ?? first.to,
    };
    const job = {
      ...options,
      terminal,
      signal,
      what: "pairs at layers",
      total: spaces.length * pairs.total,
      provenance,
      columns: columnsOf(pairs.total),
    };
    const call = { ...settings, signal, memoryBudget: memory };
    const report = { spaces, options, untrained, provenance, terminal };
    await computeRows<DistortionRow>(
      job,
      (row) => distancesAt(row, { maps, pairs, ks, untrained, call }),
      (rows) => reported(rows, report),
    );
  } finally {
    await codes?.dispose();
    await maps.dispose();
  }
}

/** The distances of row `row`: of the model, and of a network with redrawn weights. */
async function distancesAt(
  row: number,
  {
    maps,
    pairs,
    ks,
    untrained,
    call,
  }: {
    readonly maps: LayerMaps;
    readonly pairs: Pairs;
    /** Directions that --k asks for at each layer. */
    readonly ks: readonly (number | undefined)[];
    readonly untrained: number;
    readonly call: DistortionOptions;
  },
): Promise<DistortionRow> {
  const [layer, pair] = [Math.floor(row / pairs.total), row % pairs.total];
  const points = await pairs.pairAt(pair);
  const here = { ...call, k: ks[layer] };
  const trained = await distortionSample(await maps.at(layer), points, here);
  const redrawn =
    untrained === 0
      ? nothing
      : await distortionSample(await maps.untrainedAt(layer, pair % untrained), points, here);
  return { layer, pair, ...cells("", trained), ...cells("untrained_", redrawn) } as DistortionRow;
}

async function reported(
  rows: readonly DistortionRow[],
  {
    spaces,
    options,
    untrained,
    provenance,
    terminal,
  }: {
    readonly spaces: readonly Space[];
    readonly options: CommandOptions;
    readonly untrained: number;
    readonly provenance: Provenance;
    readonly terminal: Terminal;
  },
): Promise<void> {
  const reports = await endingAtOnce(() =>
    spaces.flatMap((to, layer): LayerReport[] => {
      const own = rows.filter((row) => row.layer === layer);
      return own.length === 0 ? [] : [layerReport(to, own, options.seed, untrained)];
    }),
  );
  print(
    terminal,
    options.json
      ? distortionJson(reports, options, provenance)
      : distortionTable(reports, options, provenance),
  );
  if (options.plot === undefined) return;
  if (reports.some(({ result }) => result.distortion !== undefined)) {
    await writeFigure(options.plot, () => distortionPlot(reports, options, provenance), terminal);
  } else info(terminal, `no ${options.plot}: there is no Distortion to plot`);
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
