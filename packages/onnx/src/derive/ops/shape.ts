// Operators that rearrange or repeat elements: linear, the same on every tangent.

import { int } from "../../model/attributes.ts";
import {
  inputOf,
  intAttribute,
  intsAttribute,
  type Node,
  outputOf,
  stringAttribute,
} from "../../model/model.ts";
import type { Emitter } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given } from "../tangent.ts";

const toOutputShape: DerivativeRule = {
  jvp: (e, node, [t]) => [e.reshape(given(t), e.shape(outputOf(node, 0)))],
  vjp: (e, node, [u]) => [e.reshape(given(u), e.shape(inputOf(node, 0)))],
};

export const Reshape: DerivativeRule = toOutputShape;
export const Flatten: DerivativeRule = toOutputShape;
export const Squeeze: DerivativeRule = toOutputShape;
export const Unsqueeze: DerivativeRule = toOutputShape;

export const Transpose: DerivativeRule = {
  jvp: (e, node, [t]) => {
    return [e.transpose(given(t), permutation(e, node))];
  },
  vjp: (e, node, [u]) => {
    const inverse: number[] = [];
    permutation(e, node).forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [e.transpose(given(u), inverse)];
  },
};

function permutation(e: Emitter, node: Node): readonly number[] {
  const rank = e.shape(inputOf(node, 0)).length;
  return intsAttribute(node, "perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

export const Expand: DerivativeRule = {
  jvp: (e, node, [t]) => [e.broadcast(given(t), e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0)))],
  vjp: (e, node, [u]) => [e.reduceTo(given(u), e.shape(outputOf(node, 0)), e.shape(inputOf(node, 0)))],
};

export const Tile: DerivativeRule = {
  jvp: (e, node, [t]) => [e.op("Tile", [t, e.int64([1, ...e.requiredConstant(node, 1)])])],
  vjp: (e, node, [u]) => {
    // Each axis as (repeats, extent); the sum over the repeats is the adjoint of repeating.
    const shape = e.shape(inputOf(node, 0));
    const repeats = e.requiredConstant(node, 1);
    const parted = e.reshape(
      given(u),
      shape.flatMap((extent, i) => [repeats[i], extent]),
    );
    return [
      e.reshape(
        e.sumKeep(
          parted,
          shape.map((_, i) => 2 * i),
        ),
        shape,
      ),
    ];
  },
};

/** Blocks of channels to and from space: k merged into the batch. */
const blocksForward: DerivativeRule["jvp"] = (e, node, [t]) => {
  const images = e.mergeBatch(given(t), e.shape(inputOf(node, 0)));
  return [
    e.reshape(e.op(node.opType, [images], Object.fromEntries(node.attributes)), e.shape(outputOf(node, 0))),
  ];
};

export const DepthToSpace: DerivativeRule = {
  jvp: blocksForward,
  vjp: (e, node, [u]) => {
    const [n, c, h, w] = e.shape(inputOf(node, 0)) as [number, number, number, number];
    const b = intAttribute(node, "blocksize", 1);
    const depth = c / (b * b);
    // y [n, depth, h, b, w, b]; the channels of x are (b, b, depth) in mode DCR, (depth, b, b) in CRD.
    const parted = e.reshape(given(u), [n, depth, h, b, w, b]);
    const order = stringAttribute(node, "mode", "DCR") === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    return [e.reshape(e.transpose(parted, order), [n, c, h, w])];
  },
};

export const SpaceToDepth: DerivativeRule = {
  jvp: blocksForward,
  vjp: (e, node, [u]) => {
    const images = e.mergeBatch(given(u), e.shape(outputOf(node, 0)));
    const restored = e.op("DepthToSpace", [images], { blocksize: int(intAttribute(node, "blocksize", 1)) });
    return [e.reshape(restored, e.shape(inputOf(node, 0)))];
  },
};
