// A graph that is ready to be differentiated.

import type { Model, Node, Tensor } from "../model/model.ts";
import type { DerivativeRule } from "./rule.ts";

export interface TensorInfo {
  /** Full shape at batch 1, batch axis included. */
  readonly shape: readonly number[];
  readonly dataType: number;
}

/** A graph with one input, perhaps parameters beside it, one output, static shapes, and nothing that could be folded. */
export interface PreparedGraph {
  readonly model: Model;
  readonly input: string;
  readonly output: string;
  /** Further inputs, with respect to which nothing is differentiated. */
  readonly parameters: readonly string[];
  readonly info: ReadonlyMap<string, TensorInfo>;
  /** Initialisers by name, folded ones included. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Rules beside the standard ones. */
  readonly rules: ReadonlyMap<string, DerivativeRule>;
  /** Standard operator set of the model as it was read. */
  readonly opset: number;
  /** Position of the node that defines a tensor in the model as it was read. */
  readonly positions: ReadonlyMap<string, number>;
}

/**
 * Shape and type of a tensor of the graph.
 *
 * @throws {Error} when the graph has none of that name: a fault of ours.
 */
export function infoOf({ info }: Pick<PreparedGraph, "info">, name: string): TensorInfo {
  const known = info.get(name);
  if (!known) throw new Error(`The prepared graph says nothing of a tensor "${name}".`);
  return known;
}

/** Shape of one point of a tensor: the batch axis, of extent 1, is left out. */
export function pointShape(shape: readonly number[]): readonly number[] {
  return shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape;
}

/** Position of a node among those of the model as it was read. */
export function positionOf(graph: Pick<PreparedGraph, "positions">, node: Node): number {
  return graph.positions.get(node.outputs.find(Boolean) ?? "") ?? graph.positions.get(node.name) ?? -1;
}
