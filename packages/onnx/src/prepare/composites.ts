// Operators that are written out as simpler ones before differentiation, so that they need no rules. Their
// shapes are not known yet; what follows from shapes is written as Shape and folded later.

import { operatorName } from "../derive/unsupported.ts";
import { float, int, ints } from "../model/attributes.ts";
import { floatAttribute, intAttribute, intsAttribute, type Node, type Tensor } from "../model/model.ts";
import type { NameSupply } from "../model/names.ts";
import type { Scope } from "../model/scope.ts";
import { attention, rotaryEmbedding } from "./attention.ts";
import { classical } from "./classical.ts";
import { type Composite, CompositeWriter, type WrittenOut } from "./composite-writer.ts";
import { contribAttentions } from "./contrib/attention.ts";
import { blocked } from "./contrib/blocked.ts";
import { fused } from "./contrib/fused.ts";
import { contribNormalizations } from "./contrib/normalization.ts";
import { packedWeights } from "./contrib/packed-weights.ts";
import { quantized } from "./contrib/quantized.ts";
import { deformConv } from "./deform-conv.ts";
import { negativeLogLikelihoodLoss, softmaxCrossEntropyLoss } from "./losses.ts";
import {
  centerCropPad,
  compress,
  cumProd,
  maxUnpool,
  oneHot,
  reverseSequence,
  tensorScatter,
} from "./rearrangements.ts";
import { roiAlign } from "./roi-align.ts";
import { col2Im, dft, stft } from "./signal.ts";

/** By operator, with its domain where that is not the standard one. */
const composites: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  ["Max", single],
  ["Min", single],
  ["Mean", mean],
  ["Swish", swish],
  ["SwiGLU", swiGlu],
  ["TensorScatter", tensorScatter],
  ["GlobalLpPool", globalLpPool],
  ["LpNormalization", lpNormalization],
  ["MeanVarianceNormalization", meanVarianceNormalization],
  ["RMSNormalization", rmsNormalization],
  ["GroupNormalization", groupNormalization],
  ["LRN", localResponseNormalization],
  ["Attention", attention],
  ["RotaryEmbedding", rotaryEmbedding],
  ["NegativeLogLikelihoodLoss", negativeLogLikelihoodLoss],
  ["SoftmaxCrossEntropyLoss", softmaxCrossEntropyLoss],
  ["DFT", dft],
  ["STFT", stft],
  ["Col2Im", col2Im],
  ["ReverseSequence", reverseSequence],
  ["OneHot", oneHot],
  ["Compress", compress],
  ["CenterCropPad", centerCropPad],
  ["CumProd", cumProd],
  ["MaxUnpool", maxUnpool],
  ["RoiAlign", roiAlign],
  ["DeformConv", deformConv],
  ...classical,
  ...fused,
  ...contribNormalizations,
  ...contribAttentions,
  ...packedWeights,
  ...blocked,
]);

/** Operators that are written out, those with a rule of their own among them for some nodes only; sorted. */
export function writtenOut(): string[] {
  return [...composites.keys(), "Det"].sort();
}

/** What is written out in what way, beyond what the operators say. */
export interface WritingOptions {
  /**
   * Operators that stay as they are, having rules of their own; with their domain where that is not the standard one.
   */
  readonly kept?: ReadonlySet<string> | undefined;
  /** Whether operators on quantised numbers are written out, for the straight-through estimator. */
  readonly straightThrough?: boolean | undefined;
}

/**
 * The node written out, or undefined when it is not a composite, or one that stays as it is. `opset` is that of
 * the model as read, `types` the element types of its tensors, `known` those whose values the file states.
 */
export function writeOut(
  node: Node,
  opset: number,
  names: NameSupply,
  types: Scope<number>,
  known: Scope<Tensor>,
  { kept, straightThrough }: WritingOptions,
): WrittenOut | undefined {
  const name = operatorName(node);
  const composite = composites.get(name) ?? (straightThrough ? quantized.get(name) : undefined);
  if (!composite || kept?.has(name)) return undefined;
  const writer = new CompositeWriter(node, names, types, known);
  composite(writer, node, opset);
  return writer.nodes.length > 0 ? writer : undefined;
}

/** max(a) = a. */
function single(w: CompositeWriter, { inputs }: Node): void {
  if (inputs.length === 1) w.finish("Identity", inputs);
}

function mean(w: CompositeWriter, { inputs }: Node): void {
  w.finish("Div", [w.op("Sum", inputs), w.scalar(inputs.length)]);
}

/** x · sigmoid(αx). */
function swish(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  w.finish("Mul", [x, gate(w, node)]);
}

/** b · a · sigmoid(αa). */
function swiGlu(w: CompositeWriter, node: Node): void {
  const [a, b] = node.inputs as [string, string];
  w.finish("Mul", [w.op("Mul", [a, gate(w, node)]), b]);
}

function gate(w: CompositeWriter, node: Node): string {
  const inner = w.op("Mul", [node.inputs[0], w.scalar(floatAttribute(node, "alpha", 1))]);
  return w.op("Sigmoid", [inner]);
}

/** ‖x‖ₚ over the spatial axes. */
function globalLpPool(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const p = intAttribute(node, "p", 2);
  const spatial = axesFrom(w, x, 2);
  if (p <= 2) {
    w.finish(p === 1 ? "ReduceL1" : "ReduceL2", [x, spatial]);
    return;
  }
  const sum = w.op("ReduceSum", [w.op("Pow", [w.op("Abs", [x]), w.scalar(p)]), spatial]);
  w.finish("Pow", [sum, w.scalar(1 / p)]);
}

/** The axes of x from `axis` on; negative: counted from the end. */
function axesFrom(w: CompositeWriter, x: string, axis: number): string {
  const end = axis < 0 ? w.int64([0], []) : w.op("Size", [w.op("Shape", [x])]);
  return w.op("Range", [w.int64([axis], []), end, w.int64([1], [])]);
}

/** x / ‖x‖ₚ along one axis; 0 where x is, with an infinite slope. */
function lpNormalization(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const norm = intAttribute(node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
  const axis = w.int64([intAttribute(node, "axis", -1)]);
  const length = w.op(norm, [x, axis]);
  const isZero = w.op("Equal", [length, w.scalar(0)]);
  w.finish("Where", [isZero, w.op("Sqrt", [length]), w.op("Div", [x, length])]);
}

/** (x − mean) / (σ + 10⁻⁹) over `axes`. */
function meanVarianceNormalization(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const axes = w.int64(intsAttribute(node, "axes") ?? [0, 2, 3]);
  const centred = w.op("Sub", [x, w.op("ReduceMean", [x, axes])]);
  const variance = w.op("ReduceMean", [w.op("Mul", [centred, centred]), axes]);
  w.finish("Div", [centred, w.op("Add", [w.op("Sqrt", [variance]), w.scalar(1e-9)])]);
}

/** scale · x / √(mean x² + ε) over the axes from `axis` on. */
function rmsNormalization(w: CompositeWriter, node: Node): void {
  const [x, scale] = node.inputs as [string, string];
  const axes = axesFrom(w, x, intAttribute(node, "axis", -1));
  const square = w.op("ReduceMean", [w.op("Mul", [x, x]), axes]);
  const root = w.op("Sqrt", [w.op("Add", [square, w.scalar(floatAttribute(node, "epsilon", 1e-5))])]);
  w.finish("Mul", [w.op("Div", [x, root]), scale]);
}

/** Instance normalisation of groups of channels; from opset 21 on, scale and bias are per channel. */
function groupNormalization(w: CompositeWriter, node: Node, opset: number): void {
  const [x, scale, bias] = node.inputs as [string, string, string];
  const groups = intAttribute(node, "num_groups", 1);
  const epsilon = { epsilon: float(floatAttribute(node, "epsilon", 1e-5)) };
  const grouped = w.op("Reshape", [x, w.int64([0, groups, -1])]);
  const shape = w.op("Shape", [x]);
  if (opset < 21) {
    w.finish("Reshape", [w.op("InstanceNormalization", [grouped, scale, bias], epsilon), shape]);
    return;
  }
  const [ones, zeros] = [1, 0].map((value) => w.float(Array<number>(groups).fill(value)));
  const normal = w.op("InstanceNormalization", [grouped, ones, zeros], epsilon);
  const channels = w.op("Concat", [w.int64([0]), w.op("Shape", [scale]), w.int64([-1])], { axis: int(0) });
  const [slope, shift] = [scale, bias].map((vector) => w.op("Unsqueeze", [vector, w.int64([-1])]));
  const scaled = w.op("Mul", [w.op("Reshape", [normal, channels]), slope]);
  w.finish("Reshape", [w.op("Add", [scaled, shift]), shape]);
}

/** x / (bias + α·m)^β, m being the mean of the squares in a window of `size` channels, zeros beyond the ends. */
function localResponseNormalization(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const size = intAttribute(node, "size", 1);
  const before = Math.floor((size - 1) / 2);
  const flat = w.op("Reshape", [w.op("Mul", [x, x]), w.int64([0, 0, -1])]);
  const pooled = w.op("AveragePool", [w.op("Unsqueeze", [flat, w.int64([1])])], {
    kernel_shape: ints([size, 1]),
    pads: ints([before, 0, size - 1 - before, 0]),
    count_include_pad: int(1),
  });
  const squares = w.op("Reshape", [pooled, w.op("Shape", [x])]);
  const weighted = w.op("Mul", [squares, w.scalar(floatAttribute(node, "alpha", 1e-4))]);
  const base = w.op("Add", [weighted, w.scalar(floatAttribute(node, "bias", 1))]);
  w.finish("Div", [x, w.op("Pow", [base, w.scalar(floatAttribute(node, "beta", 0.75))])]);
}
