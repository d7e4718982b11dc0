// Questions about a graph: what reads what, what a tensor needs, what depends on it.

import { VielbeinError } from "@vielbein/core";
import type { Graph, Node } from "./model.ts";

/** Operators whose result depends on the shape of their input only, never on its values. */
const shapeOnly: ReadonlySet<string> = new Set([
  "Shape",
  "Size",
  "RandomNormalLike",
  "RandomUniformLike",
  "EyeLike",
]);

function readsShapeOnly(node: Node): boolean {
  return node.domain === "" && shapeOnly.has(node.opType);
}

/** Whether an operator draws at random: with a seed, once the same in every session, but anew in each of its runs. */
export function drawsAtRandom(node: Node): boolean {
  return node.domain === "" && /^Random|^Multinomial$|^Bernoulli$/.test(node.opType);
}

/** Names a node reads, those that its subgraphs (If, Loop, Scan) capture from outside included. */
export function nodeReads(node: Node): string[] {
  const reads = node.inputs.filter((name) => name !== "");
  for (const attribute of node.attributes.values()) {
    if (attribute.type === "graph") reads.push(...capturedNames(attribute.value));
  }
  return reads;
}

function capturedNames(graph: Graph): string[] {
  const local = new Set<string>();
  for (const input of graph.inputs) local.add(input.name);
  for (const tensor of graph.initializers) local.add(tensor.name);
  const captured: string[] = [];
  for (const node of graph.nodes) {
    captured.push(...nodeReads(node).filter((name) => !local.has(name)));
    for (const output of node.outputs) local.add(output);
  }
  captured.push(...graph.outputs.map((output) => output.name).filter((name) => !local.has(name)));
  return captured;
}

/** Every tensor name a graph defines: inputs, initialisers, node outputs. */
export function tensorNames(graph: Graph): Set<string> {
  const names = new Set<string>();
  for (const input of graph.inputs) names.add(input.name);
  for (const tensor of graph.initializers) names.add(tensor.name);
  for (const node of graph.nodes) for (const output of node.outputs) if (output) names.add(output);
  return names;
}

/** The same with the names inside the subgraphs of nodes. */
export function everyName(graph: Graph): Set<string> {
  const names = tensorNames(graph);
  for (const node of graph.nodes) {
    for (const attribute of node.attributes.values()) {
      if (attribute.type === "graph") for (const name of everyName(attribute.value)) names.add(name);
    }
  }
  return names;
}

/** Nodes needed to compute `targets`, in graph order, taking the tensors of `given` as known. */
export function nodesFor(
  graph: Graph,
  targets: Iterable<string>,
  given: ReadonlySet<string> = new Set(),
): Node[] {
  const needed = new Set(targets);
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((output) => needed.has(output) && !given.has(output))) continue;
    kept.push(node);
    for (const name of nodeReads(node)) needed.add(name);
  }
  return kept.reverse();
}

/** The sources and every tensor whose values depend on their values. */
export function dependents(nodes: readonly Node[], sources: readonly string[]): Set<string> {
  const result = new Set(sources);
  for (const node of nodes) {
    if (readsShapeOnly(node) || !nodeReads(node).some((name) => result.has(name))) continue;
    // A cut below an intermediate tensor keeps that tensor as a source even though a node defines it.
    for (const output of node.outputs) if (output) result.add(output);
  }
  return result;
}

/**
 * The nodes in an order in which every tensor is defined before it is read.
 *
 * @throws {VielbeinError} `INVALID_MODEL` when there is none, naming what is missing.
 */
export function topologicalOrder(graph: Graph): Node[] {
  const known = new Set<string>([
    ...graph.inputs.map((input) => input.name),
    ...graph.initializers.map((tensor) => tensor.name),
  ]);
  const ordered: Node[] = [];
  let waiting: readonly Node[] = graph.nodes;
  while (waiting.length > 0) {
    const blocked: Node[] = [];
    for (const node of waiting) {
      if (nodeReads(node).every((name) => known.has(name))) {
        ordered.push(node);
        for (const output of node.outputs) known.add(output);
      } else blocked.push(node);
    }
    if (blocked.length === waiting.length) {
      const node = blocked[0]!;
      const missing = nodeReads(node).find((name) => !known.has(name));
      throw new VielbeinError(
        "INVALID_MODEL",
        `${node.opType} node "${node.name}" reads "${missing}", which nothing in the model defines before it. The file is damaged or its graph has a cycle; export it again.`,
      );
    }
    waiting = blocked;
  }
  return ordered;
}
