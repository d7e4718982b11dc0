// Conditions on the elements of a tensor, and those on the inputs of an operator that follow from one on its result.

import { broadcastShape, positiveAxis, type Shape } from "../derive/emitter.ts";
import { int, ints, string } from "../model/attributes.ts";
import { DataType, inputOf, intAttribute, intsAttribute, type Node, outputOf } from "../model/model.ts";
import { elementCount, int64Tensor, numericValues } from "../model/tensor.ts";
import { GraphEdit } from "./graph-edit.ts";

/** Operators each element of whose result depends on those at its place alone. */
const elementwise: ReadonlySet<string> = new Set([
  ...["Identity", "Cast", "Neg", "Abs", "Exp", "Log", "Sqrt", "Reciprocal", "Sin", "Cos", "Tan"],
  ...["Sinh", "Cosh", "Asin", "Acos", "Atan", "Asinh", "Acosh", "Atanh", "Erf", "Tanh", "Sigmoid"],
  ...["Softplus", "Softsign", "Relu", "LeakyRelu", "Elu", "Clip"],
  ...["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Expand"],
]);

const reductions: ReadonlySet<string> = new Set([
  ...["ReduceSum", "ReduceMean", "ReduceProd", "ReduceSumSquare", "ReduceL1", "ReduceL2"],
  ...["ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMin"],
]);

const reshaping: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

const softmaxes: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax"]);

/** Operators that take elements from constant places. */
const moving: ReadonlySet<string> = new Set(["Gather", "Slice"]);

const followed = [elementwise, reductions, reshaping, softmaxes, moving, new Set(["Transpose", "Concat"])];

/** Whether a condition on the result of an operator is followed to its inputs. */
export function isFollowed(opType: string): boolean {
  return followed.some((operators) => operators.has(opType));
}

export class Conditions extends GraphEdit {
  protected readonly negations: Map<string, string> = new Map();

  protected negated(condition: string): string {
    const known = this.negations.get(condition);
    if (known !== undefined) return known;
    const negation = this.logical("Not", condition);
    this.negations.set(condition, negation);
    return negation;
  }

  /** Where an input of a node matters, given where its result does. */
  protected ofInput(node: Node, index: number, condition: string): string {
    const [shape, result] = [this.shape(inputOf(node, index)), this.shape(outputOf(node, 0))];
    if (elementwise.has(node.opType)) return this.fitted(condition, shape);
    const full = this.add("Expand", [condition, this.int64(result)], result);
    if (reshaping.has(node.opType)) return this.reshape(full, shape);
    if (softmaxes.has(node.opType)) {
      const axis = positiveAxis(intAttribute(node, "axis", -1), shape.length);
      return this.fitted(full, keptShape(shape, [axis]));
    }
    if (node.opType === "Transpose") return this.#transposedBack(node, full, shape);
    if (node.opType === "Concat") return this.#partOf(node, index, full);
    if (moving.has(node.opType)) return this.#movedBack(node, full, shape);
    const isKept = intAttribute(node, "keepdims", 1) === 1;
    return isKept ? full : this.reshape(full, keptShape(shape, this.#reducedAxes(node, shape.length)));
  }

  #transposedBack(node: Node, condition: string, shape: Shape): string {
    const perm = intsAttribute(node, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
    return this.add("Transpose", [condition], shape, {
      perm: ints(shape.map((_, axis) => perm.indexOf(axis))),
    });
  }

  /** The part of a condition on a Concat that is on its input `index`. */
  #partOf(node: Node, index: number, condition: string): string {
    const shape = this.shape(inputOf(node, index));
    const axis = positiveAxis(intAttribute(node, "axis", 0), shape.length);
    const start = node.inputs.slice(0, index).reduce((sum, name) => sum + this.shape(name)[axis], 0);
    const bounds = [[start], [start + shape[axis]], [axis]].map((values) => this.int64(values));
    return this.add("Slice", [condition, ...bounds], shape);
  }

  /** The condition that holds for the elements of an input that Gather or Slice with constant operands moves there. */
  #movedBack(node: Node, condition: string, shape: Shape): string {
    const numbers = this.#asNumbers(condition);
    const zeros = this.add("Expand", [this.scalar(0, numbers), this.int64(shape)], shape);
    const count = this.constant(
      int64Tensor(
        "",
        Array.from({ length: elementCount(shape) }, (_, i) => i),
        shape,
      ),
    );
    const places = this.add(
      node.opType,
      [count, ...node.inputs.slice(1)],
      this.shape(condition),
      Object.fromEntries(node.attributes),
    );
    const [flat, from, values] = [zeros, places, numbers].map((name) => this.#flattened(name));
    const moved = this.add("ScatterElements", [flat, from, values], [elementCount(shape)], {
      reduction: string("max"),
    });
    return this.#truth(this.reshape(moved, shape), shape);
  }

  #reducedAxes(node: Node, rank: number): readonly number[] {
    const axes = this.constants.get(node.inputs[1] ?? "");
    const stated = axes ? numericValues(axes) : [];
    const all = Array.from({ length: rank }, (_, axis) => axis);
    if (stated.length > 0) return stated.map((axis) => positiveAxis(axis, rank));
    return intAttribute(node, "noop_with_empty_axes", 0) ? [] : all;
  }

  /** The condition that holds where it does for any of the elements that one of `shape` is broadcast to. */
  protected fitted(condition: string, shape: Shape): string {
    const from = this.shape(condition);
    const lead = Math.max(0, from.length - shape.length);
    const repeated = from
      .map((_, axis) => axis)
      .filter((axis) => axis < lead || (from[axis] > 1 && shape[axis + shape.length - from.length] === 1));
    if (repeated.length === 0) return condition;
    const numbers = this.#asNumbers(condition);
    const kept = keptShape(from, repeated);
    const any = this.add("ReduceMax", [numbers, this.int64(repeated)], kept);
    const truth = this.#truth(any, kept);
    return lead > 0 ? this.reshape(truth, kept.slice(lead)) : truth;
  }

  #flattened(name: string): string {
    return this.reshape(name, [elementCount(this.shape(name))]);
  }

  #asNumbers(condition: string): string {
    const to = { to: int(DataType.FLOAT) };
    return this.add("Cast", [condition], this.shape(condition), to, undefined, DataType.FLOAT);
  }

  #truth(numbers: string, shape: Shape): string {
    return this.add("Cast", [numbers], shape, { to: int(DataType.BOOL) }, undefined, DataType.BOOL);
  }

  protected logical(opType: "And" | "Or" | "Not", ...conditions: readonly string[]): string {
    return this.add(opType, conditions, conditions.map((name) => this.shape(name)).reduce(broadcastShape));
  }
}

/** `shape` with the extent 1 along `axes`. */
function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}
