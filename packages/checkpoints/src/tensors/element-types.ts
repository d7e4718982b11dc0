// Element types of stored tensors, and their values as float32.

import { bfloatValues, halfToFloat } from "@vielbein/onnx/graph";
import { badCheckpoint } from "../errors.ts";

/** As the formats have them, under PyTorch's names. */
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
  | "bool"
  | "float8_e4m3fn"
  | "float8_e5m2"
  | "float8_e8m0fnu"
  | "complex64"
  | "complex128";

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
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e8m0fnu: 1,
  complex64: 8,
  complex128: 16,
};

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(BYTES, name);
}

/** Bytes of one element. */
export function elementBytes(type: ElementType): number {
  return BYTES[type];
}

/**
 * Little-endian elements as float32.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for types that no weights of a generator have, and for scales of others.
 */
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
    case "float8_e4m3fn":
      return Float32Array.from(new Uint8Array(buffer), e4m3ToFloat);
    case "float8_e5m2":
      // The upper half of a float16.
      return Float32Array.from(new Uint8Array(buffer), (bits) => halfToFloat(bits << 8));
    default:
      throw badCheckpoint(`a tensor has elements of ${type}, which are not read`, "Save it as float32");
  }
}

/** A sign, four bits of exponent with bias 7, three of mantissa; no infinities, and NaN where all bits are set. */
function e4m3ToFloat(bits: number): number {
  const [exponent, mantissa] = [(bits >> 3) & 15, bits & 7];
  const size = exponent === 0 ? (mantissa / 8) * 2 ** -6 : (1 + mantissa / 8) * 2 ** (exponent - 7);
  if ((bits & 127) === 127) return Number.NaN;
  return bits >> 7 ? -size : size;
}
