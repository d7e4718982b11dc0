// Writes derivative nodes into a graph: fresh names, shared constants, common subexpressions once, and
// the few shape manoeuvres that tangents [k, ...S] need.

import { int, ints, makeNode } from "../model/attributes.ts";
import { isFloat, tangentType } from "../model/element-types.ts";
import { type Attribute, DataType, type Node, type Tensor } from "../model/model.ts";
import type { NameSupply } from "../model/names.ts";
import { float32Tensor, float64Tensor, int64Tensor, numericValues } from "../model/tensor.ts";
import { infoOf, type MeasuredGraph, type TensorInfo } from "./measured-graph.ts";
import { Signs } from "./signs.ts";
import type { Tangent } from "./tangent.ts";
import { Unsupported } from "./unsupported.ts";

export type Shape = readonly number[];

/** Which operators derivatives may be written in. */
export interface DerivativeOptions {
  /**
   * Keeps to operators that every engine runs on its accelerator: no MaxPool with Indices, which WebGPU
   * lacks, at the price of some more arithmetic. Default `false`.
   */
  readonly portable?: boolean | undefined;
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** Extents of what tensors of two shapes become together. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const extent = (shape: Shape, i: number): number => shape[shape.length - rank + i] ?? 1;
  return Array.from({ length: rank }, (_, i) => (extent(a, i) === 1 ? extent(b, i) : extent(a, i)));
}

/** Axis counted from the front; ONNX allows negative ones. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** −1, 0 or 1 by two comparisons: some engines run Sign on the CPU only. */
export function sign(e: Emitter, x: string): string {
  const [zero, one] = [e.scalar(0), e.scalar(1)];
  const positive = e.op("Where", [e.op("Greater", [x, zero]), one, zero]);
  return e.op("Sub", [positive, e.op("Where", [e.op("Less", [x, zero]), one, zero])]);
}

/**
 * Writes the nodes of a derivative graph: rules of operators call it for what they need, and it names the
 * results. Tangents and cotangents of a tensor of shape S have shape `[k, ...S]`.
 */
export class Emitter {
  /** The nodes emitted so far, in an order in which they can run. */
  readonly nodes: Node[] = [];
  /** The constants that they use. */
  readonly initializers: Tensor[] = [];
  readonly #memo = new Map<string, readonly string[]>();
  /** Whether to keep to operators that every engine runs on its accelerator. */
  readonly portable: boolean;
  readonly #info: ReadonlyMap<string, TensorInfo>;
  readonly #constants: ReadonlyMap<string, Tensor>;
  /** Gives names that no tensor of the graph has. */
  readonly names: NameSupply;
  /** What the form of the primal graph says of its values. */
  readonly signs: Signs;
  /** The primal node that each emitted tensor belongs to. */
  readonly origins: Map<string, Node> = new Map();
  /** Shapes of emitted tensors that engines do not find: what a Reshape makes of k, and weights of convolutions. */
  readonly shapes: Map<string, readonly (number | string)[]> = new Map();
  #current: Node | undefined;
  /** A tensor whose first axis is k. */
  readonly #reference: string;
  /** Element type of the constants that rules ask for; a graph may change it by Cast. */
  #floatType: number;

  constructor(
    graph: MeasuredGraph,
    names: NameSupply,
    reference: { readonly name: string; readonly like: string },
    { portable = false }: DerivativeOptions,
  ) {
    this.#info = graph.info;
    this.#constants = graph.constants;
    this.names = names;
    this.signs = new Signs(graph);
    this.#reference = reference.name;
    this.#floatType = infoOf(graph, reference.like).dataType;
    this.portable = portable;
  }

  /** Turns to another primal node: constants asked for from now on have the type of its result. */
  turnTo(node: Node): void {
    this.#current = node;
    const dataType = this.#info.get(node.outputs[0])?.dataType;
    if (dataType !== undefined && isFloat(dataType)) this.#floatType = tangentType(dataType);
  }

  /** Adds a node with one output and returns its name; an equal node is reused. */
  op(opType: string, inputs: readonly Tangent[], attributes: Record<string, Attribute> = {}): string {
    return this.ops(opType, inputs, attributes, 1)[0];
  }

  /** Adds a node with `count` outputs. */
  ops(
    opType: string,
    inputs: readonly Tangent[],
    attributes: Record<string, Attribute>,
    count: number,
  ): readonly string[] {
    const named = inputs.map((input) => input ?? "");
    while (named.at(-1) === "") named.pop();
    const key = `${opType} ${count} ${JSON.stringify(named)} ${JSON.stringify(attributes)}`;
    let outputs = this.#memo.get(key);
    if (!outputs) {
      outputs = Array.from({ length: count }, () => this.names.claim(`d_${opType}`));
      this.#memo.set(key, outputs);
      this.nodes.push(makeNode(opType, named, outputs, attributes));
      if (this.#current) for (const output of outputs) this.origins.set(output, this.#current);
    }
    return outputs;
  }

  /** Shape of a primal tensor, batch axis included. */
  shape(name: string): Shape {
    const info = this.#info.get(name);
    if (!info) throw new Unsupported(`the shape of "${name}" is not known`);
    return info.shape;
  }

  /** Values of an input that must not depend on the point; undefined where the input is left out. */
  constantInput(node: Node, index: number): number[] | undefined {
    const name = node.inputs[index];
    if (!name) return undefined;
    const tensor = this.#constants.get(name);
    if (!tensor) throw new Unsupported(`its input ${index} ("${name}") depends on the point`);
    return numericValues(tensor);
  }

  /** Those of an input that the operator cannot do without. */
  requiredConstant(node: Node, index: number): number[] {
    const values = this.constantInput(node, index);
    if (!values) throw new Unsupported(`its input ${index} is left out`);
    return values;
  }

  /** Whether a tensor does not depend on the point. */
  isConstant(name: string): boolean {
    return this.#constants.has(name);
  }

  /** Name of a constant of integers, `[values.length]`. */
  int64(values: readonly number[]): string {
    return this.#constant(`i ${values}`, (name) => int64Tensor(name, values));
  }

  /** Name of a constant that is one integer, of shape `[]`. */
  int64Scalar(value: number): string {
    return this.#constant(`i ${value} []`, (name) => int64Tensor(name, [value], []));
  }

  /** A constant of the current node's floating-point type. */
  float(values: readonly number[], dims: Shape = [values.length]): string {
    const make = this.#floatType === DataType.DOUBLE ? float64Tensor : float32Tensor;
    return this.#constant(`f${this.#floatType} ${values} [${dims}]`, (name) => make(name, values, dims));
  }

  /** Name of a constant that is one number of the model's floating-point type, of shape `[]`. */
  scalar(value: number): string {
    return this.float([value], []);
  }

  /** A floating-point tangent in another precision. */
  castTo(tangent: string, dataType: number): string {
    return dataType === this.#floatType ? tangent : this.op("Cast", [tangent], { to: int(dataType) });
  }

  /** A truth value as 0 or 1 of the current node's floating-point type. */
  toFloat(condition: string): string {
    return this.op("Cast", [condition], { to: int(this.#floatType) });
  }

  /** A float32 constant whatever the node's type: Resize's scales are always float32. */
  float32(values: readonly number[]): string {
    return this.#constant(`s ${values}`, (name) => float32Tensor(name, values, [values.length]));
  }

  // Tangents -------------------------------------------------------------------------------------------

  /** Sum of two tangents of equal shape, either of which may be zero. */
  add(a: Tangent, b: Tangent): Tangent {
    if (a === undefined) return b;
    return b === undefined ? a : this.op("Add", [a, b]);
  }

  /** Tangent reshaped to [k, ...shape]; itself where it is known to have that shape, as when it is [k, ...from]. */
  reshape(tangent: string, shape: Shape, from?: Shape): string {
    const [k, ...known] = this.shapes.get(tangent) ?? [];
    if ((from && sameShape(from, shape)) || (k === "k" && sameShape(known as Shape, shape))) return tangent;
    const result = this.op("Reshape", [tangent, this.int64([-1, ...shape])]);
    this.shapes.set(result, ["k", ...shape]);
    return result;
  }

  /** Tangent of a batched tensor [N, ...] with k merged into the batch: [k·N, ...]. */
  mergeBatch(tangent: string, shape: Shape): string {
    const [count, ...rest] = shape;
    const result = this.op("Reshape", [tangent, this.int64([-1, ...rest])]);
    this.shapes.set(result, [count === 1 ? "k" : `k*${count}`, ...rest]);
    return result;
  }

  /** Tangent [k, ...from] aligned for broadcasting against primal tensors of rank `rank`. */
  align(tangent: string, from: Shape, rank: number): string {
    if (from.length >= rank) return tangent;
    return this.reshape(tangent, [...Array(rank - from.length).fill(1), ...from]);
  }

  /** Tangent [k, ...from] broadcast to [k, ...to]. */
  broadcast(tangent: string, from: Shape, to: Shape): string {
    if (sameShape(from, to)) return tangent;
    return this.op("Expand", [this.align(tangent, from, to.length), this.int64([1, ...to])]);
  }

  /** The zero tangent [k, ...shape], for operators that cannot leave one out. */
  zeros(shape: Shape): string {
    const k = this.op("Slice", [this.op("Shape", [this.#reference]), this.int64([0]), this.int64([1])]);
    const full = this.op("Concat", [k, this.int64(shape)], { axis: int(0) });
    return this.op("Expand", [this.scalar(0), full]);
  }

  /** Sum over `axes` of the primal shape, kept as extents of 1. */
  sumKeep(tangent: string, axes: readonly number[]): string {
    return this.op("ReduceSum", [tangent, this.int64(axes.map((axis) => axis + 1))], { keepdims: int(1) });
  }

  /** Mean over `axes` of the primal shape, kept as extents of 1. */
  meanKeep(tangent: string, axes: readonly number[]): string {
    return this.op("ReduceMean", [tangent, this.int64(axes.map((axis) => axis + 1))], { keepdims: int(1) });
  }

  /** Cotangent [k, ...from] of a tensor that was broadcast from `to`: summed over what was repeated. */
  reduceTo(cotangent: string, from: Shape, to: Shape): string {
    if (sameShape(from, to)) return cotangent;
    const lead = from.length - to.length;
    const repeated = from.map((_, i) => i).filter((i) => i < lead || (to[i - lead] === 1 && from[i] !== 1));
    const sum = repeated.length > 0 ? this.sumKeep(cotangent, repeated) : cotangent;
    return lead > 0 ? this.reshape(sum, to) : sum;
  }

  /** Cotangent [k, ...shape] times the constant matrix `m` [shape[axis], n] along one axis. */
  alongAxis(cotangent: string, shape: Shape, axis: number, m: string): string {
    const last = shape.length - 1;
    if (axis === last) return this.op("MatMul", [cotangent, m]);
    const swap = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    return this.transpose(this.op("MatMul", [this.transpose(cotangent, swap), m]), swap);
  }

  /** The matrix [positions.length, extent] whose row j picks element `positions[j]`; negative: counted from the end. */
  selection(positions: readonly number[], extent: number): string {
    const values = new Array<number>(positions.length * extent).fill(0);
    positions.forEach((position, j) => {
      values[j * extent + positiveAxis(position, extent)] = 1;
    });
    return this.float(values, [positions.length, extent]);
  }

  /** Element type of a primal tensor. */
  dataType(name: string): number {
    return this.#info.get(name)?.dataType ?? this.#floatType;
  }

  /** Tangent with its primal axes permuted. */
  transpose(tangent: string, permutation: readonly number[]): string {
    return this.op("Transpose", [tangent], { perm: ints([0, ...permutation.map((axis) => axis + 1)]) });
  }

  #constant(key: string, make: (name: string) => Tensor): string {
    let outputs = this.#memo.get(key);
    if (!outputs) {
      const tensor = make(this.names.claim("d_constant"));
      this.initializers.push(tensor);
      outputs = [tensor.name];
      this.#memo.set(key, outputs);
    }
    return outputs[0];
  }
}
