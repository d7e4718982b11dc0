// The mapping network of a style-based generator, z → w, told by how its end is read: w goes to the affine maps of many
// layers at once, where z and every tensor in between goes on to one.

import { VielbeinError } from "@vielbein/core";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { elementCount } from "../model/tensor.ts";
import { firstAffineMaps } from "./affine-maps.ts";
import { layers } from "./layers.ts";
import { sharedCode } from "./shared-code.ts";

/**
 * The tensor that the mapping network ends at: the first, behind the input, that everything flows through and that
 * several affine maps read, or of which that one is copies, [layers, dim]. Undefined where the input itself is read so, or where features come first.
 */
export function mappedCode(graph: PreparedGraph): string | undefined {
  const chain = layers(graph).map(({ name }) => name);
  for (const name of [graph.input, ...chain.slice(0, -1)]) {
    const shape = pointShape(infoOf(graph, name).shape);
    // A code, or one for each layer.
    if (shape.filter((extent) => extent > 1).length > 2) return undefined;
    if (readers(graph, name) < 2) continue;
    const code = sharedCode(graph, { name, dim: elementCount(shape), shape })?.name ?? name;
    return code === graph.input ? undefined : code;
  }
  return undefined;
}

function readers(graph: PreparedGraph, name: string): number {
  try {
    return firstAffineMaps({ ...graph, input: name }).length;
  } catch (error) {
    if (error instanceof VielbeinError && error.code === "INVALID_SPACE") return 0;
    throw error;
  }
}
