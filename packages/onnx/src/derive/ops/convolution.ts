// Convolutions: linear in the image, so the tangents go through the same operator without its bias, k of
// them merged into the batch. The adjoint of Conv is ConvTranspose with the same weights, and vice versa.

import { int, ints } from "../../model/attributes.ts";
import { inputOf, intAttribute, intsAttribute, type Node, outputOf } from "../../model/model.ts";
import { pullWeights, pushWeights } from "../convolution-weights.ts";
import type { Emitter } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";
import { gatherAttributes, scatterAttributes, type Windows, windowsOf } from "../windows.ts";

const forward: DerivativeRule["jvp"] = (e, node, [tx, tWeight, tBias]) => {
  const output = e.shape(outputOf(node, 0));
  let sum: Tangent;
  if (tx) {
    const images = e.mergeBatch(tx, e.shape(inputOf(node, 0)));
    const result = e.op(node.opType, [images, node.inputs[1]], Object.fromEntries(node.attributes));
    sum = e.reshape(result, output);
  }
  if (tWeight) sum = e.add(sum, pushWeights(e, node, tWeight));
  if (tBias) {
    const shape = biasShape(output);
    sum = e.add(sum, e.broadcast(e.reshape(tBias, shape), shape, output));
  }
  return [sum];
};

/** A bias [C] beside images [N, C, …]. */
function biasShape(output: readonly number[]): number[] {
  return output.map((extent, axis) => (axis === 1 ? extent : 1));
}

function pullBias(e: Emitter, node: Node, u: string): string {
  const output = e.shape(outputOf(node, 0));
  return e.reshape(e.reduceTo(u, output, biasShape(output)), [output[1]]);
}

/**
 * The adjoint of a convolution of stride 1 is one too, with mirrored weights, input and output channels exchanged.
 * Engines compute it faster than the ConvTranspose; the weights must be constant, so that they are mirrored once, on
 * loading.
 */
function pullByMirroredWeights(e: Emitter, node: Node, images: string, w: Windows): string | undefined {
  const pads = [w.begin, w.end].flatMap((side) =>
    side.map((pad, i) => (w.kernel[i] - 1) * w.dilations[i] - pad),
  );
  const isUnit = w.strides.every((stride) => stride === 1);
  if (!isUnit || !e.isConstant(node.inputs[1]) || pads.some((pad) => pad < 0)) return undefined;
  const axes = w.kernel.map((_, i) => i + 2);
  const exchanged = e.op("Transpose", [node.inputs[1]], { perm: ints([1, 0, ...axes]) });
  const last = axes.map(() => -1);
  const mirrored = e.op("Slice", [
    exchanged,
    e.int64(last),
    e.int64(axes.map(() => -(2 ** 31))),
    e.int64(axes),
    e.int64(last),
  ]);
  const [outputs, channels, ...kernel] = e.shape(node.inputs[1]);
  e.shapes.set(mirrored, [channels, outputs, ...kernel]);
  return e.op("Conv", [images, mirrored], { dilations: ints(w.dilations), pads: ints(pads) });
}

export const Conv: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u], wanted) => {
    const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
    const windows = windowsOf(node, kernelOf(e, node), x.slice(2), y.slice(2));
    const group = intAttribute(node, "group", 1);
    const pullImage = (): string => {
      const images = e.mergeBatch(given(u), y);
      const mirrored = group === 1 ? pullByMirroredWeights(e, node, images, windows) : undefined;
      const result =
        mirrored ??
        e.op("ConvTranspose", [images, node.inputs[1]], {
          ...scatterAttributes(windows, x.slice(2), y.slice(2)),
          group: int(group),
        });
      return e.reshape(result, x);
    };
    const image = { name: inputOf(node, 0), shape: x, hasK: false };
    const cotangent = { name: given(u), shape: y, hasK: true };
    return [
      wanted[0] ? pullImage() : undefined,
      wanted[1] ? pullWeights(e, image, cotangent, windows, group) : undefined,
      wanted[2] ? pullBias(e, node, given(u)) : undefined,
    ];
  },
};

export const ConvTranspose: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u], wanted) => {
    const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
    const windows = windowsOf(node, kernelOf(e, node), y.slice(2), x.slice(2));
    const group = intAttribute(node, "group", 1);
    const pullImage = (): string => {
      const { attributes, surplus } = gatherAttributes(windows, y.slice(2), x.slice(2));
      let images = e.mergeBatch(given(u), y);
      if (surplus.some((count) => count > 0)) {
        const axes = surplus.map((_, i) => i + 2);
        const ends = axes.map((axis, i) => y[axis] - surplus[i]);
        images = e.op("Slice", [images, e.int64(axes.map(() => 0)), e.int64(ends), e.int64(axes)]);
      }
      return e.reshape(e.op("Conv", [images, node.inputs[1]], { ...attributes, group: int(group) }), x);
    };
    const image = { name: inputOf(node, 0), shape: x, hasK: false };
    const cotangent = { name: given(u), shape: y, hasK: true };
    return [
      wanted[0] ? pullImage() : undefined,
      wanted[1] ? pullWeights(e, cotangent, image, windows, group) : undefined,
      wanted[2] ? pullBias(e, node, given(u)) : undefined,
    ];
  },
};

function kernelOf(e: Emitter, node: Node): readonly number[] {
  return intsAttribute(node, "kernel_shape") ?? e.shape(inputOf(node, 1)).slice(2);
}
