// Softmax along one axis: ẏ = y·(ẋ − Σ y·ẋ). The Jacobian diag(y) − yyᵀ is symmetric.

import { type Emitter, positiveAxis } from "../emitter.ts";
import { intAttribute, type Node } from "../model.ts";
import type { DerivativeRule, Tangent } from "../rule.ts";

function derivative(e: Emitter, node: Node, [t]: readonly Tangent[]): readonly Tangent[] {
  const y = node.outputs[0]!;
  const axis = positiveAxis(intAttribute(node, "axis", -1), e.shape(y).length);
  const weighted = e.op("Mul", [t, y]);
  return [e.op("Sub", [weighted, e.op("Mul", [e.sumKeep(weighted, [axis]), y])])];
}

export const Softmax: DerivativeRule = { jvp: derivative, vjp: derivative };
