// NumPy's arrays in pickles: a record of `_reconstruct` whose state is (version, shape, type, is Fortran, bytes), or in
// protocol 5 one of `_frombuffer` of (bytes, type, shape, order).

import { elementCount } from "@vielbein/onnx/graph";
import { type ElementType, elementBytes } from "../tensors/element-types.ts";
import { StoredTensor } from "../tensors/tensor.ts";
import { Global, Inert, type Value } from "./objects.ts";

const TYPES: Readonly<Record<string, ElementType>> = {
  f8: "float64",
  f4: "float32",
  f2: "float16",
  i8: "int64",
  i4: "int32",
  i2: "int16",
  i1: "int8",
  u8: "uint64",
  u4: "uint32",
  u2: "uint16",
  u1: "uint8",
  b1: "bool",
};

const RECONSTRUCT = /^numpy\._?core\.multiarray\._reconstruct$/;
const FROM_BUFFER = /^numpy\._?core\.numeric\._frombuffer$/;

/** The array that a record stands for; undefined where it is none, or not one of numbers in little-endian order. */
export function numpyTensor({ of, args, state }: Inert): StoredTensor | undefined {
  const path = of instanceof Global ? of.path : "";
  if (RECONSTRUCT.test(path) && Array.isArray(state)) {
    const [, shape, described, isFortran, bytes] = state;
    return arrayOf(shape, described, isFortran === true, bytes);
  }
  if (!FROM_BUFFER.test(path) || !Array.isArray(args)) return undefined;
  const [bytes, described, shape, order] = args;
  return arrayOf(shape, described, order === "F", bytes);
}

type Part = Value | undefined;

function arrayOf(shape: Part, described: Part, isFortran: boolean, bytes: Part): StoredTensor | undefined {
  const type = typeOf(described);
  if (!type || !(bytes instanceof Uint8Array) || !isSizes(shape)) return undefined;
  if (elementCount(shape) * elementBytes(type) !== bytes.length) return undefined;
  const whole = StoredTensor.whole(type, isFortran ? shape.toReversed() : shape, bytes);
  return isFortran ? whole.permuted(shape.map((_, axis) => shape.length - 1 - axis)) : whole;
}

function typeOf(described: Value | undefined): ElementType | undefined {
  if (!(described instanceof Inert && Array.isArray(described.args))) return undefined;
  const [code] = described.args;
  const order = Array.isArray(described.state) ? described.state[1] : "<";
  const isLittle = order === "<" || order === "|" || order === "=";
  return typeof code === "string" && isLittle && Object.hasOwn(TYPES, code) ? TYPES[code] : undefined;
}

function isSizes(value: Value | undefined): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
