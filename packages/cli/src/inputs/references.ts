// Global directions that tangent spaces are compared with: those of SeFa, of GANSpace and of the Fréchet basis, where there
// are any.

import {
  type ErrorCode,
  PrincipalComponentsAccumulator,
  sefa,
  selectMaps,
  VielbeinError,
} from "@vielbein/core";
import { frechetBasis } from "@vielbein/core/grassmann";
import type { Matrix } from "@vielbein/linalg";
import { firstAffineMaps, type OnnxMap, type PreparedGraph, prepare } from "@vielbein/onnx";
import { endingAtOnce } from "../kit/signals.ts";
import type { Task } from "../kit/task.ts";
import { info, Progress, type Terminal } from "../kit/terminal.ts";
import { type CodeOptions, CodeSource } from "./codes.ts";
import { localBases } from "./local-bases.ts";
import type { LoadedModel } from "./model.ts";

/**
 * The directions of SeFa in the output space of the map, from the affine maps that read it further on; undefined where
 * there are none, with a remark unless this is the end of the model.
 */
export async function factorizedDirections(
  { model, runtime, inputs, memoryBudget }: LoadedModel,
  { to }: OnnxMap,
  { terminal, signal }: Pick<Task<object>, "terminal" | "signal">,
): Promise<Matrix | undefined> {
  const end = model.graph.outputs[0]?.name;
  if (end === undefined || end === to.name) return undefined;
  return comparedWith("SeFa", "INVALID_SPACE", terminal, async () => {
    const span = { from: to.name, to: end, inputs, memoryBudget };
    const graph = await prepare(model, runtime, span);
    const maps = affineMapsOf(graph, to.name);
    const factorize = () => sefa(selectMaps(maps).map(({ weight }) => weight));
    const { directions } = await endingAtOnce(factorize, signal);
    // In a space of codes per layer the directions are those of one layer.
    if (directions.rows === to.dim) return directions;
    info(terminal, `not compared with SeFa: its directions are those of one layer of "${to.name}"`);
    return undefined;
  });
}

/** {@link firstAffineMaps}; where there are none, the remedy is another end of the map that is compared. */
function affineMapsOf(graph: PreparedGraph, end: string): ReturnType<typeof firstAffineMaps> {
  try {
    return firstAffineMaps(graph);
  } catch (error) {
    if (!(error instanceof VielbeinError && error.code === "INVALID_SPACE")) throw error;
    throw new VielbeinError(
      "INVALID_SPACE",
      `no layer reads "${end}" by weights that are constant. End at a tensor (--to) that a fully connected layer reads.`,
      { cause: error },
    );
  }
}

/** What `find` finds; undefined, with a remark, where that fails for an expected reason. */
async function comparedWith<T>(
  what: string,
  reason: ErrorCode,
  terminal: Terminal,
  find: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof VielbeinError && error.code === reason)) throw error;
    info(terminal, `not compared with ${what}: ${error.message}`);
    return undefined;
  }
}

const COMPONENTS = "principal components";
const SAMPLES_PER_RUN = 64;

/**
 * The leading principal components of the values at the first `count` samples: directions of GANSpace; undefined where
 * none are asked for, and, with a remark, where no samples can be drawn or nothing varies over them.
 */
export async function principalDirections(
  loaded: LoadedModel,
  map: OnnxMap,
  k: number,
  count: number,
  task: Task<CodeOptions>,
): Promise<Matrix | undefined> {
  if (count === 0) return undefined;
  const { terminal, signal } = task;
  const drawn = { ...task.options, points: undefined };
  const open = () => CodeSource.open(loaded, map, drawn);
  const codes = await comparedWith(COMPONENTS, "INVALID_SPACE", terminal, open);
  if (!codes) return undefined;
  const accumulator = new PrincipalComponentsAccumulator(map.to.dim, { k });
  try {
    await appendSamples(accumulator, map, codes, count, task);
  } finally {
    await codes.dispose();
  }
  const find = () => endingAtOnce(() => accumulator.result().components, signal);
  return comparedWith(COMPONENTS, "NUMERICAL_FAILURE", terminal, find);
}

async function appendSamples(
  accumulator: PrincipalComponentsAccumulator,
  map: OnnxMap,
  codes: CodeSource,
  count: number,
  { terminal, signal }: Task<CodeOptions>,
): Promise<void> {
  const progress = new Progress(terminal, "samples", count);
  for (let first = 0; first < count; first += SAMPLES_PER_RUN) {
    signal.throwIfAborted();
    const batch = Math.min(SAMPLES_PER_RUN, count - first);
    const { values } = await codes.take(first, batch, signal);
    accumulator.append(await map.evaluate(values, batch, { signal }));
    progress.step(first + batch);
    await new Promise(setImmediate);
  }
  progress.done();
}

const FRECHET = "the Fréchet basis";

/** Its samples are none that anything is measured at, however many those are. */
const FIRST_SAMPLE = 2 ** 40;

/** Tangent spaces far apart have a flat mean, to which the descent goes slowly. */
export const FRECHET_DESCENT = { iterations: 1000, tolerance: 1e-5 };

/**
 * The Fréchet basis of k local directions at `count` samples of their own; undefined where none are asked for, and, with
 * a remark, where no samples can be drawn or the local bases have no mean.
 */
export async function frechetDirections(
  loaded: LoadedModel,
  map: OnnxMap,
  k: number,
  count: number,
  task: Task<CodeOptions>,
): Promise<Matrix | undefined> {
  if (count === 0) return undefined;
  const { options, terminal, signal } = task;
  const open = () => CodeSource.open(loaded, map, { ...options, points: undefined });
  const codes = await comparedWith(FRECHET, "INVALID_SPACE", terminal, open);
  if (!codes) return undefined;
  const { values } = await codes.take(FIRST_SAMPLE, count, signal).finally(() => codes.dispose());
  const local = await localBases(map, values, k, "local bases", task);
  const bases = local.map(({ vectors }) => vectors);
  const find = () => endingAtOnce(() => frechetBasis(bases, FRECHET_DESCENT).basis, signal);
  return comparedWith(FRECHET, "NUMERICAL_FAILURE", terminal, find);
}
