// Operators that join, part, pick and pad along axes. Positions must not depend on the point.

import { int, string } from "../attributes.ts";
import { type Emitter, positiveAxis } from "../emitter.ts";
import { intAttribute, type Node, stringAttribute } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

/** The node's `axis` attribute as an axis of the tangent, which k precedes. */
function tangentAxis(e: Emitter, node: Node, fallback: number): number {
  const rank = e.shape(node.inputs[0]!).length;
  return positiveAxis(intAttribute(node, "axis", fallback), rank) + 1;
}

export const Concat: DerivativeRule = {
  jvp: (e, node, tangents) => {
    const parts = node.inputs.map((name, i) => tangents[i] ?? e.zeros(e.shape(name)));
    return [e.op("Concat", parts, { axis: int(tangentAxis(e, node, 0)) })];
  },
};

export const Split: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const axis = tangentAxis(e, node, 0);
    const sizes = node.outputs.map((output) => e.shape(output)[axis - 1]!);
    return e.ops("Split", [t, e.int64(sizes)], { axis: int(axis) }, sizes.length);
  },
};

export const Slice: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const rank = e.shape(node.inputs[0]!).length;
    const starts = e.constantInput(node, 1)!;
    const ends = e.constantInput(node, 2)!;
    const axes = e.constantInput(node, 3) ?? starts.map((_, i) => i);
    const steps = e.constantInput(node, 4) ?? starts.map(() => 1);
    const shifted = axes.map((axis) => positiveAxis(axis, rank) + 1);
    return [e.op("Slice", [t, e.int64(starts), e.int64(ends), e.int64(shifted), e.int64(steps)])];
  },
};

export const Gather: DerivativeRule = {
  jvp: (e, node, [t, tIndices]) => {
    if (tIndices) throw new Unsupported("its indices depend on the point");
    return [e.op("Gather", [t, node.inputs[1]], { axis: int(tangentAxis(e, node, 0)) })];
  },
};

/** Padding with a constant adds no tangent; the other modes copy tangents as they copy values. */
export const Pad: DerivativeRule = {
  jvp: (e, node, [t, , tValue]) => {
    if (tValue) throw new Unsupported("its padding value depends on the point");
    const rank = e.shape(node.inputs[0]!).length;
    const pads = e.constantInput(node, 1)!;
    const axes = e.constantInput(node, 3)?.map((axis) => positiveAxis(axis, rank));
    const before = Array<number>(rank + 1).fill(0);
    const after = Array<number>(rank + 1).fill(0);
    const half = pads.length / 2;
    for (let i = 0; i < half; i++) {
      const axis = (axes?.[i] ?? i) + 1;
      before[axis] = pads[i]!;
      after[axis] = pads[half + i]!;
    }
    const mode = stringAttribute(node, "mode", "constant");
    return [e.op("Pad", [t, e.int64([...before, ...after])], { mode: string(mode) })];
  },
};
