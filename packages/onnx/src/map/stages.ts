// A graph cut into stages that run one after the other: what they yield is handed over stage by stage, so that the
// engine never holds all of it beside its copies. (Within a run it frees no output, asked for or not, before the end.)

import type { KeptTensor, RuntimeTensor, Session } from "@vielbein/core/runtime";
import type { MeasuredGraph } from "../derive/measured-graph.ts";
import { elementBits } from "../model/element-types.ts";
import { nodeReads } from "../model/graph.ts";
import type { Model, Node, ValueInfo } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { elementCount } from "../model/tensor.ts";
import { release } from "./residual-store.ts";

export interface Stage {
  readonly model: Model;
  /** What it is fed: inputs of the whole graph, and outputs of earlier stages. */
  readonly reads: readonly string[];
  /** Outputs of the whole graph that come from it, and what later stages read. */
  readonly yields: readonly string[];
  /** What no later stage needs. */
  readonly spent: readonly string[];
}

/**
 * The stages of a model that was derived from `graph`, each of which makes about `room` bytes: of outputs of the model, or
 * of `all` tensors. A tensor that crosses from one stage to another belongs to the graph or is an output, or, where `all`
 * count, has a shape that the model states. Nodes of the graph keep their order; all others run as soon as they can.
 */
export function stagesOf(
  model: Model,
  graph: MeasuredGraph,
  room: number,
  counted: "outputs" | "all" = "outputs",
): Stage[] {
  const stated = counted === "all" ? model.graph.valueInfo : [];
  const infos = new Map([
    ...stated.map((info): [string, ValueInfo] => [info.name, info]),
    ...[...graph.info].map(([name, info]): [string, ValueInfo] => [name, { name, ...info }]),
    ...model.graph.outputs.map((info): [string, ValueInfo] => [info.name, info]),
  ]);
  const nodes = soonest(model.graph.nodes, graph.model.graph.nodes);
  const outputs = new Set(model.graph.outputs.map(({ name }) => name));
  const lastReads = new Map(nodes.flatMap((node, at) => nodeReads(node).map((name) => [name, at] as const)));
  const isNeededAfter = (name: string, at: number): boolean =>
    outputs.has(name) || (lastReads.get(name) ?? -1) > at;
  let piece: Node[] = [];
  const pieces = [piece];
  const live = new Set<string>();
  let taken = 0;
  nodes.forEach((node, at) => {
    piece.push(node);
    for (const name of node.outputs) {
      if (name !== "") live.add(name);
      const info = counted === "all" || outputs.has(name) ? infos.get(name) : undefined;
      if (info) taken += bytesOf(info);
    }
    for (const name of [...nodeReads(node), ...node.outputs]) {
      if (!isNeededAfter(name, at)) live.delete(name);
    }
    if (taken < room || at === nodes.length - 1 || ![...live].every((name) => infos.has(name))) return;
    piece = [];
    pieces.push(piece);
    taken = 0;
  });
  return assemble(model, pieces, outputs, infos);
}

/** Bytes of a tensor of known shape, for one vector where it has one for each. */
export function bytesOf({ shape, dataType }: ValueInfo): number {
  const extents = shape!.map((extent) => (typeof extent === "number" ? extent : 1));
  return (elementCount(extents) * elementBits(dataType!)) / 8;
}

/**
 * Runs stages one after the other: adds what they yield to `tensors`, where what they read is, and gives free what no
 * later stage needs; all of it where one fails.
 *
 * @param close called with each stage when it has run.
 */
export async function runStages(
  stages: readonly Stage[],
  tensors: Map<string, RuntimeTensor | KeptTensor>,
  open: (stage: Stage) => Promise<Session>,
  close?: (stage: Stage) => Promise<void>,
): Promise<void> {
  try {
    for (const stage of stages) {
      const session = await open(stage);
      const feeds = Object.fromEntries(stage.reads.map((name) => [name, entryOf(tensors, name)]));
      const yielded = await (session.keep
        ? session.keep(feeds, stage.yields)
        : session.run(feeds, stage.yields));
      for (const name of stage.yields) tensors.set(name, yielded[name]);
      for (const name of stage.spent) {
        await release([entryOf(tensors, name)]);
        tensors.delete(name);
      }
      await close?.(stage);
    }
  } catch (error) {
    await release(tensors.values());
    throw error;
  }
}

/** The nodes, with some in a given order and every other right after the last one that it waits for. */
function soonest(nodes: readonly Node[], ordered: readonly Node[]): Node[] {
  const order = new Map(ordered.map((node, at) => [node.outputs.find(Boolean) ?? "", at]));
  const ready = new Map<string, number>();
  const timed = nodes.map((node) => {
    const waits = nodeReads(node).map((name) => ready.get(name) ?? -1);
    const time = Math.max(order.get(node.outputs.find(Boolean) ?? "") ?? -1, ...waits);
    for (const name of node.outputs) ready.set(name, time);
    return { node, time };
  });
  return timed.sort((a, b) => a.time - b.time).map(({ node }) => node);
}

/**
 * Pieces of a model, in the order in which they run, as stages. A piece may make again what an earlier one has made, in
 * place of reading it.
 *
 * @param outputs of the model.
 * @param infos of all tensors that cross from one piece to another, and of the outputs.
 */
export function assemble(
  model: Model,
  pieces: readonly (readonly Node[])[],
  outputs: ReadonlySet<string>,
  infos: ReadonlyMap<string, ValueInfo>,
): Stage[] {
  const known = new Map([...infos, ...model.graph.inputs.map((info) => [info.name, info] as const)]);
  const constants = new Set(model.graph.initializers.map(({ name }) => name));
  const ends = pieces.map((nodes) => {
    const made = new Set(nodes.flatMap((node) => node.outputs).filter(Boolean));
    const reads = new Set(nodes.flatMap(nodeReads));
    return { made, reads: [...reads].filter((name) => !made.has(name) && !constants.has(name)) };
  });
  return pieces.map((nodes, i) => {
    const { made, reads } = ends[i];
    const later = new Set(ends.slice(i + 1).flatMap((end) => end.reads));
    const yields = [...made].filter((name) => outputs.has(name) || later.has(name));
    const isInput = (name: string): boolean => model.graph.inputs.some((input) => input.name === name);
    const spent = reads.filter((name) => !isInput(name) && !outputs.has(name) && !later.has(name));
    const read = new Set(nodes.flatMap(nodeReads));
    const graph = {
      ...model.graph,
      nodes,
      initializers: model.graph.initializers.filter(({ name }) => read.has(name)),
      inputs: reads.map((name) => entryOf(known, name)),
      outputs: yields.map((name) => entryOf(known, name)),
    };
    return { model: { ...model, graph }, reads, yields, spent };
  });
}
