// Reverse products in stages: the network runs forwards for the tensors alone that cross from one of its parts to the
// next, and backwards part by part, each of which computes again what its cotangents need. The most that is there at a
// time falls from all that the network computes to a part of it, for one evaluation more (Griewank & Walther,
// "Evaluating Derivatives", SIAM 2008, §12).

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import type { VjpGraph } from "../derive/vjp.ts";
import { nodeReads, nodesFor } from "../model/graph.ts";
import { firstOutput, type Graph, type Node, type ValueInfo } from "../model/model.ts";
import { typesOf } from "../model/types.ts";
import { assemble, bytesOf, type Stage } from "./stages.ts";

/** Bytes of what a reverse product in one run holds of the network's values, and of factors made of them. */
export function bytesHeld(graph: PreparedGraph, { model, outputCotangent, origins }: VjpGraph): number {
  const carried = new Set([outputCotangent]);
  const held = new Set<string>();
  const fixed = new Set([...graph.constants, ...model.graph.initializers.map(({ name }) => name)]);
  const isValue = (name: string): boolean => !carried.has(name) && !fixed.has(name);
  for (const node of model.graph.nodes) {
    const reads = nodeReads(node);
    if (!reads.some((name) => carried.has(name))) continue;
    for (const name of reads) if (isValue(name)) held.add(name);
    for (const name of node.outputs) carried.add(name);
  }
  const makers = new Map(
    model.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  /** Of a factor, what its operator yields takes, or for the product of two the larger of them. */
  const bytesLike = (name: string): number => {
    const origin = origins.get(name);
    const info = graph.info.get(name) ?? (origin && graph.info.get(firstOutput(origin)));
    if (info) return bytesOf({ name, ...info });
    return Math.max(0, ...(makers.get(name)?.inputs ?? []).map(bytesLike));
  };
  return [...held].reduce((sum, name) => sum + bytesLike(name), 0);
}

/** The stages of a reverse product, each of which makes about `room` bytes of what the network computes. */
export function reverseStages(graph: PreparedGraph, derivative: VjpGraph, room: number): Stage[] {
  const { model, output, outputCotangent, inputCotangent } = derivative;
  const parts = partsOf(nodesFor(model.graph, [output]), graph, room);
  const crossing = crossingOf(parts);
  const backwards = backwardParts(derivative, parts);
  const carried = new Set([outputCotangent, ...backwards.flat().flatMap((node) => node.outputs)]);
  const reverse = backwards.map((nodes, i) => {
    const read = nodes.flatMap(nodeReads).filter((name) => !carried.has(name));
    const wanted = i === parts.length - 1 ? [...read, output] : read;
    const missing = wanted.filter((name) => !crossing.has(name));
    return [...nodesFor(model.graph, missing, crossing), ...nodes];
  });
  const pieces = [...parts.slice(0, -1), ...reverse.toReversed()].filter((nodes) => nodes.length > 0);
  return assemble(model, pieces, new Set([output, inputCotangent]), infosOf(graph, model.graph));
}

/** The nodes of the network, cut where a part has made `room` bytes. */
function partsOf(nodes: readonly Node[], graph: PreparedGraph, room: number): Node[][] {
  const parts: Node[][] = [[]];
  let made = 0;
  for (const node of nodes) {
    if (made >= room) {
      parts.push([]);
      made = 0;
    }
    parts.at(-1)!.push(node);
    for (const name of node.outputs) {
      const info = graph.info.get(name);
      if (info) made += bytesOf({ name, ...info });
    }
  }
  return parts;
}

/**
 * What nodes make of which a later part reads something: it stays until the way back has passed its last reader. A node
 * of several outputs runs once or again as a whole.
 */
function crossingOf(parts: readonly (readonly Node[])[]): Set<string> {
  const makers = new Map<string, Node>();
  const crossing = new Set<string>();
  for (const nodes of parts) {
    for (const name of nodes.flatMap(nodeReads))
      for (const made of makers.get(name)?.outputs ?? []) crossing.add(made);
    for (const node of nodes) for (const name of node.outputs) makers.set(name, node);
  }
  return crossing;
}

/** The nodes that carry cotangents, by the part of the network that they go back through. */
function backwardParts({ model, outputCotangent, origins }: VjpGraph, parts: readonly Node[][]): Node[][] {
  const partOf = new Map(
    parts.flatMap((nodes, i) => nodes.flatMap(({ outputs }) => outputs.map((name) => [name, i] as const))),
  );
  const reached = new Map([[outputCotangent, parts.length - 1]]);
  const backwards: Node[][] = parts.map(() => []);
  for (const node of model.graph.nodes) {
    const waits = nodeReads(node).flatMap((name) => reached.get(name) ?? []);
    if (waits.length === 0) continue;
    const origin = origins.get(firstOutput(node));
    const own = origin && partOf.get(firstOutput(origin));
    const at = Math.min(...waits, own ?? parts.length - 1);
    backwards[at].push(node);
    for (const name of node.outputs) reached.set(name, at);
  }
  return backwards;
}

/** Of tensors whose shape is not known, the type alone. */
function infosOf(graph: PreparedGraph, derived: Graph): Map<string, ValueInfo> {
  const types = typesOf(derived);
  const made = derived.nodes.flatMap((node) => node.outputs);
  return new Map([
    ...made.map((name): [string, ValueInfo] => [name, { name, dataType: types.get(name) }]),
    ...derived.valueInfo.map((info): [string, ValueInfo] => [info.name, info]),
    ...[...graph.info].map(([name, info]): [string, ValueInfo] => [name, { name, ...info }]),
    ...derived.outputs.map((info): [string, ValueInfo] => [info.name, info]),
  ]);
}
