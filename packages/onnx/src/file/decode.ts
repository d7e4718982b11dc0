// ONNX protobuf → Model. Field numbers are those of onnx.proto (IR version 3 to 13).

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import type { Graph, LocalFunction, Model } from "../model/model.ts";
import { readFunction, readOpset } from "./decode-function.ts";
import { newContext, readGraph } from "./decode-graph.ts";
import { readStringPair } from "./decode-tensor.ts";
import { WireError, WireReader } from "./proto/reader.ts";

/**
 * Reads a model. Weights stay views of `bytes`, which must not be changed afterwards; external data is
 * not read (see `resolveExternalData`).
 *
 * @param name File name, used in messages and when derived graphs refer to these bytes.
 * @throws {VielbeinError} `INVALID_MODEL` when the bytes are not an ONNX model or are cut short.
 *
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel } from "@vielbein/onnx";
 * import { sampleUrl } from "@vielbein/sample";
 *
 * const model = decodeModel(await readFile(sampleUrl), "faces.onnx");
 * console.log(model.graph.inputs[0].name, model.graph.outputs[0].name); // → z image
 * ```
 */
export function decodeModel(bytes: Uint8Array, name = "model.onnx"): Model {
  requireKind("decodeModel: bytes", "bytes", bytes);
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
  const context = newContext();
  let irVersion = 0;
  let producerName = "";
  let producerVersion = "";
  let graph: Graph | undefined;
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const functions: LocalFunction[] = [];
  const unknown: Uint8Array[] = [];
  while (reader.next()) {
    if (reader.field === 1) irVersion = reader.int();
    else if (reader.field === 2) producerName = reader.string();
    else if (reader.field === 3) producerVersion = reader.string();
    else if (reader.field === 7) graph = readGraph(reader.message(), context);
    else if (reader.field === 8) {
      const opset = readOpset(reader.message());
      opsets.set(opset.domain, opset.version);
    } else if (reader.field === 14) {
      const [key, value] = readStringPair(reader.message());
      metadata.set(key, value);
    } else if (reader.field === 25) functions.push(readFunction(reader.byteString(), context));
    else unknown.push(reader.skip());
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
    functions,
    unknown,
    files: new Map([[name, bytes]]),
  };
}
