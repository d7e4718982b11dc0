// Operators that rearrange or repeat elements: linear, the same on every tangent.

import { intsAttribute } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";

const toOutputShape: DerivativeRule = {
  jvp: (e, node, [t]) => [e.reshape(t!, e.shape(node.outputs[0]!))],
};

export const Reshape: DerivativeRule = toOutputShape;
export const Flatten: DerivativeRule = toOutputShape;
export const Squeeze: DerivativeRule = toOutputShape;
export const Unsqueeze: DerivativeRule = toOutputShape;

export const Transpose: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const rank = e.shape(node.inputs[0]!).length;
    const reversed = Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return [e.transpose(t!, intsAttribute(node, "perm") ?? reversed)];
  },
};

export const Expand: DerivativeRule = {
  jvp: (e, node, [t]) => [e.broadcast(t!, e.shape(node.inputs[0]!), e.shape(node.outputs[0]!))],
};

export const Tile: DerivativeRule = {
  jvp: (e, node, [t]) => [e.op("Tile", [t, e.int64([1, ...e.constantInput(node, 1)!])])],
};

/** Blocks of channels to and from space: k merged into the batch. */
const blocks: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const images = e.mergeBatch(t!, e.shape(node.inputs[0]!));
    return [
      e.reshape(e.op(node.opType, [images], Object.fromEntries(node.attributes)), e.shape(node.outputs[0]!)),
    ];
  },
};

export const DepthToSpace: DerivativeRule = blocks;
export const SpaceToDepth: DerivativeRule = blocks;
