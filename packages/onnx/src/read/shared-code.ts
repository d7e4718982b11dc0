// The code behind a space of codes per layer, [layers, dim]: w, which a generator repeats for all layers to w⁺.

import type { Space } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";

/** Operators that keep every value. */
const REARRANGING: ReadonlySet<string> = new Set([
  "Identity",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Transpose",
]);
/** Operators between a code and its copies: they repeat it, or move and scale it by constants, as truncation does. */
const PASSED: ReadonlySet<string> = new Set([
  ...REARRANGING,
  "Expand",
  "Tile",
  "Concat",
  "Add",
  "Sub",
  "Mul",
]);

/** The code that the rows of `space` are copies of; undefined where they are not copies of one. */
export function sharedCode(graph: PreparedGraph, space: Space): Space | undefined {
  requireKind("sharedCode: space", "space", space);
  if (space.shape.length !== 2 || space.shape[0] === 1) return undefined;
  const { nodes } = graph.model.graph;
  const before = (name: string, passed: ReadonlySet<string>): string | undefined => {
    const node = nodes.find(({ outputs }) => outputs.includes(name));
    if (!node || !passed.has(node.opType)) return undefined;
    const variable = new Set(node.inputs.filter((input) => input && !graph.constants.has(input)));
    return variable.size === 1 ? [...variable][0] : undefined;
  };
  const shape = (name: string): readonly number[] => infoOf(graph, name).shape;
  const size = (name: string): number => shape(name).reduce((product, extent) => product * extent, 1);
  const dim = space.shape[1];
  let name: string | undefined = space.name;
  while (name !== undefined && size(name) !== dim) name = before(name, PASSED);
  if (name === undefined) return undefined;
  // The name before it was given further axes is the one that people know.
  for (;;) {
    const earlier = before(name, REARRANGING);
    if (earlier === undefined || size(earlier) !== dim) break;
    name = earlier;
  }
  return { name, dim, shape: pointShape(shape(name)) };
}
