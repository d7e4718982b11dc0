// ONNX backend tests as they lie in folders: model.onnx, and tensors as TensorProto files beside it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DataType, decodeModel, requiredInputs } from "@vielbein/onnx";

/** The cases in a folder of folders, or the folder itself where it is one; sorted by name. */
export function caseFolders(folder) {
  if (existsSync(join(folder, "model.onnx"))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => caseFolders(join(folder, entry.name)))
    .sort();
}

/**
 * Reads a case: the model, its inputs and outputs as an engine takes them. A value that is no tensor (a sequence, an
 * optional) or a tensor of an element type that engines here do not exchange is undefined.
 */
export function readCase(folder) {
  const model = knownToEngine(decodeModel(readFileSync(join(folder, "model.onnx"))));
  const values = (kind, infos) =>
    infos.map(({ name, dataType }, i) => {
      const file = join(folder, "test_data_set_0", `${kind}_${i}.pb`);
      const isTensor = dataType !== undefined && existsSync(file);
      return { name, tensor: isTensor ? runtimeTensor(readTensorFile(file)) : undefined };
    });
  return {
    name: basename(folder).replace(/^test_/, ""),
    model,
    inputs: values("input", requiredInputs(model.graph)),
    outputs: values("output", model.graph.outputs),
  };
}

/** The newest that ONNX Runtime 1.30 takes. */
const NEWEST = { irVersion: 13, opset: 26 };

/** The model, declared as of the newest version that the engine takes where it declares a newer one. */
function knownToEngine(model) {
  const opset = model.opsets.get("") ?? 0;
  if (model.irVersion <= NEWEST.irVersion && opset <= NEWEST.opset) return model;
  return {
    ...model,
    irVersion: Math.min(model.irVersion, NEWEST.irVersion),
    opsets: new Map(model.opsets).set("", Math.min(opset, NEWEST.opset)),
  };
}

/** A TensorProto is read as the one initialiser of a model that holds nothing else. */
function readTensorFile(file) {
  const tensor = readFileSync(file);
  const graph = field(5, tensor);
  const opset = Buffer.from([0x42, 2, 0x10, 18]);
  return decodeModel(Buffer.concat([opset, field(7, graph)])).graph.initializers[0];
}

/** A length-delimited field of a protobuf message. */
function field(number, bytes) {
  const length = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

const kinds = new Map([
  [DataType.FLOAT, ["float32", Float32Array]],
  [DataType.UINT8, ["uint8", Uint8Array]],
  [DataType.INT8, ["int8", Int8Array]],
  [DataType.UINT16, ["uint16", Uint16Array]],
  [DataType.INT16, ["int16", Int16Array]],
  [DataType.INT32, ["int32", Int32Array]],
  [DataType.INT64, ["int64", BigInt64Array]],
  [DataType.BOOL, ["bool", Uint8Array]],
  [DataType.FLOAT16, ["float16", Uint16Array]],
  [DataType.DOUBLE, ["float64", Float64Array]],
  [DataType.UINT32, ["uint32", Uint32Array]],
  [DataType.UINT64, ["uint64", BigUint64Array]],
]);

function runtimeTensor({ dataType, dims, raw, opaque }) {
  const kind = kinds.get(dataType);
  if (!kind || opaque) return undefined;
  const [type, Elements] = kind;
  return { type, dims, data: new Elements(new Uint8Array(raw).buffer) };
}

export function isFloating(tensor) {
  return ["float32", "float64", "float16"].includes(tensor?.type);
}

/** The elements as numbers. */
export function numbers({ type, data }) {
  return Float64Array.from(data, type === "float16" ? halfToNumber : Number);
}

/** IEEE 754 binary16 bits → number. */
function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
