// Resize (and Upsample, which is read as Resize): linear in the image for every interpolation mode.

import { ints, without } from "../attributes.ts";
import { type Emitter, positiveAxis } from "../emitter.ts";
import { intsAttribute, type Node, stringAttribute } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

/**
 * Tangents are resized alike with k merged into the batch. What the node states is kept (scales stay
 * scales, sizes stay sizes), because the sampling positions depend on which of the two was given.
 */
export const Resize: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const shape = e.shape(node.inputs[0]!);
    const images = e.mergeBatch(t!, shape);
    const { axes, scales, sizes } = spatialTarget(e, node, shape.length);
    const attributes = { ...without(node, "axes"), axes: ints(axes) };
    const resized = scales
      ? e.op("Resize", [images, undefined, e.float32(scales)], attributes)
      : e.op("Resize", [images, undefined, undefined, e.int64(sizes!)], attributes);
    return [e.reshape(resized, e.shape(node.outputs[0]!))];
  },
  vjp: (e, node, [u]) => {
    const shape = e.shape(node.inputs[0]!);
    const { axes, scales, sizes } = spatialTarget(e, node, shape.length);
    if (stringAttribute(node, "keep_aspect_ratio_policy", "stretch") !== "stretch") {
      throw new Unsupported(
        "keep_aspect_ratio_policy is not covered in reverse; export with explicit scales",
      );
    }
    const current = [...e.shape(node.outputs[0]!)];
    let cotangent = u!;
    axes.forEach((axis, i) => {
      if (shape[axis] === current[axis]) return;
      const matrix = interpolationMatrix(
        e,
        node,
        shape[axis]!,
        scales ? { scale: scales[i]! } : { size: sizes![i]! },
      );
      const adjoint = e.op("Transpose", [matrix], { perm: ints([1, 0]) });
      cotangent = e.alongAxis(cotangent, current, axis, adjoint);
      current[axis] = shape[axis]!;
    });
    return [cotangent];
  },
};

/**
 * The matrix [extent, resized extent] of the interpolation along one axis: the node's own operator applied
 * to the identity, which the engine folds. Every mode of Resize is a product of such matrices.
 */
function interpolationMatrix(
  e: Emitter,
  node: Node,
  extent: number,
  target: { readonly scale: number } | { readonly size: number },
): string {
  const identity = e.selection(
    Array.from({ length: extent }, (_, i) => i),
    extent,
  );
  const attributes = { ...without(node, "axes", "keep_aspect_ratio_policy"), axes: ints([1]) };
  return "scale" in target
    ? e.op("Resize", [identity, undefined, e.float32([target.scale])], attributes)
    : e.op("Resize", [identity, undefined, undefined, e.int64([target.size])], attributes);
}

/** The node's scales or sizes for the axes it changes; the batch axis must not be one of them. */
function spatialTarget(
  e: Emitter,
  node: Node,
  rank: number,
): { axes: number[]; scales?: number[]; sizes?: number[] } {
  if (stringAttribute(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize") {
    throw new Unsupported("tf_crop_and_resize is not covered; export with half_pixel or align_corners");
  }
  const stated = intsAttribute(node, "axes")?.map((axis) => positiveAxis(axis, rank));
  const all = stated ?? Array.from({ length: rank }, (_, i) => i);
  const scales = e.constantInput(node, 2);
  const sizes = scales?.length ? undefined : e.constantInput(node, 3);
  const input = e.shape(node.inputs[0]!);
  const output = e.shape(node.outputs[0]!);
  if (input[0] !== output[0]) throw new Unsupported("it resizes the batch axis");
  const kept = all.map((axis, i) => ({ axis, i })).filter(({ axis }) => axis !== 0);
  const axes = kept.map(({ axis }) => axis);
  if (sizes) return { axes, sizes: kept.map(({ i }) => sizes[i]!) };
  return { axes, scales: kept.map(({ i }) => scales![i]!) };
}
