// A graph that is being written: nodes in the order of their use, weights, and the tensors that are spaces.

import type { Attribute, Model, Node, Tensor, ValueInfo } from "@vielbein/onnx";
import { DataType } from "@vielbein/onnx";
import { float32Tensor, int64Tensor, ints, makeNode } from "@vielbein/onnx/graph";
import type { Values } from "../tensors/tensor.ts";
import { StoredTensor } from "../tensors/tensor.ts";

const OPSET = 18;
const IR_VERSION = 8;
/** Name of the batch axis. */
const BATCH = "n";
/** Names that maps are asked for by: no name that is claimed becomes one of them. */
const ENDS: readonly Name[] = ["z", "image", "output"];

/** The name of a tensor of the graph. */
export type Name = string;

type Attributes = Readonly<Record<string, Attribute>>;

export class Network {
  readonly #nodes: Node[] = [];
  readonly #weights = new Map<Name, Tensor>();
  readonly #inputs: ValueInfo[] = [];
  readonly #spaces: ValueInfo[] = [];
  readonly #constants = new Map<string, Name>();
  readonly #taken = new Set<Name>(ENDS);
  readonly #remarks: string[] = [];
  /** Of black and white, where the file itself tells. */
  range: string | undefined;
  #scope = "";

  /** Prefix of the names of what is added from now on. */
  scope(name: string): void {
    this.#scope = name === "" ? "" : `${name}/`;
  }

  /** A name that no other tensor has: the one that a file gives, or one like it. */
  claim(stem: string): Name {
    let name = stem;
    for (let i = 1; this.#taken.has(name); i++) name = `${stem}_${i}`;
    this.#taken.add(name);
    return name;
  }

  /** Says what was assumed. */
  remark(text: string): void {
    this.#remarks.push(text);
  }

  get remarks(): readonly string[] {
    return this.#remarks;
  }

  /** A code [n, …shape]. */
  input(name: Name, shape: readonly number[]): Name {
    this.#inputs.push({ name, dataType: DataType.FLOAT, shape: [BATCH, ...shape] });
    return name;
  }

  /** Indices [n, …shape], such as classes. */
  indices(name: Name, shape: readonly number[] = []): Name {
    this.#inputs.push({ name, dataType: DataType.INT64, shape: [BATCH, ...shape] });
    return name;
  }

  /** Weights: those that the file has as float32 stay views of it, and values are taken as they are, not copied. */
  weight(stem: string, values: StoredTensor | Values, shape: readonly number[] = values.shape): Name {
    const name = this.claim(this.#scope + stem);
    this.#weights.set(name, { name, dims: shape, dataType: DataType.FLOAT, raw: bytesOf(values) });
    return name;
  }

  /** A number, or a few of them. */
  constant(values: readonly number[], shape: readonly number[] = []): Name {
    return this.#shared(float32Tensor(`constant[${shape}]:${values.join()}`, values, shape));
  }

  /** Shapes, axes and indices. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): Name {
    return this.#shared(int64Tensor(`integers[${shape}]:${values.join()}`, values, shape));
  }

  #shared(tensor: Tensor): Name {
    const known = this.#constants.get(tensor.name);
    if (known !== undefined) return known;
    const name = this.claim(tensor.name);
    this.#constants.set(tensor.name, name);
    this.#weights.set(name, { ...tensor, name });
    return name;
  }

  /** Adds a node of one output, and returns that output's name. */
  op(
    opType: string,
    inputs: readonly Name[],
    attributes: Attributes = {},
    output: Name = this.claim(this.#scope + opType),
  ): Name {
    this.#nodes.push(makeNode(opType, inputs, [output], attributes));
    return output;
  }

  /** [n, …shape], of the same elements. */
  reshape(x: Name, shape: readonly number[], output?: Name): Name {
    return this.op("Reshape", [x, this.integers([-1, ...shape])], {}, output);
  }

  /** Batches of images with the channels counted as images: [n·c, 1, h, w]. */
  channelsAsImages(x: Name, height: number, width: number): Name {
    return this.op("Reshape", [x, this.integers([-1, 1, height, width])]);
  }

  transpose(x: Name, perm: readonly number[]): Name {
    return this.op("Transpose", [x], { perm: ints(perm) });
  }

  /** Names a tensor [n, …shape] of which a map may begin or end. */
  space(name: Name, shape: readonly number[], value?: Name): Name {
    if (value !== undefined) this.#rename(value, name);
    this.#spaces.push({ name, dataType: DataType.FLOAT, shape: [BATCH, ...shape] });
    return name;
  }

  /** Gives the output of the last node that made it another name; nothing has read it yet. */
  #rename(value: Name, name: Name): void {
    const at = this.#nodes.findLastIndex(({ outputs }) => outputs[0] === value);
    const node = this.#nodes[at];
    const isRead = this.#nodes.slice(at + 1).some(({ inputs }) => inputs.includes(value));
    if (!node || isRead) this.op("Identity", [value], {}, name);
    else this.#nodes[at] = { ...node, outputs: [name] };
  }

  /** The last space is the output; those before stay inside. */
  model(metadata: ReadonlyMap<string, string>, files: Model["files"]): Model {
    const spaces = this.#spaces;
    return {
      irVersion: IR_VERSION,
      producerName: "vielbein",
      producerVersion: "",
      opsets: new Map([["", OPSET]]),
      metadata,
      graph: {
        name: "generator",
        nodes: this.#nodes.map((node) => ({ ...node, name: node.outputs[0] })),
        initializers: [...this.#weights.values()],
        inputs: this.#inputs,
        outputs: spaces.slice(-1),
        valueInfo: spaces.slice(0, -1),
        unknown: [],
      },
      unknown: [],
      files,
    };
  }
}

/** Elements as the graph has them. */
function bytesOf(values: StoredTensor | Values): Uint8Array {
  if (values instanceof StoredTensor) return values.floatBytes ?? new Uint8Array(values.read().buffer);
  const { buffer, byteOffset, byteLength } = values.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
