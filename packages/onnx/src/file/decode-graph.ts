// ONNX protobuf → Graph: nodes, their attributes, descriptions of values.

import type { Attribute, Dimension, Graph, Node, Tensor, ValueInfo } from "../model/model.ts";
import { type DenseAllowance, newAllowance, readSparseTensor, readTensor } from "./decode-tensor.ts";
import { WireError, WireReader } from "./proto/reader.ts";

/** What reading a graph depends on beside its bytes. */
export interface DecodeContext {
  /** Graphs around this one. */
  readonly depth: number;
  readonly allowance: DenseAllowance;
}

export function newContext(): DecodeContext {
  return { depth: 0, allowance: newAllowance() };
}

/** Far beyond what engines read (ONNX Runtime: 33), and safe for functions that call themselves. */
const DEEPEST = 600;

/** `ai.onnx` is another spelling of the standard domain. */
export function standardDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

export function readGraph(reader: WireReader, context: DecodeContext): Graph {
  if (context.depth > DEEPEST) {
    throw new WireError(`its subgraphs are nested more than ${DEEPEST} deep`);
  }
  const inside = { ...context, depth: context.depth + 1 };
  let name = "";
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const valueInfo: ValueInfo[] = [];
  const unknown: Uint8Array[] = [];
  while (reader.next()) {
    if (reader.field === 1) nodes.push(readNode(reader.message(), inside));
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 5) initializers.push(readTensor(reader.byteString()));
    else if (reader.field === 15) initializers.push(readSparseTensor(reader.message(), context.allowance));
    else if (reader.field === 11) inputs.push(readValueInfo(reader.message()));
    else if (reader.field === 12) outputs.push(readValueInfo(reader.message()));
    else if (reader.field === 13) valueInfo.push(readValueInfo(reader.message()));
    else unknown.push(reader.skip());
  }
  return { name, nodes, initializers, inputs, outputs, valueInfo, unknown };
}

export function readNode(reader: WireReader, context: DecodeContext): Node {
  let opType = "";
  let domain = "";
  let name = "";
  let overload = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  while (reader.next()) {
    if (reader.field === 1) inputs.push(reader.string());
    else if (reader.field === 2) outputs.push(reader.string());
    else if (reader.field === 3) name = reader.string();
    else if (reader.field === 4) opType = reader.string();
    else if (reader.field === 5) {
      const [key, attribute] = readAttribute(reader.byteString(), context);
      attributes.set(key, attribute);
    } else if (reader.field === 7) domain = standardDomain(reader.string());
    else if (reader.field === 8) overload = reader.string();
    else reader.skip();
  }
  const node = { opType, domain, name, inputs, outputs, attributes };
  return overload ? { ...node, overload } : node;
}

export function readAttribute(bytes: Uint8Array, context: DecodeContext): [string, Attribute] {
  const reader = new WireReader(bytes);
  let name = "";
  let type = 0;
  let reference = "";
  let isSparse = false;
  let attribute: Attribute | undefined;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) attribute = { type: "float", value: reader.float() };
    else if (reader.field === 3) attribute = { type: "int", value: reader.int() };
    else if (reader.field === 4) attribute = { type: "string", value: reader.string() };
    else if (reader.field === 5) attribute = { type: "tensor", value: readTensor(reader.byteString()) };
    else if (reader.field === 6) attribute = { type: "graph", value: readGraph(reader.message(), context) };
    else if (reader.field === 7) reader.floatsInto(floats);
    else if (reader.field === 8) reader.intsInto(ints);
    else if (reader.field === 9) strings.push(reader.string());
    else if (reader.field === 20) type = reader.int();
    else if (reader.field === 21) reference = reader.string();
    else if (reader.field === 22) {
      attribute = { type: "tensor", value: readSparseTensor(reader.message(), context.allowance) };
      isSparse = true;
    } else reader.skip();
  }
  if (reference) return [name, { type: "reference", value: reference, encoded: bytes }];
  // `type` decides: writers may leave out a scalar that equals proto3's default, and empty lists.
  if (type === 6) return [name, { type: "floats", value: floats }];
  if (type === 7) return [name, { type: "ints", value: ints }];
  if (type === 8) return [name, { type: "strings", value: strings }];
  // Constant has one attribute for dense and one for sparse values, which are dense here.
  if (attribute && isSparse && name === "sparse_value") return ["value", attribute];
  if (attribute) return [name, attribute];
  if (type === 1) return [name, { type: "float", value: 0 }];
  if (type === 2) return [name, { type: "int", value: 0 }];
  if (type === 3) return [name, { type: "string", value: "" }];
  if (ints.length > 0) return [name, { type: "ints", value: ints }];
  if (floats.length > 0) return [name, { type: "floats", value: floats }];
  return [name, { type: "opaque", value: bytes }];
}

function readValueInfo(reader: WireReader): ValueInfo {
  let name = "";
  let typeBytes: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) typeBytes = reader.byteString();
    else reader.skip();
  }
  if (!typeBytes) return { name };
  const type = new WireReader(typeBytes);
  while (type.next()) {
    if (type.field === 1) return { name, ...readTensorType(type.message()) };
    type.skip();
  }
  return { name, opaque: typeBytes };
}

function readTensorType(reader: WireReader): { dataType?: number; shape?: Dimension[] } {
  const result: { dataType?: number; shape?: Dimension[] } = {};
  while (reader.next()) {
    if (reader.field === 1) result.dataType = reader.int();
    else if (reader.field === 2) result.shape = readShape(reader.message());
    else reader.skip();
  }
  return result;
}

function readShape(reader: WireReader): Dimension[] {
  const shape: Dimension[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const dimension = reader.message();
    let extent: Dimension = "";
    while (dimension.next()) {
      if (dimension.field === 1) extent = dimension.int();
      else if (dimension.field === 2) extent = dimension.string();
      else dimension.skip();
    }
    if (typeof extent === "number" && !Number.isSafeInteger(extent)) {
      throw new WireError(`a shape states the impossible extent ${extent}`);
    }
    shape.push(extent);
  }
  return shape;
}
