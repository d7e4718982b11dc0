// The straight-through estimator: rules that take rounding to quantised levels for the identity between the smallest
// and the largest level, and for a constant beyond. They are no derivatives, and only there for who asks for them.
// Tangents of tensors of integers are floating-point numbers.

import { isFloat, largestFloat8 } from "../model/element-types.ts";
import { DataType, intAttribute, type Node, outputOf } from "../model/model.ts";
import type { Emitter } from "./emitter.ts";
import { positiveAxis } from "./emitter.ts";
import { Cast as convert } from "./ops/elementwise.ts";
import type { DerivativeRule } from "./rule.ts";
import { given } from "./tangent.ts";
import { Unsupported } from "./unsupported.ts";

/** Smallest and largest level of the types that hold quantised numbers. */
const levels: ReadonlyMap<number, readonly [number, number]> = new Map([
  [DataType.UINT8, [0, 255]],
  [DataType.INT8, [-128, 127]],
  [DataType.UINT16, [0, 65_535]],
  [DataType.INT16, [-32_768, 32_767]],
  [DataType.UINT4, [0, 15]],
  [DataType.INT4, [-8, 7]],
  ...Array.from(largestFloat8, ([type, value]) => [type, [-value, value]] as const),
]);

/** A rule that multiplies by the same factor forwards and in reverse: only the first input and output count. */
function scaled(factor: (e: Emitter, node: Node) => string): DerivativeRule {
  return {
    jvp: (e, node, [t]) => [t && e.op("Mul", [t, factor(e, node)])],
    vjp: (e, node, [u]) => [u && e.op("Mul", [u, factor(e, node)])],
  };
}

/** The scale, aligned with the data where there is one for every channel. */
function alignedScale(e: Emitter, node: Node): string {
  const [data, scale] = node.inputs as [string, string];
  if (intAttribute(node, "block_size", 0) > 0) {
    throw new Unsupported("it has a scale for every block; use the model before quantisation");
  }
  return aligned(e, node, data, scale);
}

function aligned(e: Emitter, node: Node, data: string, vector: string): string {
  const [count] = e.shape(vector);
  if (count === undefined) return vector;
  if (count === 1) return e.op("Squeeze", [vector]);
  const rank = e.shape(data).length;
  const axis = positiveAxis(intAttribute(node, "axis", 1), rank);
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? count : 1));
  return e.op("Reshape", [vector, e.int64(shape)]);
}

/** round(x/s) + z, held between the levels: 1/s between them, 0 beyond. Scale and zero point count as constants. */
const quantize: DerivativeRule = scaled((e, node) => {
  const [x, , zero] = node.inputs as [string, string, string?];
  const bounds = levels.get(e.dataType(outputOf(node, 0)));
  if (!bounds) {
    throw new Unsupported(
      "its levels are not those of an integer of 16 bits at most or of a float8; use the model before quantisation",
    );
  }
  const scale = alignedScale(e, node);
  const level = e.op("Round", [e.op("Div", [x, scale])]);
  const shift =
    zero && e.op("Cast", [aligned(e, node, x, zero)], { to: { type: "int", value: DataType.FLOAT } });
  const shifted = shift ? e.op("Add", [level, shift]) : level;
  const isInside = e.op("And", [
    e.op("GreaterOrEqual", [shifted, e.scalar(bounds[0])]),
    e.op("LessOrEqual", [shifted, e.scalar(bounds[1])]),
  ]);
  return e.op("Div", [e.toFloat(isInside), scale]);
});

/** (q − z)·s, which is exact. */
const dequantize: DerivativeRule = scaled(alignedScale);

/** Its range is that of the data, so that nothing lies beyond; scale and zero point count as constants. */
const dynamicQuantize: DerivativeRule = scaled((e, node) => e.op("Reciprocal", [outputOf(node, 1)]));

/** Between integers, and from them, what the estimator gave them passes. */
const cast: DerivativeRule = {
  jvp: (e, node, tangents) => (isOfIntegers(e, node) ? [tangents[0]] : convert.jvp(e, node, tangents)),
  vjp: (e, node, cotangents, wanted) =>
    isOfIntegers(e, node) ? [given(cotangents[0])] : convert.vjp(e, node, cotangents, wanted),
};

function isOfIntegers(e: Emitter, node: Node): boolean {
  return !isFloat(e.dataType(node.inputs[0]));
}

/** By operator. */
export const straightThroughRules: ReadonlyMap<string, DerivativeRule> = new Map([
  ["QuantizeLinear", quantize],
  ["DequantizeLinear", dequantize],
  ["DynamicQuantizeLinear", dynamicQuantize],
  ["Cast", cast],
]);

/** What is said of a node with such a rule. */
export const ESTIMATE =
  "rounds to quantised levels, which the derivative passes as it passes the identity between the smallest and the largest (straight-through estimator)";

/** Whether the node rounds and has the estimator for a derivative. */
export function isEstimated(rule: DerivativeRule | undefined): boolean {
  return rule === quantize || rule === dynamicQuantize;
}
