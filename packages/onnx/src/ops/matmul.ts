// Matrix products: linear in each factor.

import { float, int } from "../attributes.ts";
import type { Emitter, Shape } from "../emitter.ts";
import { floatAttribute, intAttribute, type Node } from "../model.ts";
import type { DerivativeRule, Tangent } from "../rule.ts";

/** (AB)˙ = ȦB + AḂ, with NumPy's rules for vectors and batches. */
export const MatMul: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const [a, b] = [node.inputs[0]!, node.inputs[1]!];
    const [shapeA, shapeB] = [asMatrix(e.shape(a), "row"), asMatrix(e.shape(b), "column")];
    const rank = Math.max(shapeA.length, shapeB.length);
    // A vector factor counts as a matrix with one row or column, which the final reshape drops again.
    const primal = (name: string, shape: Shape): string =>
      e.shape(name).length === 1 ? e.op("Reshape", [name, e.int64(shape)]) : name;
    const moved = (tangent: string, name: string, shape: Shape): string =>
      e.align(e.shape(name).length === 1 ? e.reshape(tangent, shape) : tangent, shape, rank);
    const left = ta && e.op("MatMul", [moved(ta, a, shapeA), primal(b, shapeB)]);
    const right = tb && e.op("MatMul", [primal(a, shapeA), moved(tb, b, shapeB)]);
    const sum = e.add(left, right)!;
    const isMatrix = e.shape(a).length > 1 && e.shape(b).length > 1;
    return [isMatrix ? sum : e.reshape(sum, e.shape(node.outputs[0]!))];
  },
};

function asMatrix(shape: Shape, vector: "row" | "column"): Shape {
  if (shape.length > 1) return shape;
  return vector === "row" ? [1, ...shape] : [...shape, 1];
}

/** y = α·A′B′ + β·C. */
export const Gemm: DerivativeRule = {
  jvp: (e, node, [ta, tb, tc]) => {
    const output = e.shape(node.outputs[0]!);
    const left = ta && gemmLeft(e, node, ta, output);
    const right = tb && gemmRight(e, node, tb);
    return [e.add(e.add(left, right), tc && gemmBias(e, node, tc, output))];
  },
};

/** α·Ȧ′B′ as one product of k·M rows, so that the weight is read once for all tangents. */
function gemmLeft(e: Emitter, node: Node, tangent: string, output: Shape): string {
  const shape = e.shape(node.inputs[0]!);
  const rows = intAttribute(node, "transA", 0) ? e.transpose(tangent, [1, 0]) : tangent;
  const inner = intAttribute(node, "transA", 0) ? shape[0]! : shape[1]!;
  const product = e.op("Gemm", [e.op("Reshape", [rows, e.int64([-1, inner])]), node.inputs[1]], {
    alpha: float(floatAttribute(node, "alpha", 1)),
    transB: int(intAttribute(node, "transB", 0)),
  });
  return e.reshape(product, output);
}

/** α·A′Ḃ′. */
function gemmRight(e: Emitter, node: Node, tangent: string): string {
  const a = node.inputs[0]!;
  const left = intAttribute(node, "transA", 0) ? e.op("Transpose", [a]) : a;
  const right = intAttribute(node, "transB", 0) ? e.transpose(tangent, [1, 0]) : tangent;
  return scaled(e, e.op("MatMul", [left, right]), floatAttribute(node, "alpha", 1));
}

function gemmBias(e: Emitter, node: Node, tangent: string, output: Shape): string {
  const full = e.broadcast(tangent, e.shape(node.inputs[2]!), output);
  return scaled(e, full, floatAttribute(node, "beta", 1));
}

function scaled(e: Emitter, tangent: string, factor: number): Exclude<Tangent, undefined> {
  return factor === 1 ? tangent : e.op("Mul", [tangent, e.scalar(factor)]);
}
