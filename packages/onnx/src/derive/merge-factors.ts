// Consecutive scalings of tangents become one: (t ⊙ f) ⊙ g = t ⊙ (f ⊙ g). The product of the factors is computed once,
// at the size of the primal, and saves a pass over k tangents. Typical are the mask of a LeakyReLU and the gain behind
// it.

import { makeNode } from "../model/attributes.ts";
import { nodeReads } from "../model/graph.ts";
import { type Node, outputOf, type Tensor } from "../model/model.ts";
import type { NameSupply } from "../model/names.ts";
import { elementCount, numericValues } from "../model/tensor.ts";

/** A factor of this magnitude at most does not overflow what it multiplies, which might be a slope near infinity. */
const HARMLESS = 8;
/** Constants of more elements than a layer has channels are not looked through. */
const SMALL = 4096;

/**
 * The nodes, in topological order, with scalings merged where one factor is a mask or a small constant and the other is
 * the only reader. `source` is the tensor that carries the tangents in.
 */
export function mergeFactors(
  nodes: readonly Node[],
  source: string,
  tensors: readonly Tensor[],
  names: NameSupply,
): Node[] {
  const constants = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const tangents = new Set([source]);
  const readers = new Map<string, number>();
  const producers = new Map<string, Node>();
  for (const node of nodes) {
    const reads = nodeReads(node);
    for (const name of reads) readers.set(name, (readers.get(name) ?? 0) + 1);
    if (reads.some((name) => tangents.has(name))) for (const output of node.outputs) tangents.add(output);
    for (const output of node.outputs) producers.set(output, node);
  }
  const bounds = new Map<string, number>();
  /** The largest magnitude that a mask or a small constant has; infinite for all else. */
  const bound = (name: string): number => {
    const constant = constants.get(name);
    if (constant) {
      const isSmall = elementCount(constant.dims) <= SMALL;
      return isSmall ? Math.max(...numericValues(constant).map(Math.abs)) : Number.POSITIVE_INFINITY;
    }
    const node = producers.get(name);
    if (node?.opType !== "Where") return bounds.get(name) ?? Number.POSITIVE_INFINITY;
    const [, a, b] = node.inputs as [string, string, string];
    return constants.has(a) && constants.has(b) ? Math.max(bound(a), bound(b)) : Number.POSITIVE_INFINITY;
  };
  /** Tangent and factor of `t ⊙ f`. */
  const scaling = (node: Node | undefined): readonly [string, string] | undefined => {
    const [a, b] = node?.opType === "Mul" ? (node.inputs as [string, string]) : [undefined, undefined];
    if (a === undefined || b === undefined || tangents.has(a) === tangents.has(b)) return undefined;
    return tangents.has(a) ? [a, b] : [b, a];
  };

  const result: Node[] = [];
  const merged = new Map<string, readonly [string, string]>();
  for (const node of nodes) {
    const outer = scaling(node);
    const inner = outer && readers.get(outer[0]) === 1 ? scaling(producers.get(outer[0])) : undefined;
    if (!outer || !inner) {
      result.push(node);
      continue;
    }
    const [t, f] = merged.get(outer[0]) ?? inner;
    const g = outer[1];
    const [boundF, boundG] = [bound(f), bound(g)];
    if (Math.min(boundF, boundG) > HARMLESS) {
      result.push(node);
      continue;
    }
    const product = names.claim("d_factor");
    bounds.set(product, boundF * boundG);
    result.push(makeNode("Mul", [f, g], [product]), { ...node, inputs: [t, product] });
    merged.set(outputOf(node, 0), [t, product]);
  }
  return result;
}
