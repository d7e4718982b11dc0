// Entry point `@vielbein/linalg/safetensors`: the file format of Hugging Face's safetensors, named arrays without
// code. Eight bytes with the length of a JSON header, the header, then the arrays, little-endian and in C order.
// https://github.com/huggingface/safetensors, "Format".

import { LinalgError } from "../errors.ts";
import { halfToNumber } from "./half.ts";

export type SafetensorsDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

export type SafetensorsData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

export interface Tensor {
  /** Lengths of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order: the last axis varies fastest. */
  readonly data: SafetensorsData;
}

export interface ReadTensor extends Tensor {
  /** Type in the file. F16 and BF16 come as Float32Array, BOOL as Uint8Array. */
  readonly dtype: SafetensorsDtype;
}

export interface Safetensors {
  /** By name; the record has no prototype, so a name such as `constructor` is like any other. */
  readonly tensors: Readonly<Record<string, ReadTensor>>;
  /** The strings under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const ITEM_BYTES: Readonly<Record<SafetensorsDtype, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The limit of the reference implementation. */
const MAX_HEADER = 100_000_000;

/**
 * Reads all tensors of a safetensors file. As the format demands, they must fill the data without gaps or overlaps.
 *
 * @throws {LinalgError} `INVALID_FILE`.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) throw invalid("cut short before the length of the header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER) throw invalid(`the header is said to take ${headerLength} bytes`);
  const start = 8 + headerLength;
  if (start > bytes.length) throw invalid("cut short in the header");
  const header = parseHeader(bytes.subarray(8, start));
  const metadata = metadataOf(header);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  const tensors = entries.map(([name, entry]) => [name, readTensor(bytes, start, name, entry)] as const);
  requireFilled(
    entries.map(([, entry]) => (entry as { data_offsets: [number, number] }).data_offsets),
    bytes.length - start,
  );
  return {
    tensors: Object.assign(Object.create(null), Object.fromEntries(tensors)),
    metadata: Object.assign(Object.create(null), metadata),
  };
}

/**
 * The bytes of a safetensors file, equal to what the reference implementation writes: tensors by descending size of
 * their elements, then by name. The type follows the type of the data: Float32Array F32, Uint8Array U8 and so on.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` or `SHAPE_MISMATCH`.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  for (const [name, tensor] of Object.entries(tensors)) requireTensor(name, tensor);
  const sorted = Object.entries(tensors)
    .map(([name, { shape, data }]) => ({ name, shape, data, dtype: dtypeOf(data) }))
    .sort((a, b) => rankOf(a.dtype) - rankOf(b.dtype) || compareUtf8(a.name, b.name));
  const header = encodeHeader(sorted, metadata);
  const end = sorted.reduce((sum, { data }) => sum + data.byteLength, 0);
  const result = new Uint8Array(8 + header.length + end);
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  result.set(header, 8);
  let at = 8 + header.length;
  for (const { data } of sorted) {
    result.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return result;
}

/** JSON, filled up with spaces so that the data begin at a multiple of eight. */
function encodeHeader(
  tensors: readonly (Tensor & { readonly name: string; readonly dtype: SafetensorsDtype })[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  const header: [string, unknown][] = metadata ? [["__metadata__", metadata]] : [];
  let end = 0;
  for (const { name, shape, data, dtype } of tensors) {
    header.push([name, { dtype, shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  // Not through an object, which would put names that look like integers first.
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = new Uint8Array(8 * Math.ceil(json.length / 8)).fill(0x20);
  padded.set(json);
  return padded;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LinalgError("INVALID_FILE", "readSafetensors: the header is not JSON.", { cause });
  }
  if (!isRecord(header)) throw invalid("the header must be a JSON object");
  return header;
}

function metadataOf({ __metadata__: metadata = {} }: Record<string, unknown>): Record<string, unknown> {
  if (isRecord(metadata) && Object.values(metadata).every((value) => typeof value === "string")) {
    return metadata;
  }
  throw invalid("__metadata__ must map names to strings");
}

function readTensor(bytes: Uint8Array, start: number, name: string, entry: unknown): ReadTensor {
  const what = `tensor ${shown(name)}`;
  const { dtype, shape, offsets } = layoutOf(what, entry);
  if (start + offsets[1] > bytes.length) throw invalid(`cut short in ${what}`);
  // A copy, because the data in `bytes` need not be aligned. Not by `slice`: a Buffer's makes a view.
  const raw = new Uint8Array(bytes.subarray(start + offsets[0], start + offsets[1]));
  return { shape, dtype, data: elements(raw.buffer, dtype) };
}

interface Layout {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly offsets: readonly number[];
}

/** What the header says of a tensor, which it calls `what`. */
function layoutOf(what: string, entry: unknown): Layout {
  if (!isRecord(entry)) throw invalid(`${what} must be described by an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(ITEM_BYTES, dtype)) {
    throw invalid(`${what} has the element type ${shown(dtype)}, which is not read here`);
  }
  if (!isSizes(shape)) throw invalid(`${what} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw invalid(`${what} has no valid data_offsets`);
  }
  const length = shape.reduce((product, side) => product * side, 1);
  const taken = length * ITEM_BYTES[dtype as SafetensorsDtype];
  if (offsets[1] - offsets[0] !== taken) {
    throw invalid(
      `${what}: shape [${shape}] of ${dtype} takes ${taken} bytes, got ${offsets[1] - offsets[0]}`,
    );
  }
  return { dtype: dtype as SafetensorsDtype, shape, offsets };
}

function elements(buffer: ArrayBuffer, dtype: SafetensorsDtype): SafetensorsData {
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer);
    case "F32":
      return new Float32Array(buffer);
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "BF16":
      // The upper half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case "I64":
      return new BigInt64Array(buffer);
    case "U64":
      return new BigUint64Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "I16":
      return new Int16Array(buffer);
    case "U16":
      return new Uint16Array(buffer);
    case "I8":
      return new Int8Array(buffer);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer);
  }
}

/** The tensors' bytes, in order, must follow each other from the first to the last of the data. */
function requireFilled(offsets: readonly (readonly [number, number])[], length: number): void {
  let end = 0;
  for (const [from, to] of offsets.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (from !== end) throw invalid(`the data have a gap or an overlap at byte ${Math.min(from, end)}`);
    end = to;
  }
  if (end !== length) throw invalid(`${length - end} bytes follow the last tensor`);
}

function requireTensor(name: string, { shape, data }: Tensor): void {
  if (name === "__metadata__") {
    throw new LinalgError("INVALID_ARGUMENT", "writeSafetensors: no tensor may be named __metadata__.");
  }
  const length = shape.reduce((product, side) => product * side, 1);
  if (!isSizes(shape) || data.length !== length) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `writeSafetensors: tensor ${JSON.stringify(name)} of shape [${shape}] holds ${length} elements, got ${data.length}.`,
    );
  }
}

function dtypeOf(data: SafetensorsData): SafetensorsDtype {
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Float32Array) return "F32";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof BigUint64Array) return "U64";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint32Array) return "U32";
  if (data instanceof Int16Array) return "I16";
  if (data instanceof Uint16Array) return "U16";
  if (data instanceof Int8Array) return "I8";
  if (data instanceof Uint8Array) return "U8";
  throw new LinalgError("INVALID_ARGUMENT", "writeSafetensors: the data must be a typed array.");
}

/** Place in the order of the reference implementation, whose types ascend U8, I8, I16 … F64, U64. */
function rankOf(dtype: SafetensorsDtype): number {
  return ["U64", "I64", "F64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "I8", "U8", "BOOL"].indexOf(
    dtype,
  );
}

/** Order of the UTF-8 bytes, which is that of the code points. */
function compareUtf8(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i].codePointAt(0)! - y[i].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Enough of a foreign value to know it again: headers can hold megabytes. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "none";
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

function invalid(reason: string): LinalgError {
  return new LinalgError("INVALID_FILE", `readSafetensors: not a readable safetensors file: ${reason}.`);
}
