// A graph whose shapes and constants are known: what rules read of it.

import { requireKind } from "../arguments.ts";
import type { Model, Tensor } from "../model/model.ts";

/** Shape and element type of a tensor, measured at batch 1. */
export interface TensorInfo {
  /** Full shape at batch 1, batch axis included. */
  readonly shape: readonly number[];
  /** Type of the elements, one of {@link DataType}. */
  readonly dataType: number;
}

export interface MeasuredGraph {
  readonly model: Model;
  readonly info: ReadonlyMap<string, TensorInfo>;
  /** Initialisers by name, folded ones included. */
  readonly constants: ReadonlyMap<string, Tensor>;
}

/**
 * Shape and type of a tensor of the graph.
 *
 * @throws {Error} when the graph has none of that name: a fault of ours.
 */
export function infoOf({ info }: Pick<MeasuredGraph, "info">, name: string): TensorInfo {
  const known = info.get(name);
  if (!known) throw new Error(`The prepared graph says nothing of a tensor "${name}".`);
  return known;
}

/** Shape of one point of a tensor: the batch axis, of extent 1, is left out. */
export function pointShape(shape: readonly number[]): readonly number[] {
  requireKind("pointShape: shape", "numbers", shape);
  return shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape;
}
