// Renaming of the tensors of a graph, those inside its nodes included.

import type { Attribute, Graph, Node } from "./model.ts";

/** The graph with every tensor renamed. */
export function renameTensors(graph: Graph, rename: (name: string) => string): Graph {
  const named = <T extends { readonly name: string }>(list: readonly T[]): T[] =>
    list.map((entry) => ({ ...entry, name: rename(entry.name) }));
  return {
    ...graph,
    nodes: graph.nodes.map((node) => renameNode(node, rename)),
    initializers: named(graph.initializers),
    inputs: named(graph.inputs),
    outputs: named(graph.outputs),
    valueInfo: named(graph.valueInfo),
  };
}

export function renameNode(node: Node, rename: (name: string) => string): Node {
  const attribute = (value: Attribute): Attribute =>
    value.type === "graph" ? { type: "graph", value: renameTensors(value.value, rename) } : value;
  return {
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: new Map([...node.attributes].map(([name, value]) => [name, attribute(value)])),
  };
}
