// What a command works with, as its options choose it: a generator, or maps to several layers of one.

import type { Provenance, Space } from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import type { Task } from "../kit/task.ts";
import { type CodeOptions, CodeSource } from "./codes.ts";
import { type Distance, type DistanceOptions, openDistance } from "./distance.ts";
import { LayerMaps, type LayerOptions, layerSpaces } from "./layers.ts";
import { type LoadedModel, type ModelTask, openMap, type PointOptions, provenanceOf } from "./model.ts";
import type { PixelOptions } from "./pixels.ts";
import { loadTruncated } from "./truncation.ts";

export interface GeneratorTask<Options> extends Task<Options> {
  readonly loaded: LoadedModel;
  /** The map that the options choose. */
  readonly generator: OnnxMap;
  /** The source of the codes that it starts from. */
  readonly source: CodeSource;
}

export interface DistanceTask<Options> extends GeneratorTask<Options> {
  /** How outputs are compared. */
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

export interface LayersTask<Options> extends Task<Options> {
  readonly loaded: LoadedModel;
  /** Of the layers, in their order. */
  readonly spaces: readonly Space[];
  readonly maps: LayerMaps;
  /** To the first layer. */
  readonly first: OnnxMap;
}

/** Opens the model, and maps to the layers that --to or --every-layer name. */
export async function openLayers<Options extends LayerOptions & PointOptions>(
  task: ModelTask<Options>,
): Promise<LayersTask<Options>> {
  const { options, use } = task;
  const loaded = await loadTruncated(task);
  const spaces = await layerSpaces(loaded, options);
  const maps = await use(new LayerMaps(loaded, options, spaces));
  return { ...task, loaded, spaces, maps, first: await maps.at(0) };
}

/** As {@link provenanceOf}, for maps to all the layers. */
export function provenanceOfLayers(
  { loaded, spaces, first }: Pick<LayersTask<unknown>, "loaded" | "spaces" | "first">,
  method: string,
  source: Provenance["points"],
  options: Readonly<Record<string, unknown>>,
): Provenance {
  const layers = spaces.map(({ name }) => name);
  return {
    ...provenanceOf(loaded, first, method, source, { layers, ...options }),
    to: spaces.at(-1) ?? first.to,
  };
}
