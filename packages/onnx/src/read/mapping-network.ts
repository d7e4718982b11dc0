// The mapping network of a style-based generator, z → w, recognised by how its end is read: w goes to the affine maps
// of many layers at once, while z and every tensor in between goes on to one only.

import { requireKind } from "../arguments.ts";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { elementCount } from "../model/tensor.ts";
import { countFirstAffineMaps } from "./affine-maps.ts";
import { layers } from "./layers.ts";
import { sharedCode } from "./shared-code.ts";

/**
 * The tensor that the mapping network ends at: the first after the input that everything flows through and that several
 * affine maps read, or the single code whose copies, [layers, dim], are read by them. Undefined where the input itself
 * is read this way, or where features come first.
 */
export function mappedCode(graph: PreparedGraph): string | undefined {
  requireKind("mappedCode: graph", "prepared", graph);
  const chain = layers(graph).map(({ name }) => name);
  for (const name of [graph.input, ...chain.slice(0, -1)]) {
    const shape = pointShape(infoOf(graph, name).shape);
    // A code, or one for each layer.
    if (shape.filter((extent) => extent > 1).length > 2) return undefined;
    if (countFirstAffineMaps({ ...graph, input: name }) < 2) continue;
    const code = sharedCode(graph, { name, dim: elementCount(shape), shape })?.name ?? name;
    return code === graph.input ? undefined : code;
  }
  return undefined;
}
