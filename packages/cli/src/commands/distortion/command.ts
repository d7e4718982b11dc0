// vielbein distortion: how much more tangent spaces differ between independent points than between neighbours, layer
// by layer, beside networks that were never trained.

import type { Provenance } from "@vielbein/core";
import { DIMENSION_CONVENTIONS } from "@vielbein/core/dimension";
import { type DistortionOptions, distortionSample } from "@vielbein/core/tangent-spaces";
import { CodeSource } from "../../inputs/codes.ts";
import { atMost } from "../../inputs/direction-counts.ts";
import { type LayerMaps, layerOptions, ofOneLayer } from "../../inputs/layers.ts";
import { pointOptions } from "../../inputs/model.ts";
import { type Pairs, pairOptions, pairsOf, sameNorm, untrainedPairs } from "../../inputs/pairs.ts";
import { openLayers, provenanceOfLayers } from "../../inputs/task.ts";
import { integer, percent, positive } from "../../kit/arguments.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { choice, json, type OptionsOf, option } from "../../kit/options.ts";
import type { Report } from "../../kit/report.ts";
import { ROUTE_COLUMN, routeCell } from "../../kit/routes.ts";
import { type Columns, NOT_NEGATIVE } from "../../kit/row-file.ts";
import { rowOptions } from "../../kit/rows.ts";
import { rowsCommand } from "../../kit/rows-command.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, type Terminal } from "../../kit/terminal.ts";
import {
  type DistortionRow,
  type DistortionSettings,
  distortionJson,
  distortionPlot,
  distortionTable,
  type LayerReport,
  layerReports,
  type PairDistances,
} from "./report.ts";

const options = {
  ...layerOptions,
  ...pointOptions,
  ...pairOptions,
  epsilon: option("--epsilon <e>", "distance of neighbours, in units of the input space", positive, 0.1),
  sameNorm,
  k: option(
    "--k <k>",
    "leading directions compared (default: the smaller local dimension of the two points)",
    integer(1),
  ),
  threshold: option("--threshold <t>", "of the local dimension, see `vielbein dimension`", positive, 0.01),
  alpha: option("--alpha <percent>", "of the local dimension", percent, 0.5),
  convention: choice("--convention <name>", "of the local dimension", DIMENSION_CONVENTIONS, "input"),
  untrained: untrainedPairs,
  ...rowOptions("the distances of every pair at every layer"),
  plot: figure("--plot <file>", "plot over the layers, .svg or .png"),
  json,
};

type CommandOptions = OptionsOf<typeof options>;

export const distortion = rowsCommand({
  description:
    "Compares tangent spaces at independent points with those at neighbours: D = I_rand / I_local, the ratio of mean distances. Read it beside that of the same architecture with random weights, which is computed too.",
  options,
  async job(given) {
    const task = await openLayers(given);
    const { loaded, spaces, maps, first, options, terminal, signal, use } = task;
    const codes = await use(CodeSource.open(loaded, first, ofOneLayer(options)));
    const pairs = await pairsOf(first.from, codes, options, signal);
    const untrained = await maps.availableUntrained(options.untrained, terminal);
    const ks = spaces.map(({ name, dim }) =>
      atMost(Math.min(first.from.dim, dim), options.k, `--k at ${name}`, terminal),
    );
    const { epsilon, sameNorm, threshold, alpha, convention, k, memory } = options;
    const settings = { epsilon, sameNorm, threshold, alpha, convention };
    const call = { ...settings, signal, memoryBudget: memory };
    return {
      what: "pairs at layers",
      total: spaces.length * pairs.total,
      provenance: provenanceOfLayers(task, "distortion", pairs.source, {
        pairs: pairs.total,
        untrained,
        ...settings,
        k,
      }),
      columns: columnsOf(pairs.total),
      compute: (row: number) => distancesAt(row, { maps, pairs, ks, untrained, call }),
      report: async (rows: readonly DistortionRow[], provenance: Provenance) => {
        const layers = await endingAtOnce(() => layerReports(rows, spaces, options.seed, untrained));
        return reportOf(layers, { ...options, pairs: pairs.total }, terminal, provenance);
      },
      // Its cells are numbers already.
      summary: { names: [], of: () => ({}) },
    };
  },
});

/** What the distances are of. */
interface DistancesTask {
  readonly maps: LayerMaps;
  readonly pairs: Pairs;
  /** Directions that --k asks for at each layer. */
  readonly ks: readonly (number | undefined)[];
  readonly untrained: number;
  readonly call: DistortionOptions;
}

/** The distances of row `row`: of the model, and of a network with redrawn weights. */
async function distancesAt(
  row: number,
  { maps, pairs, ks, untrained, call }: DistancesTask,
): Promise<DistortionRow> {
  const [layer, pair] = [Math.floor(row / pairs.total), row % pairs.total];
  const points = await pairs.pairAt(pair);
  const here = { ...call, k: ks[layer] };
  const trained = await distortionSample(await maps.at(layer), points, here);
  const redrawn =
    untrained === 0
      ? nothing
      : await distortionSample(await maps.untrainedAt(layer, pair % untrained), points, here);
  const route = routeCell(trained.route);
  return { layer, pair, route, ...cells("", trained), ...cells("untrained_", redrawn) } as DistortionRow;
}

function reportOf(
  layers: readonly LayerReport[],
  options: CommandOptions & DistortionSettings,
  terminal: Terminal,
  provenance: Provenance,
): Report {
  const { plot } = options;
  return {
    json: () => distortionJson(layers, options, provenance),
    text: () => distortionTable(layers, options, provenance),
    after: async () => {
      if (layers.some(({ result }) => result.distortion !== undefined)) {
        await writeFigure(plot, () => distortionPlot(layers, options, provenance), terminal);
      } else if (plot !== undefined) {
        info(terminal, `no ${plot}: there is no Distortion to plot`);
      }
    },
  };
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
    route: ROUTE_COLUMN,
    untrained_random: distance,
    untrained_random_k: k,
    untrained_near: distance,
    untrained_near_k: k,
  };
}

const nothing: PairDistances = { random: undefined, near: undefined };

function cells(prefix: string, { random, near }: PairDistances): Record<string, number> {
  return {
    [`${prefix}random`]: random?.distance ?? Number.NaN,
    [`${prefix}random_k`]: random?.k ?? Number.NaN,
    [`${prefix}near`]: near?.distance ?? Number.NaN,
    [`${prefix}near_k`]: near?.k ?? Number.NaN,
  };
}
