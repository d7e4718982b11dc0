// Which tensors of a graph can serve as spaces.

import { pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { isSingleOrDouble } from "../model/element-types.ts";
import { elementCount } from "../model/tensor.ts";

/** A tensor that can be an end of a map. */
export interface SpaceReport {
  /** Name of the tensor. */
  readonly name: string;
  /** Number of coordinates of a point. */
  readonly dim: number;
  /** Shape of one point, without the batch axis. */
  readonly shape: readonly number[];
  /** Operator that computes the tensor, or `input`. */
  readonly producer: string;
}

/** Floating-point tensors of the prepared graph with more than one element. */
export function spaces(graph: PreparedGraph): SpaceReport[] {
  const describe = (name: string, producer: string): SpaceReport[] => {
    const info = graph.info.get(name);
    if (!info || !isSingleOrDouble(info.dataType)) return [];
    const shape = pointShape(info.shape);
    const dim = elementCount(shape);
    return dim > 1 ? [{ name, dim, shape, producer }] : [];
  };
  return [
    ...describe(graph.input, "input"),
    ...graph.model.graph.nodes.flatMap((node) =>
      node.outputs.flatMap((output) => describe(output, node.opType)),
    ),
  ];
}
