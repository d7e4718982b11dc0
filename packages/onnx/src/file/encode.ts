// Model → ONNX protobuf.

import { requireKind } from "../arguments.ts";
import { pushTo } from "../model/graph.ts";
import type { Attribute, Graph, Model, Node, Tensor, ValueInfo } from "../model/model.ts";
import { WireWriter } from "./proto/writer.ts";

/** Where {@link encodeModel} puts weights. */
export interface EncodeOptions {
  /**
   * Where weights go. `inline` copies them into the result. `reference` writes each large weight that is a view of one
   * of `model.files` as external data pointing into that file, so that a graph derived from a large model takes a few
   * kilobytes. Default `inline`.
   */
  readonly weights?: "inline" | "reference" | undefined;
}

/** Smaller weights are always inlined: a reference costs about as much. */
const REFERENCE_THRESHOLD = 1024;

/** Files by the memory that they lie in. */
type Files = ReadonlyMap<ArrayBufferLike, readonly (readonly [location: string, bytes: Uint8Array])[]>;

function byMemory(files: Model["files"]): Files {
  const lists = new Map<ArrayBufferLike, [string, Uint8Array][]>();
  for (const [location, bytes] of files) pushTo(lists, bytes.buffer, [location, bytes]);
  return lists;
}

/** Serialises a model; fields this package does not interpret come back out unchanged. */
export function encodeModel(model: Model, options: EncodeOptions = {}): Uint8Array {
  requireKind("encodeModel: model", "model", model);
  const files = byMemory(options.weights === "reference" ? model.files : new Map());
  const writer = new WireWriter();
  writer.int(1, model.irVersion);
  if (model.producerName) writer.string(2, model.producerName);
  if (model.producerVersion) writer.string(3, model.producerVersion);
  writer.message(7, encodeGraph(model.graph, files));
  for (const [domain, version] of model.opsets) {
    const opset = new WireWriter();
    if (domain) opset.string(1, domain);
    opset.int(2, version);
    writer.message(8, opset);
  }
  for (const [key, value] of model.metadata) writer.message(14, encodePair(key, value));
  for (const { encoded } of model.functions ?? []) writer.byteString(25, encoded);
  for (const field of model.unknown) writer.encodedField(field);
  return writer.finish();
}

function encodePair(key: string, value: string): WireWriter {
  const writer = new WireWriter();
  writer.string(1, key);
  writer.string(2, value);
  return writer;
}

function encodeGraph(graph: Graph, files: Files): WireWriter {
  const writer = new WireWriter();
  for (const node of graph.nodes) writer.message(1, encodeNode(node, files));
  writer.string(2, graph.name || "graph");
  for (const tensor of graph.initializers) encodeTensor(writer, 5, tensor, files);
  for (const info of graph.inputs) writer.message(11, encodeValueInfo(info));
  for (const info of graph.outputs) writer.message(12, encodeValueInfo(info));
  for (const info of graph.valueInfo) writer.message(13, encodeValueInfo(info));
  for (const field of graph.unknown) writer.encodedField(field);
  return writer;
}

function encodeNode(node: Node, files: Files): WireWriter {
  const writer = new WireWriter();
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  if (node.name) writer.string(3, node.name);
  writer.string(4, node.opType);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === "opaque") writer.byteString(5, attribute.value);
    else if (attribute.type === "reference") writer.byteString(5, attribute.encoded);
    else writer.message(5, encodeAttribute(name, attribute, files));
  }
  if (node.domain) writer.string(7, node.domain);
  if (node.overload) writer.string(8, node.overload);
  return writer;
}

function encodeAttribute(
  name: string,
  attribute: Exclude<Attribute, { type: "opaque" | "reference" }>,
  files: Files,
): WireWriter {
  const writer = new WireWriter();
  writer.string(1, name);
  switch (attribute.type) {
    case "float":
      writer.float(2, attribute.value);
      writer.int(20, 1);
      break;
    case "int":
      writer.int(3, attribute.value);
      writer.int(20, 2);
      break;
    case "string":
      writer.string(4, attribute.value);
      writer.int(20, 3);
      break;
    case "tensor":
      encodeTensor(writer, 5, attribute.value, files);
      writer.int(20, 4);
      break;
    case "graph":
      writer.message(6, encodeGraph(attribute.value, files));
      writer.int(20, 5);
      break;
    case "floats":
      for (const value of attribute.value) writer.float(7, value);
      writer.int(20, 6);
      break;
    case "ints":
      for (const value of attribute.value) writer.int(8, value);
      writer.int(20, 7);
      break;
    case "strings":
      for (const value of attribute.value) writer.string(9, value);
      writer.int(20, 8);
      break;
  }
  return writer;
}

function encodeTensor(parent: WireWriter, field: number, tensor: Tensor, files: Files): void {
  if (tensor.opaque) {
    parent.byteString(field, tensor.opaque);
    return;
  }
  const writer = new WireWriter();
  if (tensor.dims.length > 0) writer.packedInts(1, tensor.dims);
  writer.int(2, tensor.dataType);
  writer.string(8, tensor.name);
  const external = tensor.raw.length > 0 ? referenceTo(tensor.raw, files) : tensor.external;
  if (external) {
    writer.message(13, encodePair("location", external.location));
    writer.message(13, encodePair("offset", String(external.offset)));
    if (external.length !== undefined) writer.message(13, encodePair("length", String(external.length)));
    writer.int(14, 1);
  } else {
    writer.byteString(9, tensor.raw);
  }
  parent.message(field, writer);
}

function referenceTo(raw: Uint8Array, files: Files): Tensor["external"] {
  if (raw.length < REFERENCE_THRESHOLD) return undefined;
  for (const [location, bytes] of files.get(raw.buffer) ?? []) {
    const offset = raw.byteOffset - bytes.byteOffset;
    if (offset >= 0 && offset + raw.length <= bytes.length) {
      return { location, offset, length: raw.length };
    }
  }
  return undefined;
}

function encodeValueInfo(info: ValueInfo): WireWriter {
  const writer = new WireWriter();
  writer.string(1, info.name);
  if (info.opaque) writer.byteString(2, info.opaque);
  if (info.dataType === undefined) return writer;
  const tensorType = new WireWriter();
  tensorType.int(1, info.dataType);
  if (info.shape) {
    const shape = new WireWriter();
    for (const extent of info.shape) {
      const dimension = new WireWriter();
      if (typeof extent === "number") dimension.int(1, extent);
      else if (extent) dimension.string(2, extent);
      shape.message(1, dimension);
    }
    tensorType.message(2, shape);
  }
  const type = new WireWriter();
  type.message(1, tensorType);
  writer.message(2, type);
  return writer;
}
