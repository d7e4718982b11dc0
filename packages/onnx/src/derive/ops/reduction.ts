// Reductions over axes, in the form of opset 18: the axes are an input.

import { int, ints } from "../../model/attributes.ts";
import { inputOf, intAttribute, type Node, outputOf } from "../../model/model.ts";
import { type Emitter, positiveAxis, sign } from "../emitter.ts";
import { productOfOthers } from "../products.ts";
import type { DerivativeRule } from "../rule.ts";
import { kinked } from "../singular.ts";
import { given } from "../tangent.ts";

/** Axes reduced, counted from the front; empty when the operator does nothing. */
function reducedAxes(e: Emitter, node: Node): number[] {
  const rank = e.shape(inputOf(node, 0)).length;
  const axes = e.constantInput(node, 1) ?? [];
  if (axes.length > 0) return axes.map((axis) => positiveAxis(axis, rank));
  return intAttribute(node, "noop_with_empty_axes", 0) ? [] : Array.from({ length: rank }, (_, i) => i);
}

function reduceTangent(e: Emitter, node: Node, opType: string, tangent: string): string {
  const axes = reducedAxes(e, node).map((axis) => axis + 1);
  if (axes.length === 0) return tangent;
  return e.op(opType, [tangent, e.int64(axes)], { keepdims: int(intAttribute(node, "keepdims", 1)) });
}

/** Cotangent of the reduced shape repeated over the axes that were reduced. */
function repeated(e: Emitter, node: Node, cotangent: string): string {
  const shape = e.shape(inputOf(node, 0));
  const axes = reducedAxes(e, node);
  const kept = shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
  const aligned = intAttribute(node, "keepdims", 1) ? cotangent : e.reshape(cotangent, kept);
  return e.broadcast(aligned, kept, shape);
}

export const ReduceSum: DerivativeRule = {
  jvp: (e, node, [t]) => [reduceTangent(e, node, "ReduceSum", given(t))],
  vjp: (e, node, [u]) => [repeated(e, node, given(u))],
};

export const ReduceMean: DerivativeRule = {
  jvp: (e, node, [t]) => [reduceTangent(e, node, "ReduceMean", given(t))],
  vjp: (e, node, [u]) => {
    const shape = e.shape(inputOf(node, 0));
    const count = reducedAxes(e, node).reduce((product, axis) => product * shape[axis], 1);
    return [repeated(e, node, e.op("Div", [u, e.scalar(count)]))];
  },
};

/** y = Σx², ẏ = 2Σxẋ. */
export const ReduceSumSquare: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const terms = e.op("Mul", [e.op("Mul", [t, node.inputs[0]]), e.scalar(2)]);
    return [reduceTangent(e, node, "ReduceSum", terms)];
  },
  vjp: (e, node, [u]) => {
    const doubled = e.op("Mul", [node.inputs[0], e.scalar(2)]);
    return [e.op("Mul", [repeated(e, node, given(u)), doubled])];
  },
};

/** y = √Σx², ẏ = Σxẋ / y; 0 where y is 0, as PyTorch has it. */
export const ReduceL2: DerivativeRule = weighted((e, node) => {
  const x = inputOf(node, 0);
  const length = spread(e, node, outputOf(node, 0));
  const direction = e.op("Div", [x, length]);
  if (e.signs.isPositive(x)) return direction;
  return kinked(e, length, Math.max(1, e.signs.orderAtZero(x)), direction);
});

/** y = Σ|x|. */
export const ReduceL1: DerivativeRule = weighted((e, node) => sign(e, inputOf(node, 0)));

/** y = ln Σx, ẏ = Σẋ / Σx. */
export const ReduceLogSum: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const sum = reduceTangent(e, node, "ReduceSum", given(t));
    return [e.op("Div", [sum, e.op("Exp", [node.outputs[0]])])];
  },
  vjp: (e, node, [u]) => [repeated(e, node, e.op("Div", [u, e.op("Exp", [node.outputs[0]])]))],
};

/** y = ln Σeˣ, ẏ = Σ eˣ⁻ʸ·ẋ. */
export const ReduceLogSumExp: DerivativeRule = weighted((e, node) =>
  e.op("Exp", [e.op("Sub", [node.inputs[0], spread(e, node, outputOf(node, 0))])]),
);

/** The tangents where the extremum is taken, their mean where several elements share it. */
const extremum: DerivativeRule = weighted((e, node) => {
  const axes = reducedAxes(e, node);
  if (axes.length === 0) return e.scalar(1);
  const taken = e.op("Equal", [node.inputs[0], spread(e, node, outputOf(node, 0))]);
  const share = e.op("Where", [taken, e.scalar(1), e.scalar(0)]);
  return e.op("Div", [share, e.op("ReduceSum", [share, e.int64(axes)])]);
});

export const ReduceMax: DerivativeRule = extremum;
export const ReduceMin: DerivativeRule = extremum;

/** y = Πx: every tangent times the product of the other elements. */
export const ReduceProd: DerivativeRule = weighted((e, node) => {
  const x = inputOf(node, 0);
  const axes = reducedAxes(e, node);
  if (axes.length === 0) return e.scalar(1);
  const shape = e.shape(x);
  const order = [...shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)));
  const count = axes.reduce((product, axis) => product * shape[axis], 1);
  const rows = e.op("Reshape", [e.op("Transpose", [x], { perm: ints(order) }), e.int64([-1, count])]);
  const others = e.op("Reshape", [
    productOfOthers(e, rows, count),
    e.int64(order.map((axis) => shape[axis])),
  ]);
  return e.op("Transpose", [others], { perm: ints([...shape.keys()].map((axis) => order.indexOf(axis))) });
});

/** ẏ = Σ weight·ẋ with a weight of the shape of x; its adjoint repeats ȳ and weighs it. */
function weighted(weight: (e: Emitter, node: Node) => string): DerivativeRule {
  return {
    jvp: (e, node, [t]) => [reduceTangent(e, node, "ReduceSum", e.op("Mul", [t, weight(e, node)]))],
    vjp: (e, node, [u]) => [e.op("Mul", [repeated(e, node, given(u)), weight(e, node)])],
  };
}

/** A primal tensor of the reduced shape, with the reduced axes as extents of 1. */
function spread(e: Emitter, node: Node, reduced: string): string {
  if (intAttribute(node, "keepdims", 1)) return reduced;
  const axes = reducedAxes(e, node);
  const kept = e.shape(inputOf(node, 0)).map((extent, i) => (axes.includes(i) ? 1 : extent));
  return e.op("Reshape", [reduced, e.int64(kept)]);
}
