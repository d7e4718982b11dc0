// Operators of ONNX Runtime's own domain that its optimiser makes of several: matrix products with transpositions,
// products and convolutions with their activation, GELU in its shapes.

import { float, int, string, without } from "../../model/attributes.ts";
import {
  type Attribute,
  floatAttribute,
  intAttribute,
  type Node,
  stringAttribute,
} from "../../model/model.ts";
import type { Composite, CompositeWriter } from "../composite-writer.ts";

export const fused: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  ["com.microsoft::FusedMatMul", fusedMatMul],
  ["com.microsoft::TransposeMatMul", fusedMatMul],
  ["com.microsoft::FusedGemm", fusedGemm],
  ["com.microsoft::FusedConv", fusedConv],
  ["com.microsoft::Gelu", biasGelu],
  ["com.microsoft::BiasGelu", biasGelu],
  ["com.microsoft::FastGelu", fastGelu],
  ["com.microsoft::QuickGelu", quickGelu],
  ["com.microsoft::BiasSplitGelu", biasSplitGelu],
  ["com.microsoft::BiasAdd", biasAdd],
]);

/** α·AᵀB and the like. Ranks are not known yet, so that axes are exchanged by their letters. */
function fusedMatMul(w: CompositeWriter, node: Node): void {
  const [a, b] = (["A", "B"] as const).map((side, index) => {
    const isTransposed = intAttribute(node, `trans${side}`, 0) === 1;
    const isBatchLast = intAttribute(node, `transBatch${side}`, 0) === 1;
    if (!isTransposed && !isBatchLast) return node.inputs[index];
    const operand = isBatchLast ? "i...j" : "...ij";
    const equation = string(`${operand}->${isTransposed ? "...ji" : "...ij"}`);
    return w.op("Einsum", [node.inputs[index]], { equation });
  }) as [string, string];
  const alpha = floatAttribute(node, "alpha", 1);
  const product = w.op("MatMul", [a, b]);
  if (alpha !== 1) w.op("Mul", [product, w.scalar(alpha)]);
  w.finishWithLast();
}

function fusedGemm(w: CompositeWriter, node: Node): void {
  const activation = stringAttribute(node, "activation", "");
  const names = [...node.attributes.keys()].filter((name) => name.startsWith("activation"));
  const result = w.op("Gemm", node.inputs, without(node, ...names));
  const own = names
    .filter((name) => name !== "activation")
    .map((name): [string, Attribute] => [name.replace("activation_", ""), node.attributes.get(name)!]);
  if (activation) w.op(activation, [result], Object.fromEntries(own));
  w.finishWithLast();
}

/** activation(conv(x) + z), z being the fourth input. */
function fusedConv(w: CompositeWriter, node: Node): void {
  const [x, weight, bias = "", sum] = node.inputs as [string, string, string?, string?];
  if (!statesActivation(node)) return;
  const plain = without(node, "activation", "activation_params");
  const result = w.op("Conv", bias ? [x, weight, bias] : [x, weight], plain);
  activate(w, node, sum ? w.op("Add", [result, sum]) : result);
  w.finishWithLast();
}

/** The names of the numbers in `activation_params`, by activation. */
const parameters: ReadonlyMap<string, readonly string[]> = new Map([
  ["LeakyRelu", ["alpha"]],
  ["HardSigmoid", ["alpha", "beta"]],
]);

function activationParameters(node: Node): readonly number[] {
  const stated = node.attributes.get("activation_params");
  return stated?.type === "floats" ? stated.value : [];
}

/** Whether the activation of a fused convolution, if it has one, comes with the numbers that it needs. */
export function statesActivation(node: Node): boolean {
  const names = parameters.get(stringAttribute(node, "activation", "")) ?? [];
  return activationParameters(node).length >= names.length;
}

/** Applies the activation that a fused convolution names, if it does. */
export function activate(w: CompositeWriter, node: Node, x: string): string {
  const activation = stringAttribute(node, "activation", "");
  const values = activationParameters(node);
  if (activation === "") return x;
  if (activation === "Clip") return w.op("Clip", [x, ...values.map((value) => w.scalar(value))]);
  const named = (parameters.get(activation) ?? []).map((name, i) => [name, float(values[i])] as const);
  return w.op(activation, [x], Object.fromEntries(named));
}

/** ½x·(1 + erf(x/√2)): the standard has GELU from opset 20 on only. */
function gelu(w: CompositeWriter, x: string): string {
  const spread = w.op("Erf", [w.op("Mul", [x, w.scalar(Math.SQRT1_2)])]);
  return w.op("Mul", [w.op("Mul", [x, w.scalar(0.5)]), w.op("Add", [spread, w.scalar(1)])]);
}

function biasGelu(w: CompositeWriter, { inputs }: Node): void {
  const [x, bias] = inputs;
  gelu(w, bias ? w.op("Add", [x, bias]) : x);
  w.finishWithLast();
}

/** ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))). */
function fastGelu(w: CompositeWriter, { inputs }: Node): void {
  const [argument, bias] = inputs;
  const x = bias ? w.op("Add", [argument, bias]) : argument;
  const square = w.op("Mul", [w.op("Mul", [x, x]), w.scalar(0.044715 * Math.sqrt(2 / Math.PI))]);
  const slope = w.op("Add", [square, w.scalar(Math.sqrt(2 / Math.PI))]);
  const bounded = w.op("Tanh", [w.op("Mul", [x, slope])]);
  w.finish("Mul", [w.op("Mul", [x, w.scalar(0.5)]), w.op("Add", [bounded, w.scalar(1)])]);
}

/** x · sigmoid(αx). */
function quickGelu(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const inner = w.op("Mul", [x, w.scalar(floatAttribute(node, "alpha", 1.702))]);
  w.finish("Mul", [x, w.op("Sigmoid", [inner])]);
}

/** Half of the features times the GELU of the other half. */
function biasSplitGelu(w: CompositeWriter, { inputs }: Node): void {
  const [left, right] = w.ops("Split", [w.op("Add", inputs)], { axis: int(-1), num_outputs: int(2) }, 2);
  w.finish("Mul", [left, gelu(w, right)]);
}

/** x + bias + skip. */
function biasAdd(w: CompositeWriter, { inputs }: Node): void {
  const [x, bias, skip] = inputs as [string, string, string];
  w.finish("Add", [w.op("Add", [x, bias]), skip]);
}
