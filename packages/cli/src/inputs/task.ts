// What a command on one generator works with, as its options choose it.

import type { OnnxMap } from "@vielbein/onnx";
import type { Task } from "../kit/task.ts";
import { type CodeOptions, CodeSource } from "./codes.ts";
import { type Distance, type DistanceOptions, openDistance } from "./distance.ts";
import { type LoadedModel, type ModelTask, openMap } from "./model.ts";
import type { PixelOptions } from "./pixels.ts";
import { loadTruncated } from "./truncation.ts";

export interface GeneratorTask<Options> extends Task<Options> {
  readonly loaded: LoadedModel;
  /** The map that the options choose. */
  readonly generator: OnnxMap;
  /** Of the codes that it starts from. */
  readonly source: CodeSource;
}

export interface DistanceTask<Options> extends GeneratorTask<Options> {
  /** What outputs are measured by. */
  readonly distance: Distance;
}

/** Opens the model, the map and the codes. */
export async function openGenerator<Options extends CodeOptions>(
  task: ModelTask<Options>,
): Promise<GeneratorTask<Options>> {
  const { options, use } = task;
  const loaded = await loadTruncated(task);
  const generator = await use(openMap(loaded, options));
  const source = await use(CodeSource.open(loaded, generator, options));
  return { ...task, loaded, generator, source };
}

/** Opens the distance behind a generator. */
export async function withDistance<Options extends CodeOptions & DistanceOptions & PixelOptions>(
  task: GeneratorTask<Options>,
): Promise<DistanceTask<Options>> {
  const { loaded, generator, options, signal, use } = task;
  return { ...task, distance: await use(openDistance(loaded, generator, options, signal)) };
}
