// Operators that pick, turn round, crop or multiply elements up along an axis, written out.

import { int } from "../model/attributes.ts";
import { DataType, intAttribute, intsAttribute, type Node, stringAttribute } from "../model/model.ts";
import { numericValues } from "../model/tensor.ts";
import type { CompositeWriter } from "./composite-writer.ts";

/** The rank of x, a scalar. */
function rankOf(w: CompositeWriter, x: string): string {
  return w.op("Size", [w.op("Shape", [x])]);
}

/** The first elements of every sequence, as many as its length says, in reverse. */
export function reverseSequence(w: CompositeWriter, node: Node): void {
  const [x, lengths] = node.inputs as [string, string];
  const [time, batch] = [intAttribute(node, "time_axis", 0), intAttribute(node, "batch_axis", 1)];
  const steps = w.op("Unsqueeze", [w.range(w.extent(x, time)), w.int64([batch])]);
  const length = w.op("Unsqueeze", [lengths, w.int64([time])]);
  const back = w.op("Sub", [w.op("Sub", [length, w.int64([1], [])]), steps]);
  const places = w.op("Where", [w.op("Less", [steps, length]), back, steps]);
  const rest = w.op("Sub", [rankOf(w, x), w.int64([2], [])]);
  const ones = w.op("Expand", [w.int64([1]), w.op("Unsqueeze", [rest, w.int64([0])])]);
  const shape = w.op("Concat", [w.op("Shape", [places]), ones], { axis: int(0) });
  const indices = w.op("Expand", [w.op("Reshape", [places, shape]), w.op("Shape", [x])]);
  w.finish("GatherElements", [x, indices], { axis: int(time) });
}

/** Two values by places; left as it is where they are stated, since it is then constant between its steps. */
export function oneHot(w: CompositeWriter, node: Node): void {
  const [indices, depth, values] = node.inputs as [string, string, string];
  if (w.stated(values)) return;
  // Engines have it for few combinations of types.
  const [places, count] = [indices, depth].map((x) => w.op("Cast", [x], { to: int(DataType.INT64) }));
  const axis = { axis: int(intAttribute(node, "axis", -1)) };
  const hits = w.op("OneHot", [places, count, w.float32([0, 1])], axis);
  const isThere = w.op("Cast", [hits], { to: int(DataType.BOOL) });
  const [off, on] = [0, 1].map((i) => w.op("Gather", [values, w.int64([i], [])]));
  w.finish("Where", [isThere, on, off]);
}

/** The elements whose condition holds, along an axis or of all. */
export function compress(w: CompositeWriter, node: Node): void {
  const [x, condition] = node.inputs as [string, string];
  const places = w.op("Reshape", [w.op("NonZero", [condition]), w.int64([-1])]);
  const isFlat = !node.attributes.has("axis");
  const data = isFlat ? w.op("Reshape", [x, w.int64([-1])]) : x;
  w.finish("Gather", [data, places], { axis: int(isFlat ? 0 : intAttribute(node, "axis", 0)) });
}

/** Cut off, or filled up with zeros, on both sides to the wanted extents. */
export function centerCropPad(w: CompositeWriter, node: Node): void {
  const [x, wanted] = node.inputs as [string, string];
  const stated = intsAttribute(node, "axes");
  const axes = stated && w.int64(stated);
  const shape = w.op("Shape", [x]);
  const extents = axes ? w.op("Gather", [shape, axes]) : shape;
  const two = w.int64([2], []);
  const positive = (a: string, b: string): string => w.op("Max", [w.op("Sub", [a, b]), w.int64([0], [])]);
  const [surplus, missing] = [positive(extents, wanted), positive(wanted, extents)];
  const start = w.op("Div", [surplus, two]);
  const end = w.op("Add", [start, w.op("Sub", [extents, surplus])]);
  const before = w.op("Div", [missing, two]);
  const pads = w.op("Concat", [before, w.op("Sub", [missing, before])], { axis: int(0) });
  const along = axes ? [axes] : [];
  w.finish("Pad", [w.op("Slice", [x, start, end, ...along]), pads, ...(axes ? ["", axes] : [])]);
}

/** Element i is the product of those up to it, which a second axis j ≤ i holds. */
export function cumProd(w: CompositeWriter, node: Node): void {
  const [x, axisInput] = node.inputs as [string, string];
  const stated = w.stated(axisInput);
  if (!stated) return;
  const [axis] = numericValues(stated);
  const isReverse = intAttribute(node, "reverse", 0) === 1;
  const isExclusive = intAttribute(node, "exclusive", 0) === 1;
  const steps = w.range(w.extent(x, axis));
  const column = w.op("Unsqueeze", [steps, w.int64([1])]);
  const [small, large] = isReverse ? [column, steps] : [steps, column];
  const counts = w.op(isExclusive ? "Less" : "LessOrEqual", [small, large]);
  const behind = axis < 0 ? w.int64([-axis - 1], []) : w.op("Sub", [rankOf(w, x), w.int64([axis + 1], [])]);
  const ones = w.op("Expand", [w.int64([1]), w.op("Unsqueeze", [behind, w.int64([0])])]);
  const shape = w.op("Concat", [w.op("Shape", [counts]), ones], { axis: int(0) });
  const rows = w.op("Unsqueeze", [x, w.int64([axis < 0 ? axis - 1 : axis])]);
  const factors = w.op("Where", [w.op("Reshape", [counts, shape]), rows, w.scalar(1)]);
  w.finish("ReduceProd", [factors, w.int64([axis < 0 ? axis : axis + 1])], { keepdims: int(0) });
}

/** Zeros with the elements of x at the places that MaxPool took them from: places in the whole of the result. */
export function maxUnpool(w: CompositeWriter, node: Node): void {
  const [x, places, given] = node.inputs as [string, string, string?];
  const shape = given || unpooledShape(w, node, x);
  const zeros = w.op("Expand", [w.float([0]), w.op("ReduceProd", [shape, w.int64([0])])]);
  const [flat, at] = [x, places].map((tensor) => w.op("Reshape", [tensor, w.int64([-1])]));
  w.finish("Reshape", [w.op("ScatterElements", [zeros, at, flat], { axis: int(0) }), shape]);
}

/** (extent − 1)·stride + kernel − pads along every axis behind the channels. */
function unpooledShape(w: CompositeWriter, node: Node, x: string): string {
  const kernel = intsAttribute(node, "kernel_shape") ?? [];
  const strides = intsAttribute(node, "strides") ?? kernel.map(() => 1);
  const pads = intsAttribute(node, "pads") ?? kernel.flatMap(() => [0, 0]);
  const room = kernel.map((extent, i) => extent - pads[i] - pads[i + kernel.length]);
  const steps = w.op("Sub", [w.extents(x, 2, 2 + kernel.length), w.int64([1])]);
  const plane = w.op("Add", [w.op("Mul", [steps, w.int64(strides)]), w.int64(room)]);
  return w.op("Concat", [w.extents(x, 0, 2), plane], { axis: int(0) });
}

/** Rows of a cache replaced, from a place on that may be another for every element of the batch. */
export function tensorScatter(w: CompositeWriter, node: Node): void {
  const [past, update, from] = node.inputs as [string, string, string?];
  const axis = intAttribute(node, "axis", -2);
  const shape = w.op("Shape", [update]);
  const rank = w.op("Shape", [shape]);
  // −1 and as many ones.
  const column = (axes: string): string =>
    w.op("Concat", [w.int64([-1]), w.op("Expand", [w.int64([1]), axes])], { axis: int(0) });
  const behind = axis < 0 ? w.int64([-axis - 1]) : w.op("Sub", [rank, w.int64([axis + 1])]);
  const own = w.op("Reshape", [w.range(w.extent(update, axis)), column(behind)]);
  const first = w.op("Reshape", [from || w.int64([0]), column(w.op("Sub", [rank, w.int64([1])]))]);
  const rows = w.op("Add", [first, own]);
  const isCircular = stringAttribute(node, "mode", "linear") === "circular";
  const places = isCircular ? w.op("Mod", [rows, w.extent(past, axis)]) : rows;
  w.finish("ScatterElements", [past, w.op("Expand", [places, shape]), update], { axis: int(axis) });
}
