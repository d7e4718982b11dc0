// Elimination of common subexpressions: of several nodes that compute the same from the same, one stays.

import type { Node } from "../model/model.ts";

/**
 * The nodes, in topological order, without those that repeat an earlier one; readers of a repeated node read
 * the earlier one. Nodes that define a tensor of `kept` stay under their own names.
 */
export function shareCommonSubexpressions(nodes: readonly Node[], kept: readonly string[]): Node[] {
  const earlier = new Map<string, readonly string[]>();
  const sameAs = new Map<string, string>();
  const result: Node[] = [];
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => sameAs.get(name) ?? name);
    const shared = { ...node, inputs };
    const key = expression(shared);
    const outputs = key === undefined ? undefined : earlier.get(key);
    if (outputs && !node.outputs.some((name) => kept.includes(name))) {
      node.outputs.forEach((name, i) => {
        if (name) sameAs.set(name, outputs[i]);
      });
      continue;
    }
    if (key !== undefined && !outputs) earlier.set(key, node.outputs);
    result.push(shared);
  }
  return result;
}

/** What a node computes, as text; undefined for nodes that carry tensors or graphs, which are rare. */
function expression(node: Node): string | undefined {
  const attributes = [...node.attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  if (attributes.some(([, { type }]) => type === "tensor" || type === "graph" || type === "opaque")) {
    return undefined;
  }
  // Which optional outputs are asked for is part of what a node computes.
  const present = node.outputs.map((name) => name !== "");
  return JSON.stringify([node.domain, node.opType, node.inputs, attributes, present]);
}
