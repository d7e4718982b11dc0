// The model that a derivative becomes, forward or reverse.

import { VielbeinError } from "@vielbein/core";
import { isFloat } from "../model/element-types.ts";
import { dependents, nodesFor } from "../model/graph.ts";
import type { Graph, Model, Node, ValueInfo } from "../model/model.ts";
import { typesOf } from "../model/types.ts";
import { shareCommonSubexpressions } from "./common-subexpressions.ts";
import { placeFactorsEarly } from "./early-factors.ts";
import type { Emitter } from "./emitter.ts";
import { infoOf } from "./measured-graph.ts";
import { mergeFactors } from "./merge-factors.ts";
import type { PreparedGraph } from "./prepared-graph.ts";
import { zero } from "./rule.ts";
import { ruleFor } from "./rules.ts";

/** A tensor that the derivative adds: k of them side by side, each like a tensor of the primal graph. */
export interface Direction {
  readonly name: string;
  readonly like: string;
}

/**
 * The model of a derivative: primal and derivative nodes; only those are kept that the value and the outgoing
 * directions need.
 */
export function derivativeModel(
  graph: PreparedGraph,
  nodes: readonly Node[],
  { names, initializers, shapes }: Pick<Emitter, "names" | "initializers" | "shapes">,
  incoming: Direction,
  outgoing: Direction,
): Model {
  const primal = graph.model.graph;
  const wanted = [graph.output, outgoing.name];
  const tensors = [...primal.initializers, ...initializers];
  const shared = shareCommonSubexpressions(nodes, wanted);
  const merged = mergeFactors(shared, incoming.name, tensors, names);
  const live = nodesFor({ ...primal, nodes: merged }, wanted);
  const read = new Set(live.flatMap((node) => node.inputs));
  const inputs = [graph.input, ...graph.parameters].map((name) => valueInfo(graph, name));
  const derived: Graph = {
    ...primal,
    name: `${primal.name}_${outgoing.name}`,
    nodes: placeFactorsEarly(live, [incoming.name], (name) => graph.info.has(name)),
    initializers: tensors.filter((tensor) => read.has(tensor.name)),
    inputs: [...inputs, stackedInfo(graph, incoming)],
    outputs: [valueInfo(graph, graph.output), stackedInfo(graph, outgoing)],
  };
  return {
    ...graph.model,
    producerName: "vielbein",
    producerVersion: "",
    graph: withShapesOf(derived, shapes),
  };
}

/**
 * The graph with those shapes stated. An engine plans which tensors share memory by comparing shapes, and where it does
 * not know one it compares it with all others in vain, which takes time that grows with the square of their number.
 */
export function withShapesOf(graph: Graph, shapes: Emitter["shapes"]): Graph {
  const types = typesOf(graph);
  const stated = graph.nodes.flatMap(({ outputs: [name] }) => {
    const [shape, dataType] = [shapes.get(name), types.get(name)];
    return shape && dataType !== undefined ? [{ name, dataType, shape }] : [];
  });
  return { ...graph, valueInfo: [...graph.valueInfo, ...stated] };
}

/** A tensor of the primal graph as an input or output of a derivative. */
export function valueInfo(graph: PreparedGraph, name: string): ValueInfo {
  return { name, ...infoOf(graph, name) };
}

/** The k directions side by side, `[k, ...S]`. */
export function stackedInfo(graph: PreparedGraph, { name, like }: Direction): ValueInfo {
  const { shape, dataType } = infoOf(graph, like);
  return { name, dataType, shape: ["k", ...shape] };
}

/** The error for a map whose derivative vanishes identically. */
export function zeroEverywhere(graph: PreparedGraph): VielbeinError {
  const start = firstBehind(graph);
  const elsewhere = start === undefined ? "" : `, or start behind it, at "${start}"`;
  return new VielbeinError(
    "INVALID_SPACE",
    `The derivative of "${graph.output}" with respect to "${graph.input}" is zero everywhere: every way passes an operator that rounds or compares. End the map before it${elsewhere}.`,
  );
}

/** The first tensor of floating point behind an operator that rounds or compares, short of the output. */
function firstBehind(graph: PreparedGraph): string | undefined {
  const { nodes } = graph.model.graph;
  const stop = nodes.find((node) => ruleFor(node, graph.rules) === zero);
  const behind = dependents(nodes, stop?.outputs ?? []);
  return [...behind].find((name) => isFloat(infoOf(graph, name).dataType) && name !== graph.output);
}
