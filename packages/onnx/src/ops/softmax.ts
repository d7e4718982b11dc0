// Softmax along one axis: ẏ = y·(ẋ − Σ y·ẋ).

import { positiveAxis } from "../emitter.ts";
import { intAttribute } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";

export const Softmax: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const y = node.outputs[0]!;
    const axis = positiveAxis(intAttribute(node, "axis", -1), e.shape(y).length);
    const weighted = e.op("Mul", [t, y]);
    return [e.op("Sub", [weighted, e.op("Mul", [e.sumKeep(weighted, [axis]), y])])];
  },
};
