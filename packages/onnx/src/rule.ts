// What the differentiator knows about an operator.

import type { Emitter } from "./emitter.ts";
import type { Node } from "./model.ts";

/**
 * Name of a tangent tensor, or undefined where the derivative is zero. The tangent of a tensor of shape
 * S has shape [k, ...S]: k tangents side by side, k being dynamic.
 */
export type Tangent = string | undefined;

export interface DerivativeRule {
  /**
   * Emits the nodes that push tangents of the inputs through `node`, at most one of them missing being
   * zero; returns the tangents of its outputs. Called only when some tangent is present. The primal
   * inputs and outputs may be read by name.
   *
   * @throws {Unsupported} when this particular node cannot be differentiated, with the reason.
   */
  readonly jvp: (e: Emitter, node: Node, tangents: readonly Tangent[]) => readonly Tangent[];
}

/** An operator with derivative zero wherever it is differentiable (comparisons, rounding, shapes). */
export const zero: DerivativeRule = { jvp: (_e, node) => node.outputs.map(() => undefined) };
