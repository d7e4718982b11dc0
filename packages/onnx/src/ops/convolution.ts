// Convolutions: linear in the image, so the tangents go through the same operator without its bias, k of
// them merged into the batch. The adjoint of Conv is ConvTranspose with the same weights, and vice versa.

import { int } from "../attributes.ts";
import type { Emitter } from "../emitter.ts";
import { intAttribute, intsAttribute, type Node } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";
import { gatherAttributes, scatterAttributes, type Windows, windowsOf } from "../windows.ts";

function requireFixedWeights(varies: boolean): void {
  if (!varies) return;
  throw new Unsupported(
    "its weights depend on the point (fused modulated convolution); export with the modulation applied to the activations",
  );
}

const forward: DerivativeRule["jvp"] = (e, node, [tx, tWeight, tBias]) => {
  requireFixedWeights(tWeight !== undefined || tBias !== undefined);
  const images = e.mergeBatch(tx!, e.shape(node.inputs[0]!));
  const result = e.op(node.opType, [images, node.inputs[1]], Object.fromEntries(node.attributes));
  return [e.reshape(result, e.shape(node.outputs[0]!))];
};

export const Conv: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u], wanted) => {
    requireFixedWeights(wanted[1]! || wanted[2]!);
    const [x, y] = [e.shape(node.inputs[0]!), e.shape(node.outputs[0]!)];
    const windows = windowsOf(node, kernelOf(e, node), x.slice(2), y.slice(2));
    const result = e.op("ConvTranspose", [e.mergeBatch(u!, y), node.inputs[1]], {
      ...scatterAttributes(windows, x.slice(2), y.slice(2)),
      group: int(intAttribute(node, "group", 1)),
    });
    return [e.reshape(result, x)];
  },
};

export const ConvTranspose: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u], wanted) => {
    requireFixedWeights(wanted[1]! || wanted[2]!);
    const [x, y] = [e.shape(node.inputs[0]!), e.shape(node.outputs[0]!)];
    const windows: Windows = windowsOf(node, kernelOf(e, node), y.slice(2), x.slice(2));
    const { attributes, surplus } = gatherAttributes(windows, y.slice(2), x.slice(2));
    let images = e.mergeBatch(u!, y);
    if (surplus.some((count) => count > 0)) {
      const axes = surplus.map((_, i) => i + 2);
      const ends = axes.map((axis, i) => y[axis]! - surplus[i]!);
      images = e.op("Slice", [images, e.int64(axes.map(() => 0)), e.int64(ends), e.int64(axes)]);
    }
    const result = e.op("Conv", [images, node.inputs[1]], {
      ...attributes,
      group: int(intAttribute(node, "group", 1)),
    });
    return [e.reshape(result, x)];
  },
};

function kernelOf(e: Emitter, node: Node): readonly number[] {
  return intsAttribute(node, "kernel_shape") ?? e.shape(node.inputs[1]!).slice(2);
}
