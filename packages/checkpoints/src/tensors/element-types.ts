// Element types of stored tensors, and their values as float32.

import { bfloatValues, halfToFloat } from "@vielbein/onnx/graph";

/** As the formats have them, under ONNX's names. */
export type ElementType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "uint64"
  | "int32"
  | "uint32"
  | "int16"
  | "uint16"
  | "int8"
  | "uint8"
  | "bool";

const BYTES: Readonly<Record<ElementType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  uint64: 8,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(BYTES, name);
}

/** Bytes of one element. */
export function elementBytes(type: ElementType): number {
  return BYTES[type];
}

/** Little-endian elements as float32. */
export function decoded(type: ElementType, bytes: Uint8Array): Float32Array {
  // A copy, since typed arrays want their elements aligned, and Node's Buffer may lie anywhere.
  const { buffer } = new Uint8Array(bytes);
  switch (type) {
    case "float64":
      return Float32Array.from(new Float64Array(buffer));
    case "float32":
      return new Float32Array(buffer);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case "bfloat16":
      return bfloatValues(bytes);
    case "int64":
      return Float32Array.from(new BigInt64Array(buffer), Number);
    case "uint64":
      return Float32Array.from(new BigUint64Array(buffer), Number);
    case "int32":
      return Float32Array.from(new Int32Array(buffer));
    case "uint32":
      return Float32Array.from(new Uint32Array(buffer));
    case "int16":
      return Float32Array.from(new Int16Array(buffer));
    case "uint16":
      return Float32Array.from(new Uint16Array(buffer));
    case "int8":
      return Float32Array.from(new Int8Array(buffer));
    case "uint8":
    case "bool":
      return Float32Array.from(new Uint8Array(buffer));
  }
}
