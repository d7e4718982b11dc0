// ONNX protobuf → LocalFunction.

import type { Attribute, LocalFunction, Node } from "../model/model.ts";
import { type DecodeContext, readAttribute, readNode, standardDomain } from "./decode-graph.ts";
import { WireReader } from "./proto/reader.ts";

export function readFunction(encoded: Uint8Array, context: DecodeContext): LocalFunction {
  const reader = new WireReader(encoded);
  let name = "";
  let domain = "";
  let overload = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: Node[] = [];
  const defaults = new Map<string, Attribute>();
  const opsets = new Map<string, number>();
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 4) inputs.push(reader.string());
    else if (reader.field === 5) outputs.push(reader.string());
    else if (reader.field === 7) nodes.push(readNode(reader.message(), context));
    else if (reader.field === 9) {
      const opset = readOpset(reader.message());
      opsets.set(opset.domain, opset.version);
    } else if (reader.field === 10) domain = standardDomain(reader.string());
    else if (reader.field === 11) {
      const [key, attribute] = readAttribute(reader.byteString(), context);
      defaults.set(key, attribute);
    } else if (reader.field === 13) overload = reader.string();
    else reader.skip();
  }
  return { domain, name, overload, inputs, outputs, defaults, nodes, opsets, encoded };
}

export function readOpset(reader: WireReader): { domain: string; version: number } {
  let domain = "";
  let version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = reader.string();
    else if (reader.field === 2) version = reader.int();
    else reader.skip();
  }
  return { domain: standardDomain(domain), version };
}
