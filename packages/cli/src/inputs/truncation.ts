// The option --truncation: samples nearer to the middle of their distribution. Behind a mapping network w is pulled
// toward its mean, in the graph itself, so that values and derivatives of every map through w are those of the
// truncated generator. Samples of an input without a mapping network are scaled.

import {
  contractSamples,
  MEAN_SAMPLES,
  meanValue,
  samplePoints,
  type Truncation,
  VielbeinError,
} from "@vielbein/core";
import { endpoints, mappedCode, prepare, truncate } from "@vielbein/onnx";
import type { CodeOptions } from "./codes.ts";
import { asDenoiser } from "./denoiser.ts";
import { isInput, type LoadedModel, loadModel, type ModelTask, openMap } from "./model.ts";

type TruncationOptions = Omit<CodeOptions, "to"> & Parameters<typeof asDenoiser>[1];

/**
 * Reads MODEL as {@link loadModel} does, takes it for a denoiser as --sigma says, and truncates it as --truncation
 * says.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where truncation would change nothing.
 */
export async function loadTruncated(task: ModelTask<TruncationOptions>): Promise<LoadedModel> {
  const { model, options, terminal, signal } = task;
  const loaded = await asDenoiser(await loadModel(model, options, terminal), options, terminal);
  const { truncation: psi, points } = options;
  if (psi === undefined) return loaded;
  const { from = endpoints(loaded.model, { inputs: loaded.inputs }).from } = options;
  const space = (await styleCode(loaded)) ?? (isInput(loaded, from) ? undefined : from);
  const isOnTheWay = space !== undefined && (await leads(loaded, from, space));
  if (points !== undefined && !isOnTheWay) {
    throw useless(`the points of --points are taken as they are. Leave one of the two out`);
  }
  if (space === undefined) {
    const distribution = await scaledDistribution(loaded, from, options);
    return { ...loaded, truncation: { psi, space: from, toward: "mean of the prior", distribution } };
  }
  if (isOnTheWay) await requirePassage(loaded, space, options.to);
  const { mean, shape } = await meanOf(loaded, space, options, signal);
  const truncated = truncate(loaded.model, space, shape, mean, psi);
  const truncation = { psi, space, toward: "mean of samples", samples: MEAN_SAMPLES } as const;
  return { ...loaded, model: truncated, truncation };
}

function useless(reason: string): VielbeinError {
  return new VielbeinError("INVALID_ARGUMENT", `--truncation would change nothing: ${reason}.`);
}

/** Where the mapping network ends, if there is one. */
async function styleCode({ model, runtime, inputs, memoryBudget }: LoadedModel): Promise<string | undefined> {
  try {
    return mappedCode(await prepare(model, runtime, { inputs, memoryBudget }));
  } catch (error) {
    // Whether the command can do without it is for the command to say.
    if (error instanceof VielbeinError) return undefined;
    throw error;
  }
}

/** Whether `to` lies behind `from`. */
async function leads(
  { model, runtime, inputs, memoryBudget }: LoadedModel,
  from: string,
  to: string,
): Promise<boolean> {
  if (from === to) return false;
  try {
    await prepare(model, runtime, { from, to, inputs, memoryBudget });
    return true;
  } catch (error) {
    if (error instanceof VielbeinError && error.code === "INVALID_SPACE") return false;
    throw error;
  }
}

/** Refuses ends that all lie before the space that is truncated. */
async function requirePassage(
  loaded: LoadedModel,
  space: string,
  to: TruncationOptions["to"],
): Promise<void> {
  const ends = [to ?? []].flat();
  for (const end of ends) if (end === space || (await leads(loaded, space, end))) return;
  if (ends.length === 0) return;
  throw useless(`it is done in "${space}", and no --to lies behind it`);
}

/** The distribution of scaled samples of the input. Refuses a model that normalises them. */
async function scaledDistribution(
  loaded: LoadedModel,
  from: string,
  options: TruncationOptions,
): Promise<Truncation["distribution"]> {
  const { to: _, ...rest } = options;
  const map = await openMap(loaded, { ...rest, from });
  try {
    const sample = samplePoints(map.from, 0, 0, 1);
    const whole = await map.evaluate(sample, 1);
    const half = await map.evaluate(contractSamples(sample, map.from.prior, 0.5), 1);
    const largest = whole.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    if (whole.some((x, i) => Math.abs(x - half[i]!) > 1e-5 * largest)) {
      return `scaled ${map.from.prior?.kind ?? "normal"}`;
    }
  } finally {
    await map.dispose();
  }
  throw useless(
    `the model normalises "${from}", whose samples it would scale. Name the space to truncate with --from`,
  );
}

/** Mean over samples that are the same whatever the seed, `[dim]`. */
async function meanOf(
  loaded: LoadedModel,
  space: string,
  options: TruncationOptions,
  signal: AbortSignal,
): Promise<{ readonly mean: Float64Array; readonly shape: readonly number[] }> {
  const { from: _from, ...rest } = options;
  const map = await openMap(loaded, { ...rest, to: space });
  try {
    return { mean: await meanValue(map, { signal }), shape: map.to.shape };
  } finally {
    await map.dispose();
  }
}
