// Pooling over windows of an image.

import { intAttribute } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { elementCount } from "../tensor.ts";
import { Unsupported } from "../unsupported.ts";

/** Linear in the image: tangents are pooled alike, k of them merged into the batch. */
const linearPool: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const images = e.mergeBatch(t!, e.shape(node.inputs[0]!));
    const pooled = e.op(node.opType, [images], Object.fromEntries(node.attributes));
    return [e.reshape(pooled, e.shape(node.outputs[0]!))];
  },
};

export const AveragePool: DerivativeRule = linearPool;
export const GlobalAveragePool: DerivativeRule = linearPool;

/** Picks the tangents at the positions of the maxima (the first one on ties). */
export const MaxPool: DerivativeRule = {
  jvp: (e, node, [t]) => {
    if (intAttribute(node, "storage_order", 0) !== 0) throw new Unsupported("its storage_order is not 0");
    const [, positions] = e.ops("MaxPool", [node.inputs[0]], Object.fromEntries(node.attributes), 2);
    const flat = e.reshape(t!, [elementCount(e.shape(node.inputs[0]!))]);
    const picked = e.op("Gather", [flat, e.op("Reshape", [positions, e.int64([-1])])], {
      axis: { type: "int", value: 1 },
    });
    return [e.reshape(picked, e.shape(node.outputs[0]!)), undefined];
  },
};
