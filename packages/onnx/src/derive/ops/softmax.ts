// Softmax and its logarithm along one axis.

import { intAttribute, type Node, outputOf } from "../../model/model.ts";
import { type Emitter, positiveAxis } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";

function axisOf(e: Emitter, node: Node): number {
  return positiveAxis(intAttribute(node, "axis", -1), e.shape(outputOf(node, 0)).length);
}

/** ẏ = y·(ẋ − Σ y·ẋ); the Jacobian diag(y) − yyᵀ is symmetric. */
function softmaxDerivative(e: Emitter, node: Node, [t]: readonly Tangent[]): readonly Tangent[] {
  const y = outputOf(node, 0);
  const weighted = e.op("Mul", [t, y]);
  return [e.op("Sub", [weighted, e.op("Mul", [e.sumKeep(weighted, [axisOf(e, node)]), y])])];
}

export const Softmax: DerivativeRule = { jvp: softmaxDerivative, vjp: softmaxDerivative };

/** With p = exp y: ẏ = ẋ − Σ p·ẋ, and back x̄ = ȳ − p·Σ ȳ. */
export const LogSoftmax: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const weighted = e.op("Mul", [t, e.op("Exp", [node.outputs[0]])]);
    return [e.op("Sub", [t, e.sumKeep(weighted, [axisOf(e, node)])])];
  },
  vjp: (e, node, [u]) => {
    const p = e.op("Exp", [node.outputs[0]]);
    return [e.op("Sub", [u, e.op("Mul", [p, e.sumKeep(given(u), [axisOf(e, node)])])])];
  },
};
