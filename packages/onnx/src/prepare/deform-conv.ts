// DeformConv written out: a convolution whose taps lie where offsets move them, as bilinear samples and a product with
// the weights.

import { int, string } from "../model/attributes.ts";
import { intAttribute, intsAttribute, type Node } from "../model/model.ts";
import type { CompositeWriter } from "./composite-writer.ts";

/**
 * y(o) = Σₜ W(t) · m(t, o) · x(s·o + d·t − p + Δ(t, o)) + b for output places o and taps t (Dai et al. 2017, eq. 2;
 * Zhu et al. 2019, eq. 1), x read bilinearly, with zeros around it. Offsets are [N, 2·groups·taps, rows, columns], y
 * before x. Offsets that put a tap on the centre of a pixel are kinks, of which rounding decides the side.
 */
export function deformConv(w: CompositeWriter, node: Node, opset: number): void {
  const [x, weights, offsets, bias] = node.inputs as [string, string, string, string?];
  const groups = intAttribute(node, "group", 1);
  const channels = w.op("ReduceProd", [w.extents(weights, 1, 4)], { keepdims: int(1) });
  const images = w.extents(x, 0, 1);
  const columns = shaped(w, taps(w, node, opset), [images, groups, channels, -1]);
  const product = w.op("MatMul", [shaped(w, weights, [groups, -1, channels]), columns]);
  const output = [images, w.extents(weights, 0, 1), w.extents(offsets, 2, 3), w.extents(offsets, 3, 4)];
  const convolved = shaped(w, product, output);
  if (bias) w.finish("Add", [convolved, w.op("Unsqueeze", [bias, w.int64([1, 2])])]);
  else w.finishWithLast();
}

/** What every tap reads, [N·groups, C / groups, taps·rows, columns]; images of their own for channels that move apart. */
function taps(w: CompositeWriter, node: Node, opset: number): string {
  const [x, weights, offsets, , mask] = node.inputs as [string, string, string, string?, string?];
  const groups = intAttribute(node, "offset_group", 1);
  const [down, across, rows, columns] = [
    w.extents(weights, 2, 3),
    w.extents(weights, 3, 4),
    w.extents(offsets, 2, 3),
    w.extents(offsets, 3, 4),
  ];
  const moved = shaped(w, offsets, [-1, down, across, 2, rows, columns]);
  const components = [placed(w, node, moved, 1), placed(w, node, moved, 0)];
  const grid = shaped(w, w.op("Concat", components, { axis: int(-1) }), [0, -1, columns, 2]);
  const channels = w.op("Div", [w.extents(x, 1, 2), w.int64([groups])]);
  const image = shaped(w, x, [-1, channels, w.extents(x, 2, 3), w.extents(x, 3, 4)]);
  const sampled = w.op("GridSample", [image, grid], {
    mode: string(opset < 20 ? "bilinear" : "linear"),
    align_corners: int(0),
    padding_mode: string("zeros"),
  });
  if (!mask) return sampled;
  const perImage = w.op("Mul", [w.op("Mul", [down, across]), rows]);
  return w.op("Mul", [sampled, shaped(w, mask, [-1, 1, perImage, columns])]);
}

/** The tensor with a shape of numbers, and of vectors of one extent each. */
function shaped(w: CompositeWriter, tensor: string, extents: readonly (string | number)[]): string {
  const parts = extents.map((extent) => (typeof extent === "number" ? w.int64([extent]) : extent));
  return w.op("Reshape", [tensor, w.op("Concat", parts, { axis: int(0) })]);
}

/**
 * Where all samples lie along one spatial axis of the image, [N·groups, taps down, taps across, rows, columns, 1],
 * −1 and 1 being its edges; `offsets` has the axis y, x in place of the last one, between taps and rows.
 */
function placed(w: CompositeWriter, node: Node, offsets: string, axis: 0 | 1): string {
  const [x, weights] = node.inputs as [string, string];
  const along = (count: string, step: number, at: number): string => {
    const steps = w.op("Mul", [w.range(count), w.int64([step], [])]);
    return w.op("Unsqueeze", [steps, w.int64([0, 1, 2, 3, 4].filter((place) => place !== at))]);
  };
  const strides = intsAttribute(node, "strides") ?? [1, 1];
  const dilations = intsAttribute(node, "dilations") ?? [1, 1];
  const before = intsAttribute(node, "pads")?.[axis] ?? 0;
  const taps = along(w.extent(weights, 2 + axis), dilations[axis], 1 + axis);
  const starts = along(w.extent(offsets, 4 + axis), strides[axis], 3 + axis);
  const still = w.op("Sub", [w.op("Add", [taps, starts]), w.int64([before], [])]);
  const own = w.op("Gather", [offsets, w.int64([axis], [])], { axis: int(3) });
  const place = w.op("Add", [own, w.fromInt64(still)]);
  // From pixels, counted by their centres, to the grid.
  const twice = w.op("Add", [w.op("Mul", [place, w.scalar(2)]), w.scalar(1)]);
  const scaled = w.op("Sub", [w.op("Div", [twice, w.fromInt64(w.extent(x, 2 + axis))]), w.scalar(1)]);
  return w.op("Unsqueeze", [scaled, w.int64([-1])]);
}
