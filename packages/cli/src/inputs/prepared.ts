// The graph between two tensors, for commands that read weights and need no derivative.

import type { Space } from "@vielbein/core";
import { type PreparedGraph, type PrepareOptions, pointShape, prepare } from "@vielbein/onnx";
import type { LoadedModel, MapOptions } from "./model.ts";

export interface PreparedMap {
  readonly graph: PreparedGraph;
  readonly from: Space;
  readonly to: Space;
}

/** The part of a model to prepare, between the tensors that the options choose. */
export function spanOf(
  { inputs, memoryBudget, straightThrough }: LoadedModel,
  { from, to }: Pick<MapOptions, "from" | "to">,
): PrepareOptions {
  return { from, to, inputs, memoryBudget, straightThrough };
}

/** The graph that --from and --to choose. */
export async function prepareMap(
  loaded: LoadedModel,
  options: Pick<MapOptions, "from" | "to">,
): Promise<PreparedMap> {
  const graph = await prepare(loaded.model, loaded.runtime, spanOf(loaded, options));
  const space = (name: string): Space => {
    const shape = pointShape(graph.info.get(name)?.shape ?? []);
    return { name, dim: shape.reduce((product, extent) => product * extent, 1), shape };
  };
  return { graph, from: space(graph.input), to: space(graph.output) };
}
