// The layers of a network: the chain of tensors through which everything that reaches the output flows, one before each
// stage that has weights, and the output. Between two of them lies a layer, a residual block, or a whole network that
// one code steers; a tensor inside a block, which only part of the signal passes, is not a layer.

import { requireKind } from "../arguments.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { nodeReads } from "../model/graph.ts";
import { type SpaceReport, spaces } from "./spaces.ts";

const weighted: ReadonlySet<string> = new Set(["MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum"]);

/** Operators that keep every value: the tensor before has the same geometry, and the name people know it by. */
const rearranging: ReadonlySet<string> = new Set([
  "Identity",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Transpose",
]);

/** Layers from behind the input, which is not among them, to the output, which is the last, in graph order. */
export function layers(graph: PreparedGraph): SpaceReport[] {
  requireKind("layers: graph", "prepared", graph);
  const { nodes } = graph.model.graph;
  const separators = separatingTensors(graph);
  const indices = new Set(separators.map(({ after }) => after));
  const names = new Set<string>();
  separators.forEach(({ name, after }, i) => {
    const end = separators[i + 1]?.after;
    const isLast = end === undefined;
    if (!isLast && !nodes.slice(after + 1, end + 1).some(({ opType }) => weighted.has(opType))) return;
    let index = after;
    // The output keeps its own name.
    while (
      !isLast &&
      rearranging.has(nodes[index]?.opType ?? "") &&
      (index === 0 || indices.has(index - 1))
    ) {
      index--;
    }
    names.add(index === after ? name : (nodes[index]?.outputs[0] ?? graph.input));
  });
  names.delete(graph.input);
  return spaces(graph).filter(
    ({ name }) => names.has(name) && (name === graph.output || graph.positions.has(name)),
  );
}

interface Separator {
  readonly name: string;
  /** Index of the node that defines it; −1 for the input. */
  readonly after: number;
}

/** The input, the output and every tensor between that all paths from one to the other pass, in graph order. */
function separatingTensors(graph: PreparedGraph): Separator[] {
  const { nodes } = graph.model.graph;
  const lastRead = new Map<string, number>([[graph.output, nodes.length]]);
  nodes.forEach((node, index) => {
    for (const name of nodeReads(node)) lastRead.set(name, Math.max(lastRead.get(name) ?? 0, index));
  });
  // A tensor separates when, once it is computed, no other that depends on the point is still to be read.
  const separators: Separator[] = [{ name: graph.input, after: -1 }];
  const live = new Set([graph.input]);
  nodes.forEach((node, index) => {
    const defined = node.outputs.filter((name) => name && !graph.constants.has(name));
    for (const name of defined) live.add(name);
    for (const name of [...nodeReads(node), ...defined]) {
      if ((lastRead.get(name) ?? -1) <= index) live.delete(name);
    }
    const [only] = live;
    if (live.size === 1 && defined.includes(only)) separators.push({ name: only, after: index });
  });
  return separators;
}
