// Questions about a graph: what reads what, what a tensor needs, what depends on it.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import type { Graph, Node } from "./model.ts";

/** Operators whose result depends on the shape of their input only, never on its values. */
const shapeOnly: ReadonlySet<string> = new Set([
  "Shape",
  "Size",
  "RandomNormalLike",
  "RandomUniformLike",
  "EyeLike",
]);

/** Whether the result of an operator depends on the shape of its input only. */
export function readsShapeOnly(node: Node): boolean {
  return node.domain === "" && shapeOnly.has(node.opType);
}

/** Whether an operator draws at random: with a seed, once the same in every session, but again in each of its runs. */
export function drawsAtRandom(node: Node): boolean {
  return node.domain === "" && /^Random|^Multinomial$|^Bernoulli$/.test(node.opType);
}

const captures = new WeakMap<Graph, readonly string[]>();

/** Names a node reads, those that its subgraphs (If, Loop, Scan) capture from outside included. */
export function nodeReads(node: Node): readonly string[] {
  const inside = [...node.attributes.values()].filter((attribute) => attribute.type === "graph");
  const reads = node.inputs.filter((name) => name !== "");
  return inside.length === 0 ? reads : [...reads, ...inside.flatMap(({ value }) => capturedNames(value))];
}

/** Names that a graph inside a node reads from the graphs around it, each once. */
function capturedNames(graph: Graph): readonly string[] {
  const known = captures.get(graph);
  if (known) return known;
  const local = new Set<string>();
  for (const input of graph.inputs) local.add(input.name);
  for (const tensor of graph.initializers) local.add(tensor.name);
  const captured = new Set<string>();
  const read = (name: string): void => {
    if (!local.has(name)) captured.add(name);
  };
  for (const node of graph.nodes) {
    nodeReads(node).forEach(read);
    for (const output of node.outputs) local.add(output);
  }
  for (const { name } of graph.outputs) read(name);
  const names = [...captured];
  captures.set(graph, names);
  return names;
}

/** Every tensor name a graph defines: inputs, initialisers, node outputs. */
export function tensorNames(graph: Graph): Set<string> {
  requireKind("tensorNames: graph", "graph", graph);
  const names = new Set<string>();
  for (const input of graph.inputs) names.add(input.name);
  for (const tensor of graph.initializers) names.add(tensor.name);
  for (const node of graph.nodes) for (const output of node.outputs) if (output) names.add(output);
  return names;
}

/** The same with the names inside the subgraphs of nodes. */
export function everyName(graph: Graph): Set<string> {
  const names = new Set<string>();
  const waiting = [graph];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const name of tensorNames(next)) names.add(name);
    for (const node of next.nodes) {
      for (const attribute of node.attributes.values()) {
        if (attribute.type === "graph") waiting.push(attribute.value);
      }
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
    const node = graph.nodes[i];
    if (!node.outputs.some((output) => needed.has(output) && !given.has(output))) continue;
    kept.push(node);
    for (const name of nodeReads(node)) needed.add(name);
  }
  return kept.reverse();
}

/** The tensors whose values decide on those of `targets`, these included. */
export function determining(graph: Graph, targets: Iterable<string>): Set<string> {
  const needed = new Set(targets);
  for (const node of graph.nodes.toReversed()) {
    if (readsShapeOnly(node) || !node.outputs.some((output) => needed.has(output))) continue;
    for (const name of nodeReads(node)) needed.add(name);
  }
  return needed;
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
 * The nodes in an order in which every tensor is defined before it is read; that of the graph where it is one.
 *
 * @throws {VielbeinError} `INVALID_MODEL` when there is none, naming what is missing.
 */
export function topologicalOrder(graph: Graph): Node[] {
  const known = new Set<string>([
    ...graph.inputs.map((input) => input.name),
    ...graph.initializers.map((tensor) => tensor.name),
  ]);
  const missing = new Map<Node, number>();
  const readers = new Map<string, Node[]>();
  const ordered: Node[] = [];
  for (const node of graph.nodes) {
    const absent = new Set(nodeReads(node).filter((name) => !known.has(name)));
    missing.set(node, absent.size);
    for (const name of absent) pushTo(readers, name, node);
    // A node may release others that were read before it, these further ones.
    const ready = absent.size === 0 ? [node] : [];
    for (let next = ready.pop(); next; next = ready.pop()) {
      ordered.push(next);
      for (const output of next.outputs) {
        if (known.has(output)) continue;
        known.add(output);
        for (const reader of readers.get(output) ?? []) {
          const left = missing.get(reader)! - 1;
          missing.set(reader, left);
          if (left === 0) ready.push(reader);
        }
      }
    }
  }
  if (ordered.length === graph.nodes.length) return ordered;
  const blocked = graph.nodes.find((node) => missing.get(node)! > 0)!;
  const name = nodeReads(blocked).find((read) => !known.has(read));
  throw new VielbeinError(
    "INVALID_MODEL",
    `${blocked.opType} node "${blocked.name}" reads "${name}", which nothing in the model defines before it. The file is damaged or its graph has a cycle; export it again.`,
  );
}

/** Adds an entry to the list of a key. */
export function pushTo<K, V>(lists: Map<K, V[]>, key: K, entry: V): void {
  const list = lists.get(key);
  if (list) list.push(entry);
  else lists.set(key, [entry]);
}
