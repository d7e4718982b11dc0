// A graph that is ready to be differentiated.

import type { Node } from "../model/model.ts";
import type { MeasuredGraph } from "./measured-graph.ts";
import type { DerivativeRule } from "./rule.ts";

/** A graph with one input, possibly parameters beside it, one output, static shapes, and nothing left to fold. */
export interface PreparedGraph extends MeasuredGraph {
  /** Name of the input that derivatives are taken with respect to. */
  readonly input: string;
  /** Name of the output. */
  readonly output: string;
  /** Further inputs, with respect to which nothing is differentiated. */
  readonly parameters: readonly string[];
  /** Rules beside the standard ones. */
  readonly rules: ReadonlyMap<string, DerivativeRule>;
  /** Standard operator set of the model as it was read. */
  readonly opset: number;
  /** Position of the node that defines a tensor in the model as it was read. */
  readonly positions: ReadonlyMap<string, number>;
}

/** Position of a node among those of the model as it was read. */
export function positionOf(graph: Pick<PreparedGraph, "positions">, node: Node): number {
  return graph.positions.get(node.outputs.find(Boolean) ?? "") ?? graph.positions.get(node.name) ?? -1;
}
