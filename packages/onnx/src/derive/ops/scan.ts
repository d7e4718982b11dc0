// Sums and masks along axes.

import { int } from "../../model/attributes.ts";
import { inputOf, intAttribute, type Node } from "../../model/model.ts";
import { type Emitter, positiveAxis } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";

/** Linear; the adjoint of summing from one end is summing from the other. */
export const CumSum: DerivativeRule = {
  jvp: (e, node, [t]) => [cumulative(e, node, given(t), intAttribute(node, "reverse", 0))],
  vjp: (e, node, [u]) => [cumulative(e, node, given(u), 1 - intAttribute(node, "reverse", 0))],
};

function cumulative(e: Emitter, node: Node, t: string, reverse: number): string {
  const axis = positiveAxis(e.requiredConstant(node, 1)[0], e.shape(inputOf(node, 0)).length) + 1;
  return e.op("CumSum", [t, e.int64Scalar(axis)], {
    exclusive: int(intAttribute(node, "exclusive", 0)),
    reverse: int(reverse),
  });
}

/** Keeps a triangle of the last two axes: a projection, its own adjoint. */
function triangle(e: Emitter, node: Node, [t]: readonly Tangent[]): readonly Tangent[] {
  return [e.op("Trilu", [t, node.inputs[1]], { upper: int(intAttribute(node, "upper", 1)) })];
}

export const Trilu: DerivativeRule = { jvp: triangle, vjp: triangle };
