// Reverse-mode differentiation, graph to graph: from a graph computing y = f(x) to one computing y and
// x̄ = J(x)ᵀ·ȳ for k cotangents at once. The primal runs forwards once; the cotangents, with their leading
// axis k, run backwards through it.

import { requireKind } from "../arguments.ts";
import { makeNode } from "../model/attributes.ts";
import { dependents, nodeReads, tensorNames } from "../model/graph.ts";
import type { Model, Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { derivativeModel, zeroEverywhere } from "./derivative-model.ts";
import { type DerivativeOptions, Emitter } from "./emitter.ts";
import { type PreparedGraph, positionOf } from "./prepared-graph.ts";
import { requireRule } from "./rules.ts";
import { Unsupported, UnsupportedOperatorError } from "./unsupported.ts";

/** Names of the tensors of a VJP graph. */
export interface VjpGraph {
  /** The graph as a model. */
  readonly model: Model;
  /** The point, `[1, ...]`. */
  readonly input: string;
  /** The cotangents, `[k, 1, ...]`, k dynamic. */
  readonly outputCotangent: string;
  /** The value, `[1, ...]`. */
  readonly output: string;
  /** Jᵀ·ȳ for every cotangent, `[k, 1, ...]`. */
  readonly inputCotangent: string;
  /** The primal node that each tensor added belongs to. */
  readonly origins: ReadonlyMap<string, Node>;
}

/**
 * Differentiates a prepared graph in reverse. The result is an ordinary ONNX model of standard operators.
 *
 * @throws {VielbeinError} `UNSUPPORTED_OPERATOR` naming the node; `INVALID_SPACE` when the derivative is
 *   zero everywhere, as after rounding.
 */
export function vjp(graph: PreparedGraph, options: DerivativeOptions = {}): VjpGraph {
  requireKind("vjp: graph", "prepared", graph);
  const names = new NameSupply(tensorNames(graph.model.graph));
  const outputCotangent = names.claim(`${graph.output}_cotangent`);
  const inputCotangent = names.claim(`${graph.input}_cotangent`);
  const incoming = { name: outputCotangent, like: graph.output };
  const emitter = new Emitter(graph, names, incoming, options);
  const pulled = pullBack(graph, emitter, outputCotangent);
  if (pulled === undefined) throw zeroEverywhere(graph);

  const nodes = [
    ...graph.model.graph.nodes,
    ...emitter.nodes,
    makeNode("Identity", [pulled], [inputCotangent]),
  ];
  const outgoing = { name: inputCotangent, like: graph.input };
  return {
    input: graph.input,
    outputCotangent,
    output: graph.output,
    inputCotangent,
    origins: emitter.origins,
    model: derivativeModel(graph, nodes, emitter, incoming, outgoing),
  };
}

/** Walks the graph backwards, adding up the cotangents of every tensor; returns that of the input. */
export function pullBack(
  graph: PreparedGraph,
  emitter: Emitter,
  outputCotangent: string,
): string | undefined {
  const { nodes } = graph.model.graph;
  const active = dependents(nodes, [graph.input]);
  const cotangents = new Map<string, string>([[graph.output, outputCotangent]]);
  for (const node of nodes.toReversed()) {
    const incoming = node.outputs.map((name) => cotangents.get(name));
    const wanted = node.inputs.map((name) => active.has(name));
    // Subgraphs (If, Loop, Scan) also read what they capture.
    if (!incoming.some(Boolean) || !nodeReads(node).some((name) => active.has(name))) continue;
    emitter.turnTo(node);
    try {
      const outgoing = requireRule(graph, node).vjp(emitter, node, incoming, wanted);
      node.inputs.forEach((name, i) => {
        const sum = wanted[i] ? emitter.add(cotangents.get(name), outgoing[i]) : undefined;
        if (sum !== undefined) cotangents.set(name, sum);
      });
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      throw new UnsupportedOperatorError(node, positionOf(graph, node), graph.opset, error.message);
    }
  }
  return cotangents.get(graph.input);
}
