// Matrix products: linear in each factor.

import { float, int, ints } from "../../model/attributes.ts";
import { floatAttribute, inputOf, intAttribute, type Node, outputOf } from "../../model/model.ts";
import { elementCount } from "../../model/tensor.ts";
import type { Emitter, Shape } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";

/** (AB)˙ = ȦB + AḂ, with NumPy's rules for vectors and batches. */
export const MatMul: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)];
    const [shapeA, shapeB] = [asMatrix(e.shape(a), "row"), asMatrix(e.shape(b), "column")];
    const rank = Math.max(shapeA.length, shapeB.length);
    // A vector factor counts as a matrix with one row or column, which the final reshape drops again.
    const primal = (name: string, shape: Shape): string =>
      e.shape(name).length === 1 ? e.op("Reshape", [name, e.int64(shape)]) : name;
    const moved = (tangent: string, name: string, shape: Shape): string =>
      e.align(e.shape(name).length === 1 ? e.reshape(tangent, shape) : tangent, shape, rank);
    const left = ta && e.op("MatMul", [moved(ta, a, shapeA), primal(b, shapeB)]);
    const right = tb && e.op("MatMul", [primal(a, shapeA), moved(tb, b, shapeB)]);
    const sum = given(e.add(left, right));
    const isMatrix = e.shape(a).length > 1 && e.shape(b).length > 1;
    return [isMatrix ? sum : e.reshape(sum, e.shape(outputOf(node, 0)))];
  },
  vjp: (e, node, [u], wanted) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)];
    const [shapeA, shapeB] = [asMatrix(e.shape(a), "row"), asMatrix(e.shape(b), "column")];
    const [m] = shapeA.slice(-2);
    const [n] = shapeB.slice(-1);
    const batch = e.shape(outputOf(node, 0)).slice(0, Math.max(shapeA.length, shapeB.length) - 2);
    const full = e.reshape(given(u), [...batch, m, n], e.shape(outputOf(node, 0)));
    return [
      wanted[0] ? e.reshape(matmulLeftAdjoint(e, full, b, shapeA, shapeB, batch), e.shape(a)) : undefined,
      wanted[1] ? e.reshape(matmulRightAdjoint(e, full, a, shapeA, shapeB, batch), e.shape(b)) : undefined,
    ];
  },
};

/** Ā = ȲBᵀ, summed over the batches that A was repeated for. */
function matmulLeftAdjoint(
  e: Emitter,
  u: string,
  b: string,
  shapeA: Shape,
  shapeB: Shape,
  batch: Shape,
): string {
  const result = [...batch, ...shapeA.slice(-2)];
  if (shapeB.length === 2) {
    // One product for all rows, with the weight as it is stored.
    const rows = e.mergeBatch(u, [elementCount(result) / shapeA.at(-1)!, shapeB[1]]);
    const weight = e.shape(b).length === 1 ? e.op("Reshape", [b, e.int64(shapeB)]) : b;
    return e.reduceTo(e.reshape(e.op("Gemm", [rows, weight], { transB: int(1) }), result), result, shapeA);
  }
  return e.reduceTo(e.op("MatMul", [u, transposed(e, b, shapeB)]), result, shapeA);
}

/** B̄ = AᵀȲ, summed over the batches that B was repeated for. */
function matmulRightAdjoint(
  e: Emitter,
  u: string,
  a: string,
  shapeA: Shape,
  shapeB: Shape,
  batch: Shape,
): string {
  const result = [...batch, ...shapeB.slice(-2)];
  return e.reduceTo(e.op("MatMul", [transposed(e, a, shapeA), u]), result, shapeB);
}

/** A primal matrix, or batch of matrices, with its last two axes exchanged. */
function transposed(e: Emitter, name: string, shape: Shape): string {
  const matrix = e.shape(name).length === 1 ? e.op("Reshape", [name, e.int64(shape)]) : name;
  const rank = shape.length;
  const axes = shape.map((_, i) => i);
  return e.op("Transpose", [matrix], { perm: ints([...axes.slice(0, -2), rank - 1, rank - 2]) });
}

function asMatrix(shape: Shape, vector: "row" | "column"): Shape {
  if (shape.length > 1) return shape;
  return vector === "row" ? [1, ...shape] : [...shape, 1];
}

/** y = α·A′B′ + β·C. */
export const Gemm: DerivativeRule = {
  jvp: (e, node, [ta, tb, tc]) => {
    const output = e.shape(outputOf(node, 0));
    const left = ta && gemmLeft(e, node, ta, output);
    const right = tb && gemmRight(e, node, tb);
    return [e.add(e.add(left, right), tc && gemmBias(e, node, tc, output))];
  },
  vjp: (e, node, [u], wanted) => {
    const beta = floatAttribute(node, "beta", 1);
    const bias = node.inputs[2];
    return [
      wanted[0] ? gemmLeftAdjoint(e, node, given(u)) : undefined,
      wanted[1] ? gemmRightAdjoint(e, node, given(u)) : undefined,
      wanted[2]
        ? scaled(e, e.reduceTo(given(u), e.shape(outputOf(node, 0)), e.shape(bias)), beta)
        : undefined,
    ];
  },
};

/** α·Ȧ′B′ as one product of k·M rows, so that the weight is read once for all tangents. */
function gemmLeft(e: Emitter, node: Node, tangent: string, output: Shape): string {
  const shape = e.shape(inputOf(node, 0));
  const rows = intAttribute(node, "transA", 0) ? e.transpose(tangent, [1, 0]) : tangent;
  const inner = intAttribute(node, "transA", 0) ? shape[0] : shape[1];
  const product = e.op("Gemm", [e.mergeBatch(rows, [output[0], inner]), node.inputs[1]], {
    alpha: float(floatAttribute(node, "alpha", 1)),
    transB: int(intAttribute(node, "transB", 0)),
  });
  return e.reshape(product, output);
}

/** α·A′Ḃ′. */
function gemmRight(e: Emitter, node: Node, tangent: string): string {
  const a = inputOf(node, 0);
  const left = intAttribute(node, "transA", 0) ? e.op("Transpose", [a]) : a;
  const right = intAttribute(node, "transB", 0) ? e.transpose(tangent, [1, 0]) : tangent;
  return scaled(e, e.op("MatMul", [left, right]), floatAttribute(node, "alpha", 1));
}

/** Ā′ = α·ȲB′ᵀ as one product of k·M rows. */
function gemmLeftAdjoint(e: Emitter, node: Node, u: string): string {
  const [m, n] = e.shape(outputOf(node, 0)) as [number, number];
  const shape = e.shape(inputOf(node, 0));
  const transA = intAttribute(node, "transA", 0);
  const product = e.op("Gemm", [e.mergeBatch(u, [m, n]), node.inputs[1]], {
    alpha: float(floatAttribute(node, "alpha", 1)),
    transB: int(1 - intAttribute(node, "transB", 0)),
  });
  const rows = e.reshape(product, [m, transA ? shape[0] : shape[1]]);
  return transA ? e.transpose(rows, [1, 0]) : rows;
}

/** B̄′ = α·A′ᵀȲ. */
function gemmRightAdjoint(e: Emitter, node: Node, u: string): string {
  const a = inputOf(node, 0);
  const left = intAttribute(node, "transA", 0) ? a : e.op("Transpose", [a], { perm: ints([1, 0]) });
  const product = scaled(e, e.op("MatMul", [left, u]), floatAttribute(node, "alpha", 1));
  return intAttribute(node, "transB", 0) ? e.transpose(product, [1, 0]) : product;
}

function gemmBias(e: Emitter, node: Node, tangent: string, output: Shape): string {
  const full = e.broadcast(tangent, e.shape(inputOf(node, 2)), output);
  return scaled(e, full, floatAttribute(node, "beta", 1));
}

function scaled(e: Emitter, tangent: string, factor: number): Exclude<Tangent, undefined> {
  return factor === 1 ? tangent : e.op("Mul", [tangent, e.scalar(factor)]);
}
