// The graph representation: ONNX's own structure as plain typed objects, one form for everything.
// Tensors hold raw little-endian bytes (views into the file they came from), whatever field of the
// protobuf they were stored in, so that reading a large model copies no weight.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";

/** TensorProto.DataType of the ONNX specification. */
export const DataType = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
} as const;

/** A file beside the model that holds a tensor's bytes. */
export interface ExternalData {
  /** Path of the file, relative to the model's folder. */
  readonly location: string;
  /** Where the tensor begins in it, in bytes. */
  readonly offset: number;
  /** Bytes; absent: to the end of the file. */
  readonly length?: number | undefined;
}

/** A tensor of a model: an initialiser, or the value of an attribute. */
export interface Tensor {
  /** Name of an initialiser; mostly empty for an attribute. */
  readonly name: string;
  /** Lengths of the axes; `[]` for a single number. */
  readonly dims: readonly number[];
  /** One of {@link DataType}, or a newer code that passes through untouched. */
  readonly dataType: number;
  /** Little-endian elements, row-major; empty while `external` is unread. */
  readonly raw: Uint8Array;
  /** Where the elements lie, for tensors in files beside the model. */
  readonly external?: ExternalData;
  /** Encoded message of a tensor kind that is only passed through (strings). */
  readonly opaque?: Uint8Array;
}

/** The value of an attribute of a node, with its type. */
export type Attribute =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] }
  /** In a function's body: the value of the calling node's attribute of that name. */
  | { readonly type: "reference"; readonly value: string; readonly encoded: Uint8Array }
  /** Encoded AttributeProto of a kind that is only passed through. */
  | { readonly type: "opaque"; readonly value: Uint8Array };

/** One call of an operator. */
export interface Node {
  /** Name of the operator, such as `Conv`. */
  readonly opType: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  /** Which of several functions of the same name is called; absent otherwise. */
  readonly overload?: string;
  /** Name of the call; may be empty. */
  readonly name: string;
  /** Tensor names; empty string for an optional input that is left out. */
  readonly inputs: readonly string[];
  /** Names of the results; empty for those that are not wanted. */
  readonly outputs: readonly string[];
  /** Attributes by name; those left out have the operator's defaults. */
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A fixed extent, or the name of a symbolic one (empty when unnamed). */
export type Dimension = number | string;

/** Whether an extent is a fixed number; some exporters write −1 where they mean any. */
export function isFixed(extent: Dimension | undefined): extent is number {
  return typeof extent === "number" && extent >= 0;
}

/** An extent, the name of an open one, or `?`. */
export function axisName(extent: Dimension): string {
  return extent === "" || (typeof extent === "number" && extent < 0) ? "?" : String(extent);
}

/** What a model declares about one of its values. */
export interface ValueInfo {
  /** Name of the tensor. */
  readonly name: string;
  /** Absent for values that are not tensors. */
  readonly dataType?: number | undefined;
  /** Absent when the rank is unknown. */
  readonly shape?: readonly Dimension[] | undefined;
  /** Encoded TypeProto of a value that is not a tensor. */
  readonly opaque?: Uint8Array;
}

/** A graph as data: nodes in an order in which they can run, initialisers, inputs and outputs. */
export interface Graph {
  /** Name of the graph; it means nothing to an engine. */
  readonly name: string;
  /** Operators, in an order in which they can run. */
  readonly nodes: readonly Node[];
  /** Constants: weights, and default values of inputs of the same name. */
  readonly initializers: readonly Tensor[];
  /** What the graph is fed, before IR 4 its weights too. */
  readonly inputs: readonly ValueInfo[];
  /** What the graph computes. */
  readonly outputs: readonly ValueInfo[];
  /** Types and shapes of tensors in between, as far as the file states them. */
  readonly valueInfo: readonly ValueInfo[];
  /** Encoded fields that this package does not interpret. */
  readonly unknown: readonly Uint8Array[];
}

/** An operator that the model itself defines. */
export interface LocalFunction {
  /** Domain of the operator that it defines. */
  readonly domain: string;
  /** Name of that operator. */
  readonly name: string;
  /** Which of several functions of that name it is; mostly empty. */
  readonly overload: string;
  /** Names of the arguments and results in `nodes`. */
  readonly inputs: readonly string[];
  /** Names of the results in `nodes`. */
  readonly outputs: readonly string[];
  /** Values of attributes that a call leaves out. */
  readonly defaults: ReadonlyMap<string, Attribute>;
  /** The operators that a call stands for. */
  readonly nodes: readonly Node[];
  /** Domain → version of the operator sets that `nodes` are written in. */
  readonly opsets: ReadonlyMap<string, number>;
  /** The FunctionProto, written back as it is. */
  readonly encoded: Uint8Array;
}

/** A model as data, decoded by {@link decodeModel}; nothing of it is changed in place. */
export interface Model {
  /** Version of the file format. */
  readonly irVersion: number;
  /** The program that wrote the file. */
  readonly producerName: string;
  /** Version of that program. */
  readonly producerVersion: string;
  /** Domain → version; the standard domain is the empty string. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Texts that the file states, by name, such as `vielbein.range`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What the model computes. */
  readonly graph: Graph;
  /** Operators that the model defines itself. */
  readonly functions?: readonly LocalFunction[] | undefined;
  /** Encoded fields that this package does not interpret. */
  readonly unknown: readonly Uint8Array[];
  /**
   * The files whose bytes tensors are views of, by the name that an external reference uses: the model itself and its
   * external data.
   */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Inputs that a caller must feed: graph inputs without an initial value (before IR 4, weights were inputs too). */
export function requiredInputs(graph: Graph): ValueInfo[] {
  requireKind("requiredInputs: graph", "graph", graph);
  const initialised = new Set(graph.initializers.map((tensor) => tensor.name));
  return graph.inputs.filter((input) => !initialised.has(input.name));
}

/** Version of the standard operator set that the model declares. */
export function standardOpset(model: Model): number {
  requireKind("standardOpset: model", "model", model);
  return model.opsets.get("") ?? 1;
}

/**
 * Name of an input that the operator cannot do without.
 *
 * @throws {VielbeinError} `INVALID_MODEL` when the node has fewer.
 */
export function inputOf(node: Node, index: number): string {
  return node.inputs[index] ?? missing(node, "input", index);
}

/** Name of an output; throws as {@link inputOf} does. */
export function outputOf(node: Node, index: number): string {
  return node.outputs[index] ?? missing(node, "output", index);
}

/** Name of the first output that a node yields; throws as {@link inputOf} does. */
export function firstOutput(node: Node): string {
  return node.outputs.find(Boolean) ?? missing(node, "output", 0);
}

function missing(node: Node, what: string, which: number | string): never {
  throw new VielbeinError(
    "INVALID_MODEL",
    `${node.opType} node "${node.name}" has no ${what} ${which}. The file is damaged; export the model again.`,
  );
}

export function intAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.type === "int" ? attribute.value : fallback;
}

export function floatAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.type === "float" ? attribute.value : fallback;
}

export function stringAttribute(node: Node, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.type === "string" ? attribute.value : fallback;
}

export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === "ints" ? attribute.value : undefined;
}

/** Integers of an attribute that the operator cannot do without; throws as {@link inputOf} does. */
export function requiredInts(node: Node, name: string): readonly number[] {
  return intsAttribute(node, name) ?? missing(node, "attribute", name);
}
