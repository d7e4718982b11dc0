// The inverse of matrices, which ONNX Runtime has as an operator of its own.

import { inputOf, outputOf } from "../../model/model.ts";
import type { Emitter } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given } from "../tangent.ts";

/** Y = A⁻¹: Ẏ = −Y·Ȧ·Y, and Ā = −Yᵀ·Ȳ·Yᵀ. */
export const inverse: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const y = outputOf(node, 0);
    return [t && e.op("Neg", [e.op("MatMul", [e.op("MatMul", [y, t]), y])])];
  },
  vjp: (e, node, [u]) => {
    const y = turned(e, outputOf(node, 0), e.shape(inputOf(node, 0)).length);
    return [e.op("Neg", [e.op("MatMul", [e.op("MatMul", [y, given(u)]), y])])];
  },
};

/** The transposes of the last two axes. */
function turned(e: Emitter, matrices: string, rank: number): string {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  return e.op("Transpose", [matrices], {
    perm: { type: "ints", value: [...order.slice(0, -2), rank - 1, rank - 2] },
  });
}
