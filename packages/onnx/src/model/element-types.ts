// Element types of tensors: names, sizes, and which of them derivatives can travel through.

import { DataType } from "./model.ts";

interface ElementType {
  readonly name: string;
  /** Bits that one element takes in memory; below 8, several share a byte. */
  readonly bits: number;
  readonly isFloat: boolean;
}

const integer = (name: string, bits: number): ElementType => ({ name, bits, isFloat: false });
const floating = (name: string, bits: number): ElementType => ({ name, bits, isFloat: true });

const elementTypes: ReadonlyMap<number, ElementType> = new Map([
  [DataType.FLOAT, floating("float32", 32)],
  [DataType.UINT8, integer("uint8", 8)],
  [DataType.INT8, integer("int8", 8)],
  [DataType.UINT16, integer("uint16", 16)],
  [DataType.INT16, integer("int16", 16)],
  [DataType.INT32, integer("int32", 32)],
  [DataType.INT64, integer("int64", 64)],
  [DataType.BOOL, integer("bool", 8)],
  [DataType.FLOAT16, floating("float16", 16)],
  [DataType.DOUBLE, floating("float64", 64)],
  [DataType.UINT32, integer("uint32", 32)],
  [DataType.UINT64, integer("uint64", 64)],
  // Pairs of floating-point numbers, which derivatives here do not pass.
  [DataType.COMPLEX64, integer("complex64", 64)],
  [DataType.COMPLEX128, integer("complex128", 128)],
  [DataType.BFLOAT16, floating("bfloat16", 16)],
  [DataType.FLOAT8E4M3FN, floating("float8e4m3fn", 8)],
  [DataType.FLOAT8E4M3FNUZ, floating("float8e4m3fnuz", 8)],
  [DataType.FLOAT8E5M2, floating("float8e5m2", 8)],
  [DataType.FLOAT8E5M2FNUZ, floating("float8e5m2fnuz", 8)],
  [DataType.UINT4, integer("uint4", 4)],
  [DataType.INT4, integer("int4", 4)],
  [DataType.FLOAT4E2M1, floating("float4e2m1", 4)],
  [DataType.FLOAT8E8M0, floating("float8e8m0", 8)],
  [DataType.UINT2, integer("uint2", 2)],
  [DataType.INT2, integer("int2", 2)],
]);

/** Name of an element type for people: `float32`, or `type 99` for one this package does not know. */
export function dataTypeName(dataType: number | undefined): string {
  if (dataType === DataType.STRING) return "string";
  return elementTypes.get(dataType ?? 0)?.name ?? `type ${dataType ?? "unknown"}`;
}

/** Bits of one element; 0 for strings and for types this package does not know, which are passed through. */
export function elementBits(dataType: number): number {
  return elementTypes.get(dataType)?.bits ?? 0;
}

/** Whether a type holds floating-point numbers, of whatever precision. */
export function isFloat(dataType: number | undefined): boolean {
  return elementTypes.get(dataType ?? 0)?.isFloat ?? false;
}

/** The largest finite values of types to which what lies beyond is clipped, unless an operator is told not to. */
export const largestFloat8: ReadonlyMap<number, number> = new Map([
  [DataType.FLOAT8E4M3FN, 448],
  [DataType.FLOAT8E4M3FNUZ, 240],
  [DataType.FLOAT8E5M2, 57_344],
  [DataType.FLOAT8E5M2FNUZ, 57_344],
]);

/** Whether a type is one that engines compute derivatives in: float32 or float64. */
export function isSingleOrDouble(dataType: number | undefined): boolean {
  return dataType === DataType.FLOAT || dataType === DataType.DOUBLE;
}

/** Whether numbers are rounded to fewer digits than float32 has, which derivatives pass as they pass the identity. */
export function isReducedFloat(dataType: number | undefined): boolean {
  return isFloat(dataType) && !isSingleOrDouble(dataType);
}

/** Type that the tangents of a floating-point tensor have: its own, or float32 for reduced precision. */
export function tangentType(dataType: number): number {
  return isReducedFloat(dataType) ? DataType.FLOAT : dataType;
}
