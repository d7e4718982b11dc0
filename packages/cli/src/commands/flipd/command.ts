// vielbein flipd: the local dimension of the data that a denoiser was trained on, over levels of noise.

import { type Provenance, VielbeinError } from "@vielbein/core";
import { type Flipd, flipd as flipdAt, TRACE_METHODS } from "@vielbein/core/dimension";
import { rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { firstCodes } from "../../inputs/codes.ts";
import {
  type DenoiserDescription,
  type DenoiserModel,
  denoiserOptions,
  denoisersAt,
} from "../../inputs/denoiser.ts";
import { LayerMaps } from "../../inputs/layers.ts";
import { loadModel, type ModelTask, mapOptions, provenanceOf } from "../../inputs/model.ts";
import type { Points } from "../../inputs/points-file.ts";
import { integer, positiveList } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { input } from "../../kit/command-files.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { choice, json, type OptionsOf, option, required } from "../../kit/options.ts";
import { ROUTE_COLUMN, routeCell } from "../../kit/routes.ts";
import { type Columns, NOT_NEGATIVE } from "../../kit/row-file.ts";
import { computeRows, rowOptions } from "../../kit/rows.ts";
import { significant } from "../../kit/table.ts";
import { type FlipdRow, flipdJson, flipdPlot, flipdTable } from "./report.ts";

const options = {
  ...mapOptions,
  sigma: required(
    option("--sigma <list>", "levels of noise, small beside what the data vary by", positiveList),
  ),
  ...denoiserOptions,
  points: required(
    input(
      "--points <file>",
      "data points [n,d], [d] or in the shape of the input: FILE.npy or FILE.npz:NAME",
    ),
  ),
  trace: choice(
    "--trace <method>",
    "how the trace is computed (default: exact up to 1024 dimensions, else hutch++)",
    TRACE_METHODS,
  ),
  products: option(
    "--products <n>",
    "products with the derivative that an estimate of the trace may take",
    integer(4),
    96,
  ),
  seed: option("--seed <n>", "seed of the random vectors and of the untrained networks", integer(0), 0),
  untrained: option(
    "--untrained <n>",
    "number of networks with redrawn weights for the untrained null, over which the points are spread",
    integer(0, 1000),
    1,
  ),
  ...rowOptions("every estimate"),
  plot: figure("--plot <file>", "the estimates over the levels of noise, .svg or .png"),
  json,
};

type FlipdOptions = OptionsOf<typeof options>;

export const flipd = command({
  argument: "<model>",
  description:
    "Estimates, at data points, the dimension of the data that a denoiser (a diffusion or score model) was trained on: D + σ·tr ∂n/∂x + ‖n‖², n = −ε. Estimates near 0 say that the network remembers the point itself.",
  options,
  async run(task) {
    const { options, terminal, signal } = task;
    const opened = await openLevels(task);
    const { points, untrained, provenance } = opened;
    const levels = opened.levels.map(({ denoiser }) => denoiser);
    return computeRows<FlipdRow>(task, {
      what: "points at levels of noise",
      total: levels.length * points.count,
      provenance,
      columns: columnsOf(points.count),
      compute: (row) => estimatesAt(row, opened, task),
      report: (rows, final) => {
        const report = { rows, levels, untrained, provenance: final };
        return {
          json: () => flipdJson(report),
          text: () => flipdTable(report),
          after: () => writeFigure(options.plot, () => flipdPlot(report), terminal, signal),
        };
      },
    });
  },
});

/** The map x_t → n at a level of noise. */
interface Level {
  readonly denoiser: DenoiserDescription;
  readonly maps: LayerMaps;
}

interface Levels {
  readonly levels: readonly Level[];
  readonly points: Points;
  /** Networks with redrawn weights. */
  readonly untrained: number;
  readonly provenance: Provenance;
}

async function openLevels({
  model,
  options,
  terminal,
  signal,
  use,
}: ModelTask<FlipdOptions>): Promise<Levels> {
  const { sigma, to, ...rest } = options;
  const loaded = await loadModel(model, { ...rest, to }, terminal);
  const denoisers = await denoisersAt(loaded, { ...rest, to }, sigma, terminal);
  const levels = denoisers.map((one) => ({
    denoiser: one.denoiser,
    maps: new LayerMaps(one, rest, [{ name: one.denoiser.noise }]),
  }));
  for (const { maps } of levels) await use(maps);
  const { maps } = levels[0]!;
  const first = await maps.at(0);
  const points = await firstCodes(loaded, first, rest, 1, signal);
  requireResolved(points, denoisers);
  const untrained = await maps.availableUntrained(options.untrained, terminal);
  const { trace = "by dimension", products, seed } = options;
  const described = levels.map(({ denoiser }) => denoiser);
  const settings = { levels: described, trace, products, seed, untrained };
  const provenance = provenanceOf(loaded, first, "FLIPD", points.source, settings);
  return { levels, points, untrained, provenance };
}

/** Noise below this share of the data is lost in the rounding of float32, and data below that of the noise likewise. */
const RESOLVED = 2 ** -20;

/** @throws {VielbeinError} `OUT_OF_RANGE` for a level of noise that says nothing about data of this size. */
function requireResolved({ values }: Points, levels: readonly DenoiserModel[]): void {
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (const { denoiser } of levels) {
    const { sigma, alpha } = denoiser;
    const size = alpha * largest;
    if (size === 0 || (sigma >= RESOLVED * size && size >= RESOLVED * sigma)) continue;
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sigma ${sigma}: beside noise of that level, data that go up to ${significant(size, 3)} are more than float32 holds: one is lost in the rounding of the other. Choose σ from ${significant(RESOLVED * size, 2)} to ${significant(size / RESOLVED, 2)}, such as the network was trained for.`,
    );
  }
}

/** Row `row`: a point at a level of noise, by the model and by a network with redrawn weights. */
async function estimatesAt(
  row: number,
  { levels, points, untrained }: Levels,
  { options, signal }: ModelTask<FlipdOptions>,
): Promise<FlipdRow> {
  const [at, index] = [Math.floor(row / points.count), row % points.count];
  // Only the maps of one level are open at a time.
  if (index === 0) await levels[at - 1]?.maps.dispose();
  const { denoiser, maps } = levels[at]!;
  const { trace, products, seed, memory: memoryBudget } = options;
  const call = { alpha: denoiser.alpha, trace, products, seed, memoryBudget, signal };
  const estimateBy = (map: OnnxMap): Promise<Flipd> =>
    flipdAt(map, rowAt(points.values, index, map.from.dim).slice(), denoiser.sigma, call);
  const { route, trace: _, ...found } = await estimateBy(await maps.at(0));
  const redrawn = untrained > 0 ? await estimateBy(await maps.untrainedAt(0, index % untrained)) : undefined;
  return { level: at, index, ...found, route: routeCell(route), untrained: redrawn?.dimension ?? Number.NaN };
}

function columnsOf(count: number): Columns<FlipdRow> {
  const estimate = { shape: [] };
  return {
    level: { shape: [], at: (row) => Math.floor(row / count) },
    index: { shape: [], at: (row) => row % count },
    dimension: estimate,
    margin: { shape: [], ...NOT_NEGATIVE },
    passed: estimate,
    displacement: { shape: [], ...NOT_NEGATIVE },
    products: { shape: [], isWhole: true, ...NOT_NEGATIVE },
    route: ROUTE_COLUMN,
    untrained: { shape: [], hasGaps: true },
  };
}
