// What the differentiator knows about an operator.

import type { Node } from "../model/model.ts";
import type { Emitter } from "./emitter.ts";

/**
 * Name of a tangent or cotangent tensor, or undefined where it is zero. That of a tensor of shape S has
 * shape [k, ...S]: k of them side by side, k being dynamic.
 */
export type Tangent = string | undefined;

/** The tangent of an operator with one input, or the cotangent of one with one output: no rule is asked where it is zero. */
export function given(tangent: Tangent): string {
  if (tangent === undefined) throw new Error("A rule was asked for a derivative that is zero.");
  return tangent;
}

/**
 * Forward and reverse derivative of an operator, side by side. Both emit nodes; both may read the primal
 * inputs and outputs by name; both throw {@link Unsupported} with the reason when this particular node
 * cannot be differentiated.
 */
export interface DerivativeRule {
  /** Pushes tangents of the inputs, some of them present, to tangents of the outputs. */
  readonly jvp: (e: Emitter, node: Node, tangents: readonly Tangent[]) => readonly Tangent[];
  /**
   * Pulls cotangents of the outputs, some of them present, back to cotangents of the inputs. Only those
   * that are `wanted` are used; a rule need not compute the others.
   */
  readonly vjp: (
    e: Emitter,
    node: Node,
    cotangents: readonly Tangent[],
    wanted: readonly boolean[],
  ) => readonly Tangent[];
}

/** An operator with derivative zero wherever it is differentiable (comparisons, rounding, shapes). */
export const zero: DerivativeRule = {
  jvp: (_e, node) => node.outputs.map(() => undefined),
  vjp: (_e, node) => node.inputs.map(() => undefined),
};
