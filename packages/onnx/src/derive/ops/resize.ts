// Resize (and Upsample, which is read as Resize): linear in the image for every interpolation mode. A crop
// that reaches outside of the image is filled with a constant, which has no derivative.

import { float, int, ints, without } from "../../model/attributes.ts";
import {
  type Attribute,
  inputOf,
  intsAttribute,
  type Node,
  outputOf,
  stringAttribute,
} from "../../model/model.ts";
import { type Emitter, positiveAxis, type Shape } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given } from "../tangent.ts";
import { Unsupported } from "../unsupported.ts";

/**
 * Tangents are resized alike with k merged into the batch. What the node states is kept (scales stay
 * scales, sizes stay sizes), because the sampling positions depend on which of the two was given.
 */
export const Resize: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const shape = e.shape(inputOf(node, 0));
    // Refuses scales and crops that depend on the point, which alone may have a tangent.
    const all = targets(e, node, shape);
    if (t === undefined) return [undefined];
    return [e.reshape(resize(e, node, e.mergeBatch(t, shape), all), e.shape(outputOf(node, 0)))];
  },
  vjp: (e, node, [u]) => {
    const shape = e.shape(inputOf(node, 0));
    const current = [...e.shape(outputOf(node, 0))];
    const all = targets(e, node, shape);
    // The engine copies an image whose shape stays, whatever the scales and the crop.
    if (shape.every((extent, axis) => extent === current[axis])) return [u];
    let cotangent = given(u);
    for (const target of all) {
      const resized = current[target.axis];
      const bounding = boundingTarget(node, all);
      if (!bounding && isUntouched(target, resized)) continue;
      const matrix = interpolationMatrix(e, node, target, resized, bounding);
      const adjoint = e.op("Transpose", [matrix], { perm: ints([1, 0]) });
      cotangent = e.alongAxis(cotangent, current, target.axis, adjoint);
      current[target.axis] = target.extent;
    }
    return [cotangent];
  },
};

/** What the node states for one axis. */
interface Target {
  readonly axis: number;
  readonly extent: number;
  readonly scale?: number | undefined;
  readonly size?: number | undefined;
  /** Start and end of the crop of mode tf_crop_and_resize, in fractions of the extent. */
  readonly crop?: readonly [number, number] | undefined;
}

function crops(node: Node): boolean {
  return stringAttribute(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize";
}

/** A scale that leaves the extent as it is may move the sampling positions nevertheless. */
function isUntouched({ extent, scale = 1, crop }: Target, resized: number): boolean {
  return extent === resized && scale === 1 && (!crop || (crop[0] === 0 && crop[1] === 1));
}

/** The axes that the node resizes; the batch axis must not be one of them. */
function targets(e: Emitter, node: Node, shape: Shape): Target[] {
  const axes = intsAttribute(node, "axes") ?? shape.map((_, axis) => axis);
  const scales = e.constantInput(node, 2);
  const sizes = scales?.length ? undefined : e.constantInput(node, 3);
  const roi = crops(node) ? e.requiredConstant(node, 1) : undefined;
  const all = axes.map((stated, i): Target => {
    const axis = positiveAxis(stated, shape.length);
    return {
      axis,
      extent: shape[axis],
      size: sizes?.[i],
      scale: sizes ? undefined : scales?.[i],
      crop: roi && [roi[i], roi[axes.length + i]],
    };
  });
  const batch = all.find(({ axis }) => axis === 0);
  if (batch && !isUntouched(batch, e.shape(outputOf(node, 0))[0])) {
    throw new Unsupported("it resizes the batch axis");
  }
  return all.filter(({ axis }) => axis !== 0);
}

/** The node's own operator, applied to another image along the axes of `all`. */
function resize(
  e: Emitter,
  node: Node,
  image: string,
  all: readonly Target[],
  attributes: Readonly<Record<string, Attribute>> = without(node),
): string {
  const bounds = all.flatMap(({ crop }) => (crop ? [crop] : []));
  const roi = crops(node)
    ? e.float32([...bounds.map(([start]) => start), ...bounds.map(([, end]) => end)])
    : undefined;
  const sizes = all.flatMap(({ size }) => size ?? []);
  const scales = all.flatMap(({ scale }) => scale ?? []);
  const inputs = sizes.length ? [undefined, e.int64(sizes)] : [e.float32(scales)];
  return e.op("Resize", [image, roi, ...inputs], {
    ...attributes,
    axes: ints(all.map(({ axis }) => axis)),
    extrapolation_value: float(0),
  });
}

/**
 * The matrix [extent, resized extent] of the interpolation along one axis: the node's own operator applied
 * to the identity, which the engine folds. Every mode of Resize is a product of such matrices.
 */
function interpolationMatrix(
  e: Emitter,
  node: Node,
  target: Target,
  resized: number,
  bounding: Target | undefined,
): string {
  const { extent } = target;
  const identity = e.selection(
    Array.from({ length: extent }, (_, i) => i),
    extent,
  );
  const companion = bounding ?? (extent === resized ? doubled(target) : undefined);
  if (!companion || companion.axis === target.axis) {
    const attributes = without(node, "keep_aspect_ratio_policy");
    return resize(e, node, identity, [{ ...target, axis: 1 }], attributes);
  }
  // Another axis comes along, each row of the identity repeated.
  const repeated = e.op("Expand", [
    e.op("Reshape", [identity, e.int64([extent, 1, 1, extent])]),
    e.int64([extent, 1, companion.extent, extent]),
  ]);
  const both = resize(e, node, repeated, [
    { ...companion, axis: 2 },
    { ...target, axis: 3 },
  ]);
  return e.op("Reshape", [e.op("Gather", [both, e.int64Scalar(0)], { axis: int(2) }), e.int64([extent, -1])]);
}

/** An axis of one element that becomes two: beside it, the engine does not take the target's for a mere copy. */
function doubled({ size }: Target): Target {
  const isSized = size !== undefined;
  return { axis: -1, extent: 1, crop: [0, 1], size: isSized ? 2 : undefined, scale: isSized ? undefined : 2 };
}

/**
 * The axis whose scale a policy that keeps the aspect ratio gives to all, and which the matrices of all need; undefined
 * without such a policy.
 */
function boundingTarget(node: Node, all: readonly Target[]): Target | undefined {
  const policy = stringAttribute(node, "keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch" || all[0]?.size === undefined) return undefined;
  const scaleOf = ({ size, extent }: Target): number => size! / extent;
  const better = policy === "not_larger" ? Math.min : Math.max;
  const scale = better(...all.map(scaleOf));
  return all.find((target) => scaleOf(target) === scale);
}
