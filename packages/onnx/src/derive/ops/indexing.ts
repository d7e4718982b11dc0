// Operators that pick elements by index or put them in place by index, and TopK. Whatever the operator, the
// data is a list of rows and the indices name rows of it, so that picking is one Gather and its adjoint adds
// rows up. Indices may depend on the point: they are piecewise constant.

import { int } from "../../model/attributes.ts";
import { DataType, inputOf, intAttribute, type Node, outputOf, stringAttribute } from "../../model/model.ts";
import { elementCount } from "../../model/tensor.ts";
import { type Emitter, positiveAxis, type Shape } from "../emitter.ts";
import { addRows, type Picked, padTo, scatterRows, takeRows, tangentAxis } from "../rows.ts";
import type { DerivativeRule } from "../rule.ts";
import { given } from "../tangent.ts";
import { Unsupported } from "../unsupported.ts";

/** Indices with the negative ones counted from the end of `extents`, which broadcast against them. */
function counted(e: Emitter, indices: string, extents: string): string {
  const wide = e.op("Cast", [indices], { to: int(DataType.INT64) });
  return e.op("Where", [e.op("Less", [wide, e.int64([0])]), e.op("Add", [wide, extents]), wide]);
}

/** Distance between neighbours along every axis of a row-major tensor. */
function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/** Elements of `data` that `indices`, a tensor of the same rank, names along one axis. */
function elementsAlong(e: Emitter, data: Shape, indices: string, shape: Shape, stated: number): Picked {
  const axis = positiveAxis(stated, data.length);
  const strides = stridesOf(data);
  const along = counted(e, indices, e.int64([data[axis]]));
  let flat = e.op("Mul", [along, e.int64([strides[axis]])]);
  // Along the other axes an index stays where it is.
  shape.forEach((extent, i) => {
    if (i === axis || extent === 1) return;
    const steps = Array.from({ length: extent }, (_, j) => j * strides[i]);
    const kept = e.op("Reshape", [e.int64(steps), e.int64(shape.map((_, j) => (j === i ? -1 : 1)))]);
    flat = e.op("Add", [flat, kept]);
  });
  const positions = e.op("Reshape", [flat, e.int64([-1])]);
  return { outer: 1, rows: elementCount(data), size: 1, count: elementCount(shape), positions };
}

/** {@link elementsAlong} by the node's own indices and axis. */
function elementsNamed(e: Emitter, node: Node): Picked {
  const [data, indices] = [e.shape(inputOf(node, 0)), inputOf(node, 1)];
  return elementsAlong(e, data, indices, e.shape(indices), intAttribute(node, "axis", 0));
}

/** Slices of `data` that the last axis of `indices` names by their leading coordinates. */
function slicesAt(e: Emitter, data: Shape, indices: string, batchDims = 0): Picked {
  const shape = e.shape(indices);
  const [depth] = shape.slice(-1);
  const extents = data.slice(batchDims, batchDims + depth);
  const tuples = counted(e, indices, e.int64(extents));
  const each = e.op("Reshape", [tuples, e.int64([elementCount(data.slice(0, batchDims)), -1, depth])]);
  const flat = e.op("ReduceSum", [e.op("Mul", [each, e.int64(stridesOf(extents))]), e.int64([-1])], {
    keepdims: int(0),
  });
  const batches = Array.from({ length: elementCount(data.slice(0, batchDims)) }, (_, i) => i);
  const starts = e.int64(batches.map((i) => i * elementCount(extents)));
  const positions = e.op("Reshape", [
    e.op("Add", [flat, e.op("Reshape", [starts, e.int64([-1, 1])])]),
    e.int64([-1]),
  ]);
  const size = elementCount(data.slice(batchDims + depth));
  const rows = elementCount(data.slice(0, batchDims + depth));
  return { outer: 1, rows, size, count: elementCount(shape.slice(0, -1)), positions };
}

/** The rule of an operator that picks: its tangents are picked alike. */
function picking(pick: (e: Emitter, node: Node) => Picked): DerivativeRule {
  return {
    jvp: (e, node, [t]) => [e.reshape(takeRows(e, given(t), pick(e, node)), e.shape(outputOf(node, 0)))],
    vjp: (e, node, [u]) => [e.reshape(addRows(e, given(u), pick(e, node)), e.shape(inputOf(node, 0)))],
  };
}

export const GatherElements: DerivativeRule = picking(elementsNamed);

export const GatherND: DerivativeRule = picking((e, node) =>
  slicesAt(e, e.shape(inputOf(node, 0)), inputOf(node, 1), intAttribute(node, "batch_dims", 0)),
);

export const Gather: DerivativeRule = {
  jvp: (e, node, [t]) => [e.op("Gather", [t, node.inputs[1]], { axis: int(tangentAxis(e, node, 0)) })],
  vjp: (e, node, [u]) => {
    const [data, indices] = [inputOf(node, 0), inputOf(node, 1)];
    const shape = e.shape(data);
    const axis = tangentAxis(e, node, 0) - 1;
    const [rows, count] = [shape[axis], elementCount(e.shape(indices))];
    // Indices of any shape are one list along the gathered axis.
    const listed = [...shape.slice(0, axis), count, ...shape.slice(axis + 1)];
    if (e.isConstant(indices)) {
      const positions = e.requiredConstant(node, 1);
      const padded = padTo(e, e.reshape(given(u), listed), listed, axis, positions, rows);
      if (padded) return [padded];
    }
    const sum = addRows(e, given(u), {
      outer: elementCount(shape.slice(0, axis)),
      rows,
      size: elementCount(shape.slice(axis + 1)),
      count,
      positions: e.op("Reshape", [counted(e, indices, e.int64([rows])), e.int64([-1])]),
    });
    return [e.reshape(sum, shape)];
  },
};

/** The largest or smallest elements: their tangents are picked by the indices that the operator returns. */
export const TopK: DerivativeRule = picking((e, node) => {
  const attributes = Object.fromEntries(node.attributes);
  const indices = node.outputs[1] || e.ops("TopK", node.inputs, attributes, 2)[1];
  const [data, shape] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
  return elementsAlong(e, data, indices, shape, intAttribute(node, "axis", -1));
});

/**
 * The rule of an operator that puts updates in place. With any reduction it is ẏ = a·ẋ + the sum of b·u̇ over
 * the updates u of an element, so that only the weights a and b differ.
 */
function placing(pick: (e: Emitter, node: Node) => Picked): DerivativeRule {
  return {
    jvp: (e, node, [tData, , tUpdates]) => {
      const picked = pick(e, node);
      const weights = weightsOf(e, node, picked);
      const { rows, size, count } = picked;
      const kept = tData && weighed(e, e.reshape(tData, [1, rows, size]), weights.data);
      const put =
        tUpdates && addRows(e, weighed(e, e.reshape(tUpdates, [1, count, size]), weights.updates), picked);
      const shape = e.shape(outputOf(node, 0));
      return [e.add(kept && e.reshape(kept, shape), put && e.reshape(put, shape))];
    },
    vjp: (e, node, [u], wanted) => {
      const picked = pick(e, node);
      const weights = weightsOf(e, node, picked);
      const { rows, size } = picked;
      const toData = (): string => weighed(e, e.reshape(given(u), [1, rows, size]), weights.data);
      const toUpdates = (): string => weighed(e, takeRows(e, given(u), picked), weights.updates);
      return [
        wanted[0] ? e.reshape(toData(), e.shape(inputOf(node, 0))) : undefined,
        undefined,
        wanted[2] ? e.reshape(toUpdates(), e.shape(inputOf(node, 2))) : undefined,
      ];
    },
  };
}

function weighed(e: Emitter, t: string, weight: string | undefined): string {
  return weight === undefined ? t : e.op("Mul", [t, weight]);
}

/** ∂y/∂data `[rows, size]` and ∂y/∂updates `[count, size]`, or what broadcasts to them; undefined: 1. */
interface Weights {
  readonly data?: string;
  readonly updates?: string;
}

function weightsOf(e: Emitter, node: Node, { rows, size, count, positions }: Picked): Weights {
  const reduction = stringAttribute(node, "reduction", "none");
  if (reduction === "add") return {};
  const filled = (value: number, shape: Shape): string => e.op("Expand", [e.scalar(value), e.int64(shape)]);
  if (reduction === "none") {
    return {
      data: scatterRows(e, filled(1, [rows, 1]), positions, filled(0, [count, 1]), "none"),
      updates: lastOnes(e, filled(-1, [rows, 1]), positions, count),
    };
  }
  const data = e.op("Reshape", [node.inputs[0], e.int64([rows, size])]);
  const updates = e.op("Reshape", [node.inputs[2], e.int64([count, size])]);
  const at = (tensor: string): string => e.op("Gather", [tensor, positions], { axis: int(0) });
  if (reduction === "mul") {
    const product = scatterRows(e, filled(1, [rows, size]), positions, updates, "mul");
    const others = productOfRivals(e, updates, positions, { size, count });
    return { data: product, updates: e.op("Mul", [at(data), others]) };
  }
  if (reduction === "max" || reduction === "min") {
    // The derivative goes where the extremum is, in equal shares.
    const result = e.op("Reshape", [node.outputs[0], e.int64([rows, size])]);
    const [fromData, fromUpdates] = [
      e.toFloat(e.op("Equal", [data, result])),
      e.toFloat(e.op("Equal", [updates, at(result)])),
    ];
    const sharers = scatterRows(e, fromData, positions, fromUpdates, "add");
    return { data: e.op("Div", [fromData, sharers]), updates: e.op("Div", [fromUpdates, at(sharers)]) };
  }
  throw new Unsupported(`its reduction "${reduction}" is not known`);
}

/** 1 for the updates that stay, [count, 1], 0 for those that a later one of the same element takes the place of. */
function lastOnes(e: Emitter, none: string, positions: string, count: number): string {
  const all = e.op("Range", [e.int64Scalar(0), e.int64Scalar(count), e.int64Scalar(1)]);
  const numbers = e.op("Reshape", [e.toFloat(all), e.int64([count, 1])]);
  const indices = e.op("Reshape", [positions, e.int64([count, 1])]);
  // One after the other, as engines write elements; ScatterND may write in any order.
  const last = e.op("ScatterElements", [none, indices, numbers], { axis: int(0) });
  return e.toFloat(e.op("Equal", [e.op("Gather", [last, positions], { axis: int(0) }), numbers]));
}

/**
 * For every update [count, size] the product of the others of the same element: no division, since they may be zero.
 */
function productOfRivals(
  e: Emitter,
  updates: string,
  positions: string,
  { size, count }: Pick<Picked, "size" | "count">,
): string {
  const pairs = (list: string): string => {
    const [column, row] = [
      [-1, 1, 1],
      [1, -1, 1],
    ].map((shape) => e.op("Reshape", [list, e.int64(shape)]));
    return e.op("Equal", [column, row]);
  };
  const isItself = pairs(e.int64(Array.from({ length: count }, (_, i) => i)));
  const isRival = e.op("And", [pairs(positions), e.op("Not", [isItself])]);
  const factors = e.op("Reshape", [updates, e.int64([1, count, size])]);
  const rivals = e.op("Where", [isRival, factors, e.scalar(1)]);
  return e.op("ReduceProd", [rivals, e.int64([1])], { keepdims: int(0) });
}

export const ScatterElements: DerivativeRule = placing(elementsNamed);

export const ScatterND: DerivativeRule = placing((e, node) =>
  slicesAt(e, e.shape(inputOf(node, 0)), inputOf(node, 1)),
);
