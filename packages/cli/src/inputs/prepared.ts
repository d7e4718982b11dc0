// The graph between two tensors, for commands that read weights and need no derivative.

import type { Space } from "@vielbein/core";
import { type PreparedGraph, pointShape, prepare } from "@vielbein/onnx";
import type { LoadedModel, MapOptions } from "./model.ts";

export interface PreparedMap {
  readonly graph: PreparedGraph;
  readonly from: Space;
  readonly to: Space;
}

/** The graph that --from and --to choose. */
export async function prepareMap(
  loaded: LoadedModel,
  { from, to }: Pick<MapOptions, "from" | "to">,
): Promise<PreparedMap> {
  const graph = await prepare(loaded.model, loaded.runtime, {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    inputs: loaded.inputs,
    memoryBudget: loaded.memoryBudget,
  });
  const space = (name: string): Space => {
    const shape = pointShape(graph.info.get(name)!.shape);
    return { name, dim: shape.reduce((product, extent) => product * extent, 1), shape };
  };
  return { graph, from: space(graph.input), to: space(graph.output) };
}
