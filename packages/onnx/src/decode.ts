// ONNX protobuf → Model. Field numbers are those of onnx.proto (IR version 3 to 13).

import { VielbeinError } from "@vielbein/core";
import { elementBits } from "./element-types.ts";
import type { Attribute, Dimension, ExternalData, Graph, Model, Node, Tensor, ValueInfo } from "./model.ts";
import { WireError, WireReader } from "./proto/reader.ts";
import { byteLength } from "./tensor.ts";

/**
 * Reads a model. Weights stay views of `bytes`, which must not be changed afterwards; external data is
 * not read (see `resolveExternalData`).
 *
 * @param name File name, used in messages and when derived graphs refer to these bytes.
 * @throws {VielbeinError} `INVALID_MODEL` when the bytes are not an ONNX model or are cut short.
 */
export function decodeModel(bytes: Uint8Array, name = "model.onnx"): Model {
  try {
    return readModel(plainBytes(bytes), name);
  } catch (error) {
    if (!(error instanceof WireError || error instanceof RangeError)) throw error;
    throw new VielbeinError(
      "INVALID_MODEL",
      `"${name}" (${bytes.length} bytes) is not a complete ONNX model: ${error.message}. Check that the file is an .onnx file and was copied whole.`,
      { cause: error },
    );
  }
}

/** The same bytes as a plain Uint8Array: slices of Node's Buffer are views, not copies, unlike its base class's. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readModel(bytes: Uint8Array, name: string): Model {
  const reader = new WireReader(bytes);
  let irVersion = 0;
  let producerName = "";
  let producerVersion = "";
  let graph: Graph | undefined;
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const unknown: Uint8Array[] = [];
  while (reader.next()) {
    if (reader.field === 1) irVersion = reader.int();
    else if (reader.field === 2) producerName = reader.string();
    else if (reader.field === 3) producerVersion = reader.string();
    else if (reader.field === 7) graph = readGraph(reader.message());
    else if (reader.field === 8) {
      const opset = readOpset(reader.message());
      opsets.set(opset.domain, opset.version);
    } else if (reader.field === 14) {
      const [key, value] = readStringPair(reader.message());
      metadata.set(key, value);
    } else unknown.push(reader.skip());
  }
  if (!graph || opsets.size === 0) {
    throw new WireError(graph ? "it declares no operator set" : "it holds no graph");
  }
  return {
    irVersion,
    producerName,
    producerVersion,
    opsets,
    metadata,
    graph,
    unknown,
    files: new Map([[name, bytes]]),
  };
}

function readOpset(reader: WireReader): { domain: string; version: number } {
  let domain = "";
  let version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = reader.string();
    else if (reader.field === 2) version = reader.int();
    else reader.skip();
  }
  return { domain: standardDomain(domain), version };
}

/** `ai.onnx` is another spelling of the standard domain. */
function standardDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

function readStringPair(reader: WireReader): [string, string] {
  let key = "";
  let value = "";
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  return [key, value];
}

function readGraph(reader: WireReader): Graph {
  let name = "";
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const valueInfo: ValueInfo[] = [];
  const unknown: Uint8Array[] = [];
  while (reader.next()) {
    if (reader.field === 1) nodes.push(readNode(reader.message()));
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 5) initializers.push(readTensor(reader.byteString()));
    else if (reader.field === 11) inputs.push(readValueInfo(reader.message()));
    else if (reader.field === 12) outputs.push(readValueInfo(reader.message()));
    else if (reader.field === 13) valueInfo.push(readValueInfo(reader.message()));
    else unknown.push(reader.skip());
  }
  return { name, nodes, initializers, inputs, outputs, valueInfo, unknown };
}

function readNode(reader: WireReader): Node {
  let opType = "";
  let domain = "";
  let name = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  while (reader.next()) {
    if (reader.field === 1) inputs.push(reader.string());
    else if (reader.field === 2) outputs.push(reader.string());
    else if (reader.field === 3) name = reader.string();
    else if (reader.field === 4) opType = reader.string();
    else if (reader.field === 5) {
      const [key, attribute] = readAttribute(reader.byteString());
      attributes.set(key, attribute);
    } else if (reader.field === 7) domain = standardDomain(reader.string());
    else reader.skip();
  }
  return { opType, domain, name, inputs, outputs, attributes };
}

function readAttribute(bytes: Uint8Array): [string, Attribute] {
  const reader = new WireReader(bytes);
  let name = "";
  let type = 0;
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
    else if (reader.field === 6) attribute = { type: "graph", value: readGraph(reader.message()) };
    else if (reader.field === 7) reader.floatsInto(floats);
    else if (reader.field === 8) reader.intsInto(ints);
    else if (reader.field === 9) strings.push(reader.string());
    else if (reader.field === 20) type = reader.int();
    else reader.skip();
  }
  // `type` decides: writers may leave out a scalar that equals proto3's default, and empty lists.
  if (type === 6) return [name, { type: "floats", value: floats }];
  if (type === 7) return [name, { type: "ints", value: ints }];
  if (type === 8) return [name, { type: "strings", value: strings }];
  if (attribute) return [name, attribute];
  if (type === 1) return [name, { type: "float", value: 0 }];
  if (type === 2) return [name, { type: "int", value: 0 }];
  if (type === 3) return [name, { type: "string", value: "" }];
  if (ints.length > 0) return [name, { type: "ints", value: ints }];
  if (floats.length > 0) return [name, { type: "floats", value: floats }];
  return [name, { type: "opaque", value: bytes }];
}

function readTensor(bytes: Uint8Array): Tensor {
  const reader = new WireReader(bytes);
  let name = "";
  let dataType = 0;
  let raw: Uint8Array | undefined;
  let floatBytes: Uint8Array | undefined;
  let isExternal = false;
  let hasStrings = false;
  const dims: number[] = [];
  const floats: number[] = [];
  const ints: number[] = [];
  const longs: bigint[] = [];
  const doubles: number[] = [];
  const external = new Map<string, string>();
  while (reader.next()) {
    if (reader.field === 1) reader.intsInto(dims);
    else if (reader.field === 2) dataType = reader.int();
    else if (reader.field === 4 && reader.wire === 2 && !floatBytes) floatBytes = reader.byteString();
    else if (reader.field === 4) reader.floatsInto(floats);
    else if (reader.field === 5) reader.intsInto(ints);
    else if (reader.field === 7 || reader.field === 11) reader.longsInto(longs);
    else if (reader.field === 8) name = reader.string();
    else if (reader.field === 9) raw = reader.byteString();
    else if (reader.field === 10) reader.doublesInto(doubles);
    else if (reader.field === 13) {
      const [key, value] = readStringPair(reader.message());
      external.set(key, value);
    } else if (reader.field === 14) isExternal = reader.int() === 1;
    else {
      hasStrings ||= reader.field === 6;
      reader.skip();
    }
  }
  const empty = new Uint8Array(0);
  if (hasStrings) return { name, dims, dataType, raw: empty, opaque: bytes };
  if (isExternal) {
    return { name, dims, dataType, raw: empty, external: readExternal(name, external) };
  }
  raw ??= floatBytes;
  if (!raw && floats.length > 0) raw = new Uint8Array(Float32Array.from(floats).buffer);
  if (!raw && doubles.length > 0) raw = new Uint8Array(Float64Array.from(doubles).buffer);
  raw ??= packIntegers(dataType, ints, longs);
  const tensor: Tensor = { name, dims, dataType, raw };
  const expected = byteLength(tensor);
  if (expected !== raw.length && !(expected === 0 && raw.length > 0)) {
    throw new WireError(
      `tensor "${name}" of shape [${dims}] holds ${raw.length} bytes instead of ${expected}`,
    );
  }
  return tensor;
}

/** The integers in one of TensorProto's typed fields, one to an entry, as raw bytes: every tensor has one form. */
function packIntegers(dataType: number, ints: readonly number[], longs: readonly bigint[]): Uint8Array {
  const bits = elementBits(dataType);
  if (bits === 64) return new Uint8Array(BigInt64Array.from(longs).buffer);
  const values = longs.length > 0 ? longs.map(Number) : ints;
  if (bits === 32) return new Uint8Array(Int32Array.from(values).buffer);
  // Half precisions are stored by their bits; elements of less than a byte come packed already.
  return bits === 16 ? new Uint8Array(Uint16Array.from(values).buffer) : Uint8Array.from(values);
}

function readExternal(tensor: string, entries: ReadonlyMap<string, string>): ExternalData {
  const location = entries.get("location") ?? "";
  const offset = Number(entries.get("offset") ?? 0);
  const length = entries.has("length") ? Number(entries.get("length")) : undefined;
  if (!location || !isByteCount(offset) || (length !== undefined && !isByteCount(length))) {
    throw new WireError(`tensor "${tensor}" has a malformed reference to external data`);
  }
  return { location, offset, ...(length === undefined ? {} : { length }) };
}

function isByteCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
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
    shape.push(extent);
  }
  return shape;
}
