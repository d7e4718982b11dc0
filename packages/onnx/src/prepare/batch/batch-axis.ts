// Whether the points of a batch influence one another, read off the graph: the axis that counts points is followed from
// tensor to tensor through every operator, until one may mix its entries.

import { nodeReads } from "../../model/graph.ts";
import { type Graph, intAttribute, intsAttribute, stringAttribute } from "../../model/model.ts";
import { constantsOf } from "../upgrade.ts";
import { NodeAxes, type Shape } from "./node-axes.ts";

/** What an operator does to the axis that counts points; undefined where it may mix points, or is not known. */
type AxisRule = (at: NodeAxes) => number | undefined;

/**
 * Whether every entry of the outputs along their first axis depends on the same entry of the inputs along theirs, in the
 * same way for all of them. `false`: the graph does not show it.
 *
 * @param shapes those of all tensors that nodes define, and of the inputs.
 */
export function keepsPointsApart(
  graph: Graph,
  shapes: ReadonlyMap<string, Shape>,
  inputs: readonly string[],
  outputs: readonly string[],
): boolean {
  const constants = constantsOf(graph);
  const axes = new Map(inputs.map((name) => [name, 0]));
  for (const node of graph.nodes) {
    if (readsShape.has(node.opType) || !nodeReads(node).some((name) => axes.has(name))) continue;
    const isMeasured = [...node.inputs, ...node.outputs].every(
      (name) => name === "" || shapes.has(name) || constants.has(name),
    );
    if (!isMeasured || node.domain !== "") return false;
    const axis = rules.get(node.opType)?.(new NodeAxes(node, axes, shapes, constants));
    if (axis === undefined) return false;
    for (const name of node.outputs) if (name) axes.set(name, axis);
  }
  return outputs.every((name) => axes.get(name) === 0);
}

const readsShape: ReadonlySet<string> = new Set(["Shape", "Size"]);

/** Inputs that are broadcast: axes are counted from the last. */
const broadcast: AxisRule = (at) => {
  const rank = at.outputShape.length;
  const fromEnd = at.node.inputs.flatMap((_, i) => {
    const axis = at.axis(i);
    return axis === undefined ? [] : [at.inputShape(i).length - axis];
  });
  const [first] = fromEnd;
  if (fromEnd.some((place) => place !== first)) return undefined;
  const isAlike = at.node.inputs.every(
    (name, i) => name === "" || at.axis(i) !== undefined || at.isSame(i, at.inputShape(i).length - first),
  );
  return isAlike ? rank - first : undefined;
};

/** Operators with weights beside a batch of pictures or signals; the positions that MaxPool yields count all of it. */
const ofBatches: AxisRule = (at) => {
  const isTraining = intAttribute(at.node, "training_mode", 0) === 1;
  return at.onlyAxis === 0 && !isTraining && at.node.outputs.length === 1 ? 0 : undefined;
};

/** Operators that mix along the axes of an attribute, or of their second input. */
const alongAxes =
  (axesOf: (at: NodeAxes, rank: number) => readonly number[] | undefined): AxisRule =>
  (at) => {
    const rank = at.inputShape(0).length;
    const axis = at.onlyAxis;
    const mixed = axesOf(at, rank)?.map((along) => (along < 0 ? along + rank : along));
    if (axis === undefined || mixed === undefined || mixed.includes(axis)) return undefined;
    const isDropped = at.outputShape.length < rank;
    return isDropped ? axis - mixed.filter((along) => along < axis).length : axis;
  };

const attributeAxis = (fallback: number): AxisRule =>
  alongAxes(({ node }) => [intAttribute(node, "axis", fallback)]);

const reduced = alongAxes((at, rank) => {
  const stated = at.node.inputs[1] ? at.integers(1) : intsAttribute(at.node, "axes");
  if (stated === undefined && at.node.inputs[1]) return undefined;
  const isNone = stated === undefined || stated.length === 0;
  if (isNone && intAttribute(at.node, "noop_with_empty_axes", 0) === 1) return [];
  return isNone ? Array.from({ length: rank }, (_, i) => i) : stated;
});

const slice = alongAxes((at) => (at.node.inputs[3] ? at.integers(3) : at.integers(1)?.map((_, i) => i)));

/** Rearranged in the order of memory: as many entries stand before the axis as did. */
const rearranged: AxisRule = (at) => {
  const axis = at.onlyAxis;
  if (axis === undefined) return undefined;
  const size = (shape: Shape, end: number): number => shape.slice(0, end).reduce((a, b) => a * b, 1);
  const [from, to] = [at.inputShape(0), at.outputShape];
  const found = to.findIndex((extent, i) => extent === from[axis] && size(to, i) === size(from, axis));
  return found < 0 ? undefined : found;
};

const transposed: AxisRule = (at) => {
  const axis = at.onlyAxis;
  const rank = at.inputShape(0).length;
  const order = intsAttribute(at.node, "perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  return axis === undefined ? undefined : order.indexOf(axis);
};

const concatenated: AxisRule = (at) => {
  const rank = at.outputShape.length;
  const along = intAttribute(at.node, "axis", 0);
  const axes = at.node.inputs.map((_, i) => at.axis(i));
  const axis = axes.find((each) => each !== undefined);
  if (axis === undefined || axis === (along < 0 ? along + rank : along)) return undefined;
  const isAlike = axes.every((each, i) => (each === undefined ? at.isSame(i, axis) : each === axis));
  return isAlike ? axis : undefined;
};

const matrixProduct: AxisRule = (at) => {
  const [a, b] = [at.inputShape(0), at.inputShape(1)];
  const [left, right] = [at.axis(0), at.axis(1)];
  const rank = at.outputShape.length;
  if (a.length < 2 || b.length < 2) return undefined;
  // Rows of the left, columns of the right; along what is summed over, points would mix.
  if (right === undefined && left === a.length - 2) return rank - 2;
  if (left === undefined && right === b.length - 1) return rank - 1;
  const stacks = [left, right].map((axis, i) => (axis === undefined ? undefined : [a, b][i].length - axis));
  const place = stacks.find((each) => each !== undefined) ?? 0;
  const isAlike = stacks.every((each, i) =>
    each === undefined ? at.isSame(i, at.inputShape(i).length - place) : each === place && each > 2,
  );
  return isAlike ? rank - place : undefined;
};

const gemm: AxisRule = (at) => {
  const isRow = at.axis(0) === intAttribute(at.node, "transA", 0) && at.axis(1) === undefined;
  const rank = at.node.inputs[2] ? at.inputShape(2).length : 0;
  const isAlike = at.axis(2) === undefined ? rank < 2 || at.isSame(2, 0) : rank === 2 && at.axis(2) === 0;
  return isRow && isAlike ? 0 : undefined;
};

const gathered: AxisRule = (at) => {
  const along = intAttribute(at.node, "axis", 0);
  const rank = at.inputShape(0).length;
  const axis = along < 0 ? along + rank : along;
  const [data, indices] = [at.axis(0), at.axis(1)];
  if (data === undefined && indices !== undefined) return axis + indices;
  if (data === undefined || indices !== undefined || data === axis) return undefined;
  return data < axis ? data : data - 1 + at.inputShape(1).length;
};

const padded: AxisRule = (at) => {
  const axis = at.onlyAxis;
  const pads = at.integers(1);
  if (axis === undefined || pads === undefined) return undefined;
  const chosen = at.node.inputs[3] ? at.integers(3) : Array.from({ length: pads.length / 2 }, (_, i) => i);
  const rank = at.inputShape(0).length;
  const place = chosen?.map((along) => (along < 0 ? along + rank : along)).indexOf(axis);
  if (place === undefined) return undefined;
  return place < 0 || (pads[place] === 0 && pads[place + pads.length / 2] === 0) ? axis : undefined;
};

const expanded: AxisRule = (at) => {
  const axis = at.onlyAxis;
  return axis === undefined ? undefined : at.outputShape.length - at.inputShape(0).length + axis;
};

const tiled: AxisRule = (at) => {
  const axis = at.onlyAxis;
  return axis !== undefined && at.integers(1)?.[axis] === 1 ? axis : undefined;
};

const einsum: AxisRule = (at) => {
  const [left, right] = stringAttribute(at.node, "equation", "").replaceAll(" ", "").split("->");
  if (right === undefined || left.includes(".")) return undefined;
  const operands = left.split(",");
  const letters = operands.map((operand, i) => operand[at.axis(i) ?? -1]);
  const letter = letters.find((each) => each !== undefined);
  if (letter === undefined) return undefined;
  // In an operand without points, the letter is an axis of constants, one for each place.
  const isAlike = letters.every((each, i) =>
    each === undefined ? !operands[i].includes(letter) : operands[i].split(letter).length === 2,
  );
  const place = right.indexOf(letter);
  return isAlike && place >= 0 ? place : undefined;
};

const resized: AxisRule = (at) => {
  const isCropped = stringAttribute(at.node, "coordinate_transformation_mode", "") === "tf_crop_and_resize";
  const chosen = intsAttribute(at.node, "axes");
  const place = chosen ? chosen.indexOf(0) : 0;
  const isScaled = Boolean(at.node.inputs[2]) && place >= 0 && at.integers(2)?.[place] !== 1;
  const isWhole = at.outputShape[0] === at.inputShape(0)[0];
  return at.onlyAxis === 0 && isWhole && !isCropped && !isScaled ? 0 : undefined;
};

/** Not in training mode. */
const dropout: AxisRule = (at) => (at.node.inputs[2] ? undefined : broadcast(at));

const normalizedFrom = alongAxes((at, rank) => {
  const axis = intAttribute(at.node, "axis", -1);
  const first = axis < 0 ? axis + rank : axis;
  return Array.from({ length: rank - first }, (_, i) => first + i);
});

const elementwise = [
  ..."Abs Acos Acosh Add And Asin Asinh Atan Atanh BitwiseAnd BitwiseNot Cast Ceil Celu Clip Cos Cosh Div".split(
    " ",
  ),
  ..."Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsNaN".split(" "),
  ..."LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round".split(
    " ",
  ),
  ..."Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu".split(
    " ",
  ),
  ..."Where Xor".split(" "),
];
const batches = [
  ..."AveragePool BatchNormalization Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalMaxPool".split(
    " ",
  ),
  ..."GroupNormalization InstanceNormalization LRN LpPool MaxPool SpaceToDepth".split(" "),
];
const reductions = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"];

const rules: ReadonlyMap<string, AxisRule> = new Map([
  ...elementwise.map((name): [string, AxisRule] => [name, broadcast]),
  ...batches.map((name): [string, AxisRule] => [name, ofBatches]),
  ...reductions.map((name): [string, AxisRule] => [`Reduce${name}`, reduced]),
  ...["Softmax", "LogSoftmax", "Hardmax"].map((name): [string, AxisRule] => [name, attributeAxis(-1)]),
  ...["Reshape", "Flatten", "Squeeze", "Unsqueeze"].map((name): [string, AxisRule] => [name, rearranged]),
  ["Concat", concatenated],
  ["Dropout", dropout],
  ["Einsum", einsum],
  ["Expand", expanded],
  ["Gather", gathered],
  ["Gemm", gemm],
  ["LayerNormalization", normalizedFrom],
  ["MatMul", matrixProduct],
  ["Pad", padded],
  ["Resize", resized],
  ["Slice", slice],
  ["Split", attributeAxis(0)],
  ["Tile", tiled],
  ["Transpose", transposed],
]);
