// The order in which a derivative's nodes are written.

import { nodeReads } from "../model/graph.ts";
import type { Node } from "../model/model.ts";

/**
 * The nodes, in topological order, with the factors of the derivative (what it computes of the primal graph alone)
 * right behind what they read. Left behind the whole primal graph, as reverse mode writes them, they all wait to be
 * computed when an engine sorts the graph, and some sort what waits by walking a list: time that grows with the square
 * of the number of nodes.
 *
 * @param incoming the tensors that carry directions in; what depends on them keeps its place.
 * @param isPrimal whether a tensor is one of the primal graph; these keep their places too.
 */
export function placeFactorsEarly(
  nodes: readonly Node[],
  incoming: readonly string[],
  isPrimal: (name: string) => boolean,
): Node[] {
  const directions = new Set(incoming);
  const places = new Map<string, number>();
  const placed = nodes.map((node, i) => {
    const reads = nodeReads(node);
    const isDirection = reads.some((name) => directions.has(name));
    const isFactor = !isDirection && !node.outputs.some(isPrimal);
    const place = isFactor ? Math.max(0, ...reads.map((name) => places.get(name) ?? 0)) : i;
    for (const output of node.outputs) {
      places.set(output, place);
      if (isDirection) directions.add(output);
    }
    return { node, place };
  });
  return placed.sort((a, b) => a.place - b.place).map(({ node }) => node);
}
