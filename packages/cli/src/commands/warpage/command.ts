// vielbein warpage: how far tangent spaces turn from place to place, against neighbours and nulls.

import {
  defaultDirections,
  jacobianRoute,
  PrincipalComponentsAccumulator,
  sefa,
  selectMaps,
  VielbeinError,
  warpageSample,
} from "@vielbein/core";
import { haarProfile } from "@vielbein/core/grassmann";
import type { Matrix } from "@vielbein/linalg";
import { firstAffineMaps, type OnnxMap, prepare } from "@vielbein/onnx";
import type { Command } from "commander";
import { CodeSource } from "../../inputs/codes.ts";
import { atMost } from "../../inputs/direction-counts.ts";
import { LayerMaps } from "../../inputs/layers.ts";
import {
  addMapOptions,
  addPointOptions,
  type LoadedModel,
  type MapOptions,
  openMap,
  provenanceOf,
} from "../../inputs/model.ts";
import { addPairOptions, type PairOptions, pairsOf, sameNorm, untrainedPairs } from "../../inputs/pairs.ts";
import { METRICS, type Metric, metricOption } from "../../inputs/subspace-distances.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, positiveList } from "../../kit/arguments.ts";
import { defined } from "../../kit/defined.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { addRowOptions, computeRows, type RowOptions } from "../../kit/rows.ts";
import { info, Progress, print, type Terminal } from "../../kit/terminal.ts";
import { resolvedDirections, type WarpageResult, warpageJson, warpagePlot, warpageTable } from "./report.ts";
import { profileCells, rowOf, type WarpageRow, warpageColumns } from "./rows.ts";

interface WarpageOptions extends MapOptions, PairOptions, RowOptions {
  k?: number;
  epsilon: number[];
  sameNorm?: boolean;
  untrained: number;
  pcaSamples?: number;
  metric: Metric;
  plot?: string;
  json?: boolean;
}

export function warpageCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addRowOptions(
    addPairOptions(
      addPointOptions(
        addMapOptions(
          program
            .command("warpage <model>")
            .summary("how far tangent spaces turn from place to place")
            .description(
              "Compares the leading k directions of the local basis at independent points, at neighbouring points and with nulls, by Grassmannian distances for every k. In a flat space independent points lie as close as neighbours.",
            ),
        ),
      ),
    )
      .option("--k <k>", "leading directions compared (default: 50, or as many as there are)", integer(1))
      .option("--epsilon <list>", "distances of neighbours, in units of the input space", positiveList, [0.1])
      .addOption(sameNorm())
      .addOption(untrainedPairs())
      .option(
        "--pca-samples <n>",
        "samples for the comparison with global principal components (default: 10000 in at most 1024 dimensions, else 0: none)",
        integer(0),
      ),
    "the profiles of every pair",
  )
    .addOption(metricOption("geodesic"))
    .addOption(figureOption("--plot <file>", "plot of the mean profiles, .svg or .png"))
    .option("--json", "one JSON document on stdout")
    .action((argument: string, options: WarpageOptions) => warpage(argument, options, terminal, signal));
}

async function warpage(
  argument: string,
  options: WarpageOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await loadTruncated(argument, options, terminal, signal);
  const map = await openMap(loaded, options);
  const { to: _, ...layerOptions } = options;
  const redrawn = new LayerMaps(loaded, layerOptions, [map.to]);
  const available = Math.min(map.from.dim, map.to.dim);
  const k = atMost(available, options.k, "--k", terminal) ?? defaultDirections(map);
  const { epsilon: epsilons, sameNorm = false } = options;
  const pcaSamples = options.pcaSamples ?? (map.to.dim <= 1024 ? 10_000 : 0);
  let codes: CodeSource | undefined;
  try {
    codes = await CodeSource.open(loaded, map, options);
    const pairs = await pairsOf(map.from, codes, options, signal);
    const networks = await redrawn.availableUntrained(options.untrained, terminal);
    const provenance = provenanceOf(loaded, map, "warpage", pairs.source, {
      k,
      epsilons,
      sameNorm,
      untrained: networks,
      pcaSamples,
      jacobian: jacobianRoute(map, options.memory),
    });
    const references = defined({
      sefa: await factorizedDirections(loaded, map, terminal),
      pca: await principalDirections(loaded, map, k, { ...options, pcaSamples }, terminal, signal),
    });
    const columns = warpageColumns(k, epsilons.length, references, networks > 0);
    const common = { k, epsilons, sameNorm, metrics: METRICS, signal, memoryBudget: options.memory };
    await computeRows<WarpageRow>(
      { ...options, terminal, signal, what: "pairs", total: pairs.total, provenance, columns },
      async (index) => {
        const pair = await pairs.pairAt(index);
        const row = {
          ...rowOf(await warpageSample(map, pair, { ...common, references })),
          ...profileCells("haar", haarProfile(options.seed, index, map.to.dim, k, { metrics: METRICS })),
        };
        if (networks === 0) return row;
        const other = await redrawn.untrainedAt(0, index % networks);
        return { ...row, ...rowOf(await warpageSample(other, pair, common), "untrained_") };
      },
      (rows) => report({ rows, k, epsilons, provenance }, options, terminal),
    );
  } finally {
    await codes?.dispose();
    await map.dispose();
    await redrawn.dispose();
  }
}

async function report(result: WarpageResult, options: WarpageOptions, terminal: Terminal): Promise<void> {
  const resolved = resolvedDirections(result);
  if (resolved < result.k) {
    info(
      terminal,
      `at some points only ${resolved} directions have σ > 1e-6·σ₁: beyond k = ${resolved} distances are those of rounding`,
    );
  }
  print(terminal, options.json ? warpageJson(result) : warpageTable(result, options.metric));
  if (options.plot !== undefined) {
    await writeFigure(options.plot, () => warpagePlot(result, options.metric), terminal);
  }
}

/**
 * The directions of SeFa in the output space of the map, from the affine maps that read it further on; undefined, with
 * a remark, where there are none, and without one at the end of the model.
 */
async function factorizedDirections(
  { model, runtime, inputs, memoryBudget }: LoadedModel,
  { to }: OnnxMap,
  terminal: Terminal,
): Promise<Matrix | undefined> {
  const end = model.graph.outputs[0]?.name;
  if (end === undefined || end === to.name) return undefined;
  try {
    const span = { from: to.name, to: end, inputs, memoryBudget };
    const maps = firstAffineMaps(await prepare(model, runtime, span));
    const { directions } = sefa(selectMaps(maps).map(({ weight }) => weight));
    // In a space of codes per layer the directions are those of one layer.
    if (directions.rows === to.dim) return directions;
    info(terminal, `not compared with SeFa: its directions are those of one layer of "${to.name}"`);
  } catch (error) {
    if (!(error instanceof VielbeinError && error.code === "INVALID_SPACE")) throw error;
    info(terminal, `not compared with SeFa: ${error.message}`);
  }
  return undefined;
}

const SAMPLES_PER_RUN = 64;

/**
 * The leading principal components of the values at the first samples: directions of GANSpace; undefined where none are
 * asked for, and with a remark where no samples can be drawn.
 */
async function principalDirections(
  loaded: LoadedModel,
  map: OnnxMap,
  k: number,
  { points: _, pcaSamples: count, ...options }: WarpageOptions & { pcaSamples: number },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Matrix | undefined> {
  if (count === 0) return undefined;
  const codes = await CodeSource.open(loaded, map, options).catch((error: unknown) => {
    if (!(error instanceof VielbeinError && error.code === "INVALID_SPACE")) throw error;
    info(terminal, `not compared with principal components: ${error.message}`);
  });
  if (!codes) return undefined;
  const accumulator = new PrincipalComponentsAccumulator(map.to.dim, { components: k });
  const progress = new Progress(terminal, "samples", count);
  try {
    for (let first = 0; first < count; first += SAMPLES_PER_RUN) {
      signal.throwIfAborted();
      const batch = Math.min(SAMPLES_PER_RUN, count - first);
      const { values } = await codes.take(first, batch, signal);
      accumulator.append(await map.evaluate(values, batch, { signal }));
      progress.step(first + batch);
      await new Promise(setImmediate);
    }
  } finally {
    await codes.dispose();
  }
  progress.done();
  return accumulator.result().components;
}
