// What the differentiator knows about an operator.

import type { Node } from "../model/model.ts";
import type { Emitter } from "./emitter.ts";
import type { Tangent } from "./tangent.ts";

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
