// Writes the nodes and constants that a composite operator becomes.

import { nodeLabel } from "../derive/unsupported.ts";
import { makeNode } from "../model/attributes.ts";
import { type Attribute, DataType, type Node, type Tensor } from "../model/model.ts";
import type { NameSupply } from "../model/names.ts";
import type { Scope } from "../model/scope.ts";
import { float32Tensor, float64Tensor, int64Tensor } from "../model/tensor.ts";

/** What a composite becomes: nodes in order, and the constants they read. */
export interface WrittenOut {
  readonly nodes: readonly Node[];
  readonly constants: readonly Tensor[];
}

/** Writes a node out; one that it cannot write out stays as it is, for lack of nodes in its place. */
export type Composite = (w: CompositeWriter, node: Node, opset: number) => void;

export class CompositeWriter implements WrittenOut {
  readonly nodes: Node[] = [];
  readonly constants: Tensor[] = [];
  readonly #node: Node;
  readonly #names: NameSupply;
  readonly #types: Scope<number>;
  readonly #known: Scope<Tensor>;

  constructor(node: Node, names: NameSupply, types: Scope<number>, known: Scope<Tensor>) {
    this.#node = node;
    this.#names = names;
    this.#types = types;
    this.#known = known;
  }

  op(opType: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.ops(opType, inputs, attributes, 1)[0];
  }

  /** A node with `count` outputs. */
  ops(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    count: number,
  ): string[] {
    const outputs = Array.from({ length: count }, () =>
      this.#names.claim(`${nodeLabel(this.#node)}/${opType}`),
    );
    this.nodes.push(makeNode(opType, inputs, outputs, attributes));
    return outputs;
  }

  /** A node that yields one of the outputs, and bears the name, of the node that is written out. */
  finish(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    output = 0,
  ): void {
    const { name, outputs } = this.#node;
    this.nodes.push({ ...makeNode(opType, inputs, [outputs[output]], attributes), name });
  }

  /** Makes the tensor that the last node computes, its only one, an output of the node that is written out. */
  finishWithLast(output = 0): void {
    const { opType, inputs, attributes } = this.nodes.pop()!;
    this.finish(opType, inputs, Object.fromEntries(attributes), output);
  }

  /** The tensor of that name where the file states its values. */
  stated(name: string | undefined): Tensor | undefined {
    return name ? this.#known.get(name) : undefined;
  }

  /** Whether the node yields its output `index`. */
  yields(index: number): boolean {
    return Boolean(this.#node.outputs[index]);
  }

  isBool(name: string): boolean {
    return this.#types.get(name) === DataType.BOOL;
  }

  int64(values: readonly number[], dims?: readonly number[]): string {
    return this.#constant(int64Tensor(this.#names.claim("constant"), values, dims));
  }

  int32(value: number): string {
    const raw = new Uint8Array(Int32Array.of(value).buffer);
    return this.constant({ name: "constant", dims: [], dataType: DataType.INT32, raw });
  }

  bools(values: readonly boolean[], dims: readonly number[] = [values.length]): string {
    return this.constant({
      name: "constant",
      dims,
      dataType: DataType.BOOL,
      raw: Uint8Array.from(values, Number),
    });
  }

  /** Constants of the type of the node's first input; half precision is widened later. */
  float(values: ArrayLike<number>, dims: readonly number[] = [values.length]): string {
    const isDouble = this.#types.get(this.#node.inputs[0]) === DataType.DOUBLE;
    const make = isDouble ? float64Tensor : float32Tensor;
    return this.#constant(make(this.#names.claim("constant"), values, dims));
  }

  /** float32 whatever the type of the inputs, as the scales of Resize are. */
  float32(values: readonly number[]): string {
    return this.#constant(float32Tensor(this.#names.claim("constant"), values, [values.length]));
  }

  scalar(value: number): string {
    return this.float([value], []);
  }

  /** A value that follows from shapes, an int64 tensor, as a floating-point one. */
  fromInt64(name: string): string {
    const isDouble = this.#types.get(this.#node.inputs[0]) === DataType.DOUBLE;
    return this.op("Cast", [name], {
      to: { type: "int", value: isDouble ? DataType.DOUBLE : DataType.FLOAT },
    });
  }

  /** The extents of `x` from axis `start` up to `end`, a vector. */
  extents(x: string, start: number, end: number): string {
    return this.op("Slice", [this.op("Shape", [x]), this.int64([start]), this.int64([end])]);
  }

  /** The extent of one axis of `x`, a scalar. */
  extent(x: string, axis: number): string {
    return this.op("Gather", [this.op("Shape", [x]), this.int64([axis], [])]);
  }

  /** 0, 1, … up to a scalar. */
  range(count: string): string {
    return this.op("Range", [this.int64([0], []), count, this.int64([1], [])]);
  }

  /** A tensor of the file under a name of its own. */
  constant(tensor: Tensor): string {
    return this.#constant({ ...tensor, name: this.#names.claim(tensor.name) });
  }

  /** A name that nothing has. */
  claim(wish: string): string {
    return this.#names.claim(wish);
  }

  #constant(tensor: Tensor): string {
    this.constants.push(tensor);
    return tensor.name;
  }
}
