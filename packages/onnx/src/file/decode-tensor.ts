// ONNX protobuf → Tensor: dense, sparse and external.

import { DEFAULT_MEMORY_BUDGET, VielbeinError } from "@vielbein/core";
import { elementBits } from "../model/element-types.ts";
import type { ExternalData, Tensor } from "../model/model.ts";
import { byteLength, elementCount, numericValues } from "../model/tensor.ts";
import { WireError, WireReader } from "./proto/reader.ts";

/** A TensorProto; its raw elements stay a view of `bytes`. */
export function readTensor(bytes: Uint8Array): Tensor {
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
  requireExtents(name, dims);
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
  // Of types that are passed through, nobody knows how many bytes there should be.
  if (expected !== raw.length && elementBits(dataType) > 0) {
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

/** Refuses extents that no array can have, before anything is sized by them. */
function requireExtents(name: string, dims: readonly number[]): void {
  if (dims.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    if (Number.isSafeInteger(elementCount(dims))) return;
  }
  throw new WireError(`tensor "${name}" has the impossible shape [${dims}]`);
}

/** Bytes that the sparse tensors of one model may still take once they are dense. */
export interface DenseAllowance {
  bytes: number;
}

export function newAllowance(): DenseAllowance {
  return { bytes: DEFAULT_MEMORY_BUDGET };
}

/**
 * A SparseTensorProto as a dense tensor. @throws {VielbeinError} `MEMORY_BUDGET` beyond the allowance, which it uses
 * up.
 */
export function readSparseTensor(reader: WireReader, allowance: DenseAllowance): Tensor {
  let values: Tensor | undefined;
  let indices: Tensor | undefined;
  const dims: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) values = readTensor(reader.byteString());
    else if (reader.field === 2) indices = readTensor(reader.byteString());
    else if (reader.field === 3) reader.intsInto(dims);
    else reader.skip();
  }
  if (!values || !indices) throw new WireError("a sparse tensor lacks its values or its indices");
  const { name, dataType } = values;
  requireExtents(name, dims);
  if ([values, indices].some(({ external, opaque }) => external || opaque)) {
    throw new WireError(`sparse tensor "${name}" holds no plain numbers`);
  }
  const bytes = byteLength({ ...values, dims });
  if (bytes > allowance.bytes) {
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `Sparse tensor "${name}" of shape [${dims}] takes ${bytes} bytes once it is dense, more than the ${allowance.bytes} that are left for such tensors. Export the model with dense weights of a smaller size.`,
    );
  }
  allowance.bytes -= bytes;
  return { name, dims, dataType, raw: scattered(values, positionsOf(indices, dims, name), bytes) };
}

/** Position of each value in the flattened tensor: indices are positions already, or rows of coordinates. */
function positionsOf(indices: Tensor, dims: readonly number[], name: string): number[] {
  const numbers = numericValues(indices);
  const rank = indices.dims.length === 2 ? dims.length : 1;
  const extents = rank === 1 ? [elementCount(dims)] : dims;
  if (indices.dims.length === 2 && indices.dims[1] !== rank) {
    throw new WireError(`sparse tensor "${name}" has indices of shape [${indices.dims}] for [${dims}]`);
  }
  return Array.from({ length: numbers.length / rank }, (_, row) =>
    extents.reduce((position, extent, axis) => {
      const index = numbers[row * rank + axis];
      if (index >= 0 && index < extent) return position * extent + index;
      throw new WireError(`sparse tensor "${name}" has index ${index} where ${extent} elements are`);
    }, 0),
  );
}

function scattered({ name, raw, dataType }: Tensor, positions: readonly number[], bytes: number): Uint8Array {
  const size = elementBits(dataType) / 8;
  if (size < 1 || raw.length !== positions.length * size) {
    throw new WireError(`sparse tensor "${name}" holds ${raw.length} bytes at ${positions.length} indices`);
  }
  if (new Set(positions).size < positions.length) {
    const repeated = positions.find((position, i) => positions.indexOf(position) < i);
    throw new WireError(`sparse tensor "${name}" has two values for element ${repeated}`);
  }
  const dense = new Uint8Array(bytes);
  positions.forEach((position, i) => {
    dense.set(raw.subarray(i * size, (i + 1) * size), position * size);
  });
  return dense;
}

/** A message of a key and a value. */
export function readStringPair(reader: WireReader): [string, string] {
  let key = "";
  let value = "";
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  return [key, value];
}

function readExternal(tensor: string, entries: ReadonlyMap<string, string>): ExternalData {
  const location = entries.get("location") ?? "";
  const offset = Number(entries.get("offset") ?? 0);
  const length = entries.has("length") ? Number(entries.get("length")) : undefined;
  if (!location || !isByteCount(offset) || (length !== undefined && !isByteCount(length))) {
    throw new WireError(`tensor "${tensor}" has a malformed reference to external data`);
  }
  return { location, offset, length };
}

function isByteCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
