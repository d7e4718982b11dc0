// vielbein pca: principal components of sampled activations, the directions of GANSpace.

import {
  type DirectionSet,
  defaultNames,
  type PrincipalComponents,
  PrincipalComponentsAccumulator,
  type Provenance,
  type Space,
} from "@vielbein/core";
import { restrictToLayers } from "@vielbein/core/paths";
import { originOf } from "../inputs/captions.ts";
import { samplesOption } from "../inputs/codes.ts";
import { atMost } from "../inputs/direction-counts.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { mapOptions, pointOptions, provenanceOf } from "../inputs/model.ts";
import type { Points } from "../inputs/points-file.ts";
import { type GeneratorTask, openGenerator } from "../inputs/task.ts";
import { indexList, integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { output } from "../kit/command-files.ts";
import { InterruptedError } from "../kit/exit-codes.ts";
import { spacesText } from "../kit/names.ts";
import { flag, json, type OptionsOf, option } from "../kit/options.ts";
import { endingAtOnce } from "../kit/signals.ts";
import { number, percent, significant, table, text } from "../kit/table.ts";
import { dim, heading, Progress } from "../kit/terminal.ts";

/** Samples that go through the network together. */
const BATCH = 256;
const SHOWN = 10;
/** Without --samples. */
const SAMPLES = 10_000;

const options = {
  ...mapOptions,
  ...pointOptions,
  samples: samplesOption("samples to draw", SAMPLES, 2),
  k: option("--k <k>", "leading components to keep (default: 50, or as many as there are)", integer(1)),
  latent: flag(
    "--latent",
    "find directions of --from instead, by regression on the components: for a --to that is not a code, such as features",
  ).conflicts("layers"),
  layers: option(
    "--layers <list>",
    "in a --to [layers, dim], components of the mean code of these layers, which act on these layers, e.g. 0-3",
    indexList,
  ),
  out: output("--out <file.safetensors>", "write the directions"),
  json,
};

type PcaOptions = OptionsOf<typeof options>;

export const pca = command({
  argument: "<model>",
  description:
    "Finds the directions of --to along which samples vary most, such as those of w behind a mapping network; with --latent the directions of --from that go with them.",
  options,
  async run(given) {
    const task = await openGenerator(given);
    const { loaded, generator, options, terminal } = task;
    const { latent, layers, out } = options;
    const { components, points, total } = await collect(task);
    const provenance = provenanceOf(loaded, generator, "principal components", points.source, {
      k: components.stdev.length,
      latent,
      layers,
      exact: components.isExact,
    });
    await writeDirections(out, directionSet(components, provenance, layers), terminal);
    return {
      json: () => toJson(components, provenance),
      text: () => toText(components, provenance),
      conclude: () => requireAll(components.count, total),
    };
  },
});

function requireAll(count: number, total: number): void {
  if (count >= total) return;
  throw new InterruptedError(
    `interrupted after ${count} of ${total} samples, whose components these are; run the command again for those of all`,
  );
}

async function collect(
  task: GeneratorTask<PcaOptions>,
): Promise<{ components: PrincipalComponents; points: Points; total: number }> {
  const { generator: map, source, options, terminal, signal } = task;
  const dim = options.layers ? codeLength(map.to, options.layers) : map.to.dim;
  const samples = options.samples ?? SAMPLES;
  const isFile = options.points !== undefined;
  const first = isFile
    ? await source.takeFirst(options.samples, samples, signal)
    : await source.take(0, Math.min(BATCH, samples), signal);
  const total = isFile ? first.count : samples;
  // n samples vary along n − 1 directions.
  const available = Math.max(1, Math.min(dim, total - 1));
  const k = atMost(available, options.k, "--k", terminal);
  const latentDim = options.latent ? map.from.dim : undefined;
  const accumulator = new PrincipalComponentsAccumulator(dim, { k, latentDim });
  const done = await appendSamples(task, accumulator, first, total);
  return {
    components: await endingAtOnce(() => accumulator.result()),
    points: { ...first, source: { ...first.source, count: done } },
    total,
  };
}

/** Appends batch after batch, and returns how many samples these were: all, unless interrupted. */
async function appendSamples(
  task: GeneratorTask<PcaOptions>,
  accumulator: PrincipalComponentsAccumulator,
  first: Points,
  total: number,
): Promise<number> {
  const progress = new Progress(task.terminal, "samples", total);
  let done = 0;
  while (done < total) {
    const count = Math.min(BATCH, total - done);
    try {
      await appendBatch(task, accumulator, first, done, count);
    } catch (error) {
      // What the samples so far say is kept.
      if (!task.signal.aborted || done === 0) throw error;
      break;
    }
    done += count;
    progress.step(done);
    await new Promise(setImmediate);
  }
  progress.done();
  return done;
}

/** Samples `start` … `start + count − 1`; `first` are those from 0, and of a file of points, all. */
async function appendBatch(
  { generator: map, source, options, signal }: GeneratorTask<PcaOptions>,
  accumulator: PrincipalComponentsAccumulator,
  first: Points,
  start: number,
  count: number,
): Promise<void> {
  signal.throwIfAborted();
  const { layers, latent, points } = options;
  const codes =
    points !== undefined
      ? first.values.subarray(start * map.from.dim, (start + count) * map.from.dim)
      : (start === 0 ? first : await source.take(start, count, signal)).values;
  const found = await map.evaluate(codes, count, { signal });
  const samples = layers ? layerMeans(found, count, layers, codeLength(map.to, layers)) : found;
  accumulator.append(samples, latent ? codes : undefined);
}

/** Length of the code of one layer. */
function codeLength(space: Space, layers: readonly number[]): number {
  const dim = space.shape.at(-1) ?? 1;
  // Refuses spaces without layers, and layers that there are not.
  restrictToLayers(space, new Float64Array(dim), layers);
  return dim;
}

/**
 * The mean of some layers' codes, `[count, dim]`: where points stand among displacements that move these layers alike.
 *
 * @param values `[count, layers, dim]`.
 */
function layerMeans(
  values: Float32Array,
  count: number,
  layers: readonly number[],
  dim: number,
): Float64Array {
  const means = new Float64Array(count * dim);
  const stride = values.length / count;
  for (let i = 0; i < count; i++) {
    for (const layer of layers) {
      for (let j = 0; j < dim; j++) {
        means[i * dim + j]! += values[i * stride + layer * dim + j]! / layers.length;
      }
    }
  }
  return means;
}

function directionSet(
  { components, stdev, latent }: PrincipalComponents,
  provenance: Provenance,
  layers: readonly number[] | undefined,
): DirectionSet {
  return {
    layers,
    space: latent ? provenance.from : provenance.to,
    vectors: latent?.directions ?? components,
    names: defaultNames(stdev.length),
    values: { kind: "standard deviation", values: latent?.stdev ?? stdev },
    method: latent ? "principal components, regressed" : "principal components",
    provenance,
  };
}

function toJson(
  { stdev, share, count, isExact, latent }: PrincipalComponents,
  provenance: Provenance,
): object {
  return {
    samples: count,
    exact: isExact,
    stdev: Array.from(stdev),
    share: Array.from(share),
    latentStdev: latent && Array.from(latent.stdev),
    provenance,
  };
}

function toText(
  { stdev, share, count, isExact, latent }: PrincipalComponents,
  provenance: Provenance,
): string {
  const { from, to } = provenance;
  let sum = 0;
  const rows = Array.from(share.subarray(0, SHOWN), (own, k) => {
    sum += own;
    return { k, share: own, together: sum };
  });
  const body = table(rows, [
    text("component", ({ k }) => `d${k}`),
    number("deviation", ({ k }) => significant(stdev[k], 5)),
    number("share", (row) => percent(row.share)),
    number("together", (row) => percent(row.together)),
    latent && number(`deviation of ${from.name}`, ({ k }) => significant(latent.stdev[k], 5)),
  ]);
  const rest = stdev.length - rows.length;
  const more = rest > 0 ? `\n${dim(`… ${rest} more: --json or --out`)}` : "";
  const remark = `${originOf(provenance)}, ${count} samples${isExact ? "" : ", by a sketch"}`;
  return `${heading(spacesText(from, to), remark)}\n${body}${more}\n`;
}
