// What a command on one generator works with: opened from its options, and released whatever becomes of the work.

import type { OnnxMap } from "@vielbein/onnx";
import type { Terminal } from "../kit/terminal.ts";
import { type CodeOptions, CodeSource } from "./codes.ts";
import { type Distance, type DistanceOptions, openDistance } from "./distance.ts";
import { type LoadedModel, openMap } from "./model.ts";
import type { PixelOptions } from "./pixels.ts";
import { loadTruncated } from "./truncation.ts";

export interface Task<Options> {
  readonly loaded: LoadedModel;
  /** The map that the options choose. */
  readonly generator: OnnxMap;
  /** Of the codes that it starts from. */
  readonly source: CodeSource;
  readonly options: Options;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

export interface DistanceTask<Options> extends Task<Options> {
  /** What outputs are measured by. */
  readonly distance: Distance;
}

/** Opens MODEL, the map and the codes for `work`. */
export async function withGenerator<Options extends CodeOptions>(
  argument: string,
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
  work: (task: Task<Options>) => Promise<void>,
): Promise<void> {
  const loaded = await loadTruncated(argument, options, terminal, signal);
  const generator = await openMap(loaded, options);
  const source = await CodeSource.open(loaded, generator, options);
  try {
    await work({ loaded, generator, source, options, terminal, signal });
  } finally {
    await source.dispose();
    await generator.dispose();
  }
}

/** Opens the distance of a task for `work`. */
export async function withDistance<Options extends CodeOptions & DistanceOptions & PixelOptions>(
  task: Task<Options>,
  work: (task: DistanceTask<Options>) => Promise<void>,
): Promise<void> {
  const distance = await openDistance(task.loaded, task.generator, task.options, task.signal);
  try {
    await work({ ...task, distance });
  } finally {
    await distance.dispose();
  }
}
