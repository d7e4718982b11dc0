// Convolutions: linear in the image, so the tangents go through the same operator without its bias, k of
// them merged into the batch.

import type { DerivativeRule } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

const convolution: DerivativeRule = {
  jvp: (e, node, [tx, tWeight, tBias]) => {
    if (tWeight || tBias) {
      throw new Unsupported(
        "its weights depend on the point (fused modulated convolution); export with the modulation applied to the activations",
      );
    }
    const images = e.mergeBatch(tx!, e.shape(node.inputs[0]!));
    const result = e.op(node.opType, [images, node.inputs[1]], Object.fromEntries(node.attributes));
    return [e.reshape(result, e.shape(node.outputs[0]!))];
  },
};

export const Conv: DerivativeRule = convolution;
export const ConvTranspose: DerivativeRule = convolution;
