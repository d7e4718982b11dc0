// Operators on quantised numbers, for the straight-through estimator: numbers from their levels, the operator in
// floating point, and levels again.

import { float, int, without } from "../../model/attributes.ts";
import { DataType, floatAttribute, intAttribute, type Node } from "../../model/model.ts";
import { numericValues } from "../../model/tensor.ts";
import type { Composite, CompositeWriter } from "../composite-writer.ts";

const ms = (op: string): string => `com.microsoft::${op}`;

export const quantized: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  ["MatMulInteger", matMulInteger],
  ["ConvInteger", convInteger],
  ["QLinearMatMul", qLinearMatMul],
  ["QLinearConv", qLinearConv],
  [ms("QuantizeLinear"), standard],
  [ms("DequantizeLinear"), standard],
  [ms("QLinearAdd"), binary("Add")],
  [ms("QLinearMul"), binary("Mul")],
  [ms("QLinearLeakyRelu"), unary("LeakyRelu")],
  [ms("QLinearSigmoid"), unary("Sigmoid")],
  [ms("QLinearSoftmax"), unary("Softmax")],
  [ms("QLinearGlobalAveragePool"), unary("GlobalAveragePool")],
  [ms("QLinearAveragePool"), unary("AveragePool")],
  [ms("QLinearConcat"), qLinearConcat],
  [ms("QGemm"), qGemm],
  [ms("DynamicQuantizeMatMul"), dynamicQuantizeMatMul],
  [ms("MatMulIntegerToFloat"), matMulIntegerToFloat],
]);

/** The same operator, from before the standard had all types. */
function standard(w: CompositeWriter, { opType, inputs, attributes }: Node): void {
  w.finish(opType, inputs, Object.fromEntries(attributes));
}

/** Levels as numbers; scales of more than one number are along `axis`. */
function numbers(w: CompositeWriter, inputs: readonly (string | undefined)[], axis = 0): string {
  const [levels, scale, zero] = inputs as [string, string, string?];
  return w.op("DequantizeLinear", zero ? [levels, scale, zero] : [levels, scale], { axis: int(axis) });
}

/** Levels without their zero point, in floating point. */
function centred(
  w: CompositeWriter,
  levels: string,
  zero: string | undefined,
  shape?: readonly number[],
): string {
  const toFloat = { to: int(DataType.FLOAT) };
  const values = w.op("Cast", [levels], toFloat);
  if (!zero) return values;
  const shift = shape ? w.op("Reshape", [zero, w.int64(shape)]) : zero;
  return w.op("Sub", [values, w.op("Cast", [shift], toFloat)]);
}

/** What results, as levels. */
function finishLevels(w: CompositeWriter, x: string, scale: string, zero: string | undefined): void {
  w.finish("QuantizeLinear", zero ? [x, scale, zero] : [x, scale]);
}

/** A product of integers, in floating point: whatever reads it converts it anyway. */
function matMulInteger(w: CompositeWriter, { inputs }: Node): void {
  const [a, b, zeroA, zeroB] = inputs as [string, string, string?, string?];
  // Zero points of rows would need another axis.
  if (zeroA && (w.stated(zeroA)?.dims.length ?? 0) > 0 && !isSingle(w, zeroA)) return;
  w.finish("MatMul", [centred(w, a, zeroA), centred(w, b, zeroB)]);
}

function isSingle(w: CompositeWriter, name: string): boolean {
  const stated = w.stated(name);
  return stated !== undefined && numericValues(stated).length === 1;
}

function convInteger(w: CompositeWriter, node: Node): void {
  const [x, weight, zeroX, zeroW] = node.inputs as [string, string, string?, string?];
  const rank = w.stated(weight)?.dims.length;
  if (zeroW && rank === undefined) return;
  const column = [-1, ...Array<number>((rank ?? 1) - 1).fill(1)];
  w.finish(
    "Conv",
    [centred(w, x, zeroX), centred(w, weight, zeroW, column)],
    Object.fromEntries(node.attributes),
  );
}

function qLinearMatMul(w: CompositeWriter, { inputs }: Node): void {
  const product = w.op("MatMul", [numbers(w, inputs.slice(0, 3), -2), numbers(w, inputs.slice(3, 6), -1)]);
  finishLevels(w, product, inputs[6], inputs[7]);
}

function qLinearConv(w: CompositeWriter, node: Node): void {
  if (intAttribute(node, "channels_last", 0) === 1) return;
  const { inputs } = node;
  const bias = inputs[8];
  const scale = w.op("Mul", [inputs[1], inputs[4]]);
  const shift = bias ? [w.op("Mul", [centred(w, bias, undefined), scale])] : [];
  const image = [numbers(w, inputs.slice(0, 3)), numbers(w, inputs.slice(3, 6))];
  const result = w.op("Conv", [...image, ...shift], without(node, "channels_last"));
  finishLevels(w, result, inputs[6], inputs[7]);
}

function unary(op: string): Composite {
  return (w, node) => {
    // The softmax of operator sets before 13 runs over several axes.
    if (intAttribute(node, "channels_last", 0) === 1 || intAttribute(node, "opset", 13) < 13) return;
    const { inputs } = node;
    const result = w.op(op, [numbers(w, inputs.slice(0, 3))], without(node, "channels_last", "opset"));
    finishLevels(w, result, inputs[3], inputs[4]);
  };
}

function binary(op: string): Composite {
  return (w, { inputs }) => {
    const result = w.op(op, [numbers(w, inputs.slice(0, 3)), numbers(w, inputs.slice(3, 6))]);
    finishLevels(w, result, inputs[6], inputs[7]);
  };
}

/** Scale and zero point of the result come first, then the parts with theirs. */
function qLinearConcat(w: CompositeWriter, node: Node): void {
  const [scale, zero, ...rest] = node.inputs;
  const parts = Array.from({ length: rest.length / 3 }, (_, i) => numbers(w, rest.slice(3 * i, 3 * i + 3)));
  finishLevels(w, w.op("Concat", parts, { axis: int(intAttribute(node, "axis", 0)) }), scale, zero);
}

/** α·A·B + C, C being a multiple of the product of the scales; floating point where the result has no scale. */
function qGemm(w: CompositeWriter, node: Node): void {
  const { inputs } = node;
  const alpha = floatAttribute(node, "alpha", 1);
  const [transA, transB] = ["transA", "transB"].map((name) => intAttribute(node, name, 0));
  const operands = [numbers(w, inputs.slice(0, 3)), numbers(w, inputs.slice(3, 6), transB ? 0 : 1)];
  const scale = w.op("Mul", [w.op("Mul", [inputs[1], inputs[4]]), w.scalar(alpha)]);
  const shift = inputs[6] ? [w.op("Mul", [centred(w, inputs[6], undefined), scale])] : [];
  const attributes = { alpha: float(alpha), transA: int(transA), transB: int(transB) };
  const result = w.op("Gemm", [...operands, ...shift], attributes);
  if (inputs[7]) finishLevels(w, result, inputs[7], inputs[8]);
  else w.finishWithLast();
}

function dynamicQuantizeMatMul(w: CompositeWriter, { inputs }: Node): void {
  const [a, b, scale, zero, bias] = inputs as [string, string, string, string?, string?];
  const levels = w.ops("DynamicQuantizeLinear", [a], {}, 3);
  const product = w.op("MatMul", [numbers(w, levels), numbers(w, [b, scale, zero], -1)]);
  if (bias) w.op("Add", [product, bias]);
  w.finishWithLast();
}

function matMulIntegerToFloat(w: CompositeWriter, { inputs }: Node): void {
  const [a, b, scaleA, scaleB, zeroA, zeroB, bias] = inputs as [
    string,
    string,
    string,
    string,
    ...(string | undefined)[],
  ];
  const product = w.op("MatMul", [numbers(w, [a, scaleA, zeroA]), numbers(w, [b, scaleB, zeroB], -1)]);
  if (bias) w.op("Add", [product, bias]);
  w.finishWithLast();
}
