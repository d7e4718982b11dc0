// Elements of ONNX tensors: sizes, conversion between raw bytes and numbers, half precision.

import { type FloatArray, VielbeinError } from "@vielbein/core";
import type { RuntimeTensor, TensorData, TensorType } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import { dataTypeName, elementBits } from "./element-types.ts";
import { saturatedInt64 } from "./int64.ts";
import { DataType, type Tensor } from "./model.ts";
import { entryOf } from "./names.ts";

/** Types whose elements engines exchange with JavaScript. */
interface ElementKind {
  readonly name: TensorType;
  readonly view: (buffer: ArrayBuffer) => TensorData;
}

const kinds: ReadonlyMap<number, ElementKind> = new Map([
  [DataType.FLOAT, { name: "float32", view: (b: ArrayBuffer) => new Float32Array(b) }],
  [DataType.UINT8, { name: "uint8", view: (b: ArrayBuffer) => new Uint8Array(b) }],
  [DataType.INT8, { name: "int8", view: (b: ArrayBuffer) => new Int8Array(b) }],
  [DataType.UINT16, { name: "uint16", view: (b: ArrayBuffer) => new Uint16Array(b) }],
  [DataType.INT16, { name: "int16", view: (b: ArrayBuffer) => new Int16Array(b) }],
  [DataType.INT32, { name: "int32", view: (b: ArrayBuffer) => new Int32Array(b) }],
  [DataType.INT64, { name: "int64", view: (b: ArrayBuffer) => new BigInt64Array(b) }],
  [DataType.BOOL, { name: "bool", view: (b: ArrayBuffer) => new Uint8Array(b) }],
  [DataType.FLOAT16, { name: "float16", view: (b: ArrayBuffer) => new Uint16Array(b) }],
  [DataType.DOUBLE, { name: "float64", view: (b: ArrayBuffer) => new Float64Array(b) }],
  [DataType.UINT32, { name: "uint32", view: (b: ArrayBuffer) => new Uint32Array(b) }],
  [DataType.UINT64, { name: "uint64", view: (b: ArrayBuffer) => new BigUint64Array(b) }],
] as const);

const codes: ReadonlyMap<string, number> = new Map([...kinds].map(([code, kind]) => [kind.name, code]));

/** Number of elements of a tensor of these extents; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  requireKind("elementCount: dims", "numbers", dims);
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A tensor of zeros for an engine; undefined for a type that engines do not exchange with JavaScript. */
export function emptyTensor(dataType: number, dims: readonly number[]): RuntimeTensor | undefined {
  const kind = kinds.get(dataType);
  const bytes = (elementCount(dims) * elementBits(dataType)) / 8;
  return kind && { type: kind.name, dims, data: kind.view(new ArrayBuffer(bytes)) };
}

function kindOf(tensor: Tensor): ElementKind {
  const kind = kinds.get(tensor.dataType);
  if (!kind) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Tensor "${tensor.name}" has element type ${dataTypeName(tensor.dataType)}, which has no numeric values here. Convert the model to float32 or float16.`,
    );
  }
  return kind;
}

/** Bytes that the tensor's elements take; 0 for a type that is only passed through. */
export function byteLength(tensor: Tensor): number {
  return Math.ceil((elementCount(tensor.dims) * elementBits(tensor.dataType)) / 8);
}

/** A typed copy of the elements (copying settles alignment). */
function typedValues(tensor: Tensor): TensorData {
  return kindOf(tensor).view(new Uint8Array(tensor.raw).buffer);
}

/** The elements as numbers; meant for the small tensors that carry shapes, axes and scalars. */
export function numericValues(tensor: Tensor): number[] {
  if (tensor.dataType === DataType.BFLOAT16) return Array.from(bfloatValues(tensor.raw));
  const values = typedValues(tensor);
  if (tensor.dataType === DataType.FLOAT16) return Array.from(values as Uint16Array, halfToFloat);
  return Array.from(values as ArrayLike<number | bigint>, Number);
}

/** The elements of a tensor of single or double precision, as they are stored. */
export function floatValues(tensor: Tensor): Float32Array | Float64Array {
  const values = typedValues(tensor);
  if (values instanceof Float32Array || values instanceof Float64Array) return values;
  throw new VielbeinError(
    "INVALID_MODEL",
    `Tensor "${tensor.name}" must hold float32 or float64 values, got ${dataTypeName(tensor.dataType)}. Convert the model to float32.`,
  );
}

/** A tensor of float32 from numbers, row-major, of shape `dims`. */
export function float32Tensor(name: string, values: ArrayLike<number>, dims: readonly number[]): Tensor {
  requireKind("float32Tensor: values", "numbers", values);
  return { name, dims, dataType: DataType.FLOAT, raw: new Uint8Array(Float32Array.from(values).buffer) };
}

export function float64Tensor(name: string, values: ArrayLike<number>, dims: readonly number[]): Tensor {
  return { name, dims, dataType: DataType.DOUBLE, raw: new Uint8Array(Float64Array.from(values).buffer) };
}

/**
 * A tensor of int64 from numbers, of shape `dims`, by default a vector; numbers beyond the range become its
 * ends.
 */
export function int64Tensor(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor {
  requireKind("int64Tensor: values", "numbers", values);
  const data = BigInt64Array.from(values, saturatedInt64);
  return { name, dims, dataType: DataType.INT64, raw: new Uint8Array(data.buffer) };
}

/** An initialiser from what an engine returned. */
export function fromRuntime(name: string, tensor: RuntimeTensor): Tensor {
  const { data, dims, type } = tensor;
  return {
    name,
    dims,
    dataType: entryOf(codes, type),
    raw: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/** Floating-point values as an engine takes them, in single or double precision. */
export function floatFeed(dataType: number, dims: readonly number[], values: FloatArray): RuntimeTensor {
  if (dataType === DataType.DOUBLE) {
    return {
      type: "float64",
      dims,
      data: values instanceof Float64Array ? values : Float64Array.from(values),
    };
  }
  return { type: "float32", dims, data: values instanceof Float32Array ? values : Float32Array.from(values) };
}

/** bfloat16 elements, which are the upper halves of float32 numbers. */
export function bfloatValues(raw: Uint8Array): Float32Array {
  requireKind("bfloatValues: raw", "bytes", raw);
  const halves = new Uint16Array(new Uint8Array(raw).buffer);
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}

/** IEEE 754 binary16 bits → number. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const rounding = new Float32Array(1);
const roundingBits = new Uint32Array(rounding.buffer);

/** Number → the nearest IEEE 754 binary16 bits, ties to even; beyond the largest, infinity. */
export function floatToHalf(value: number): number {
  rounding[0] = value;
  const sign = (roundingBits[0] >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(rounding[0]);
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Multiples of 2⁻²⁴ below 2⁻¹⁴; above, what a number of 10 fraction bits at its exponent can be a multiple of.
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.max(magnitude, 2 ** -24))));
  const units = roundedToEven(magnitude / 2 ** (exponent - 10));
  return sign | (units + (exponent + 14) * 1024);
}

function roundedToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
