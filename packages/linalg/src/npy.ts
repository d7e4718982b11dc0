// NumPy's .npy files: one array, as described in NumPy's "NEP 1: a simple file format for NumPy arrays".
// Object arrays are pickles and are refused: reading a pickle can run code.
// Typed arrays are taken to be little-endian, as they are on every machine that runs JavaScript engines.

import { LinalgError } from "./errors.ts";
import { halfToNumber } from "./half.ts";
import { requireSize } from "./matrix.ts";

export type NpyData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** Element type as the file has it, without its byte order. */
export type NpyDtype = "f2" | "f4" | "f8" | "i4" | "i8" | "u1";

export interface NpyArray {
  /** Lengths of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order: the last axis varies fastest. */
  readonly data: NpyData;
}

export interface ReadNpyArray extends NpyArray {
  /** Type in the file. `f2` comes as a Float32Array, every other type as the array of that type. */
  readonly dtype: NpyDtype;
}

const MAGIC = "\x93NUMPY";
/** NumPy pads headers to multiples of this, so that the data can be mapped into memory. */
const ALIGNMENT = 64;
/** NumPy leaves room for the first axis to grow to this many digits. */
const GROWTH_DIGITS = 21;

/**
 * Reads the array in the bytes of a `.npy` file. Files in Fortran order are reordered to C order,
 * big-endian files are swapped.
 *
 * @throws {LinalgError} `INVALID_FILE`: not a .npy file, cut short, or an element type other than
 * f2, f4, f8, i4, i8, u1.
 */
export function readNpy(bytes: Uint8Array): ReadNpyArray {
  const { descr, fortranOrder, shape, dataStart } = readHeader(bytes);
  const match = /^([<>|=]?)(f2|f4|f8|i4|i8|u1)$/.exec(descr);
  if (!match) {
    throw invalid(`element type ${descr} is not supported; save the array as f4, f8, i4, i8 or u1`);
  }
  const dtype = match[2] as NpyDtype;
  const itemSize = Number(dtype[1]);
  const length = shape.reduce((product, side) => product * side, 1);
  const available = bytes.length - dataStart;
  // Negated, so that a product of absurd sides that is NaN is refused too.
  if (!(available >= length * itemSize)) {
    throw invalid(
      `cut short: shape [${shape}] of ${dtype} takes ${length * itemSize} bytes, got ${available}`,
    );
  }
  // A copy, because the data in `bytes` need not be aligned. Not by `slice`: a Buffer's makes a view.
  const raw = new Uint8Array(bytes.subarray(dataStart, dataStart + length * itemSize));
  if (match[1] === ">") swapBytes(raw, itemSize);
  const data = elements(raw.buffer, dtype);
  return { shape, dtype, data: fortranOrder ? toRowMajor(data, shape) : data };
}

/**
 * The bytes of a `.npy` file (version 1.0, little-endian, C order), equal to what `numpy.save` writes.
 * The element type follows the type of `data`: f4, f8, i4, i8 or u1.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` or `SHAPE_MISMATCH`.
 */
export function writeNpy({ shape, data }: NpyArray): Uint8Array {
  for (const side of shape) requireSize("writeNpy: every axis", side);
  const length = shape.reduce((product, side) => product * side, 1);
  if (data.length !== length) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `writeNpy: shape [${shape}] holds ${length} elements, got ${data.length}.`,
    );
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const growth = shape.length > 0 ? " ".repeat(GROWTH_DIGITS - String(shape[0]).length) : "";
  const dictionary = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }${growth}`;
  const preamble = MAGIC.length + 4;
  // One to 64 spaces and never none, as NumPy does it; then the newline.
  const padding = ALIGNMENT - ((preamble + dictionary.length + 1) % ALIGNMENT);
  const header = `${dictionary}${" ".repeat(padding)}\n`;
  const result = new Uint8Array(preamble + header.length + data.byteLength);
  result.set(latin1(`${MAGIC}\x01\x00`));
  result.set([header.length & 0xff, header.length >> 8], preamble - 2);
  result.set(latin1(header), preamble);
  result.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), preamble + header.length);
  return result;
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

function readHeader(bytes: Uint8Array): Header {
  if (text(bytes, 0, MAGIC.length) !== MAGIC)
    throw invalid("it does not begin with the magic string \\x93NUMPY");
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw invalid(`format version ${version} is unknown; 1, 2 and 3 are read`);
  const lengthBytes = version === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (bytes.length < headerStart) throw invalid("cut short in the header");
  let headerLength = 0;
  for (let i = lengthBytes - 1; i >= 0; i--) headerLength = headerLength * 256 + bytes[8 + i]!;
  const dataStart = headerStart + headerLength;
  if (bytes.length < dataStart) throw invalid("cut short in the header");
  const header = text(bytes, headerStart, dataStart);
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[.*\]))/.exec(header);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header);
  const shape = /['"]shape['"]\s*:\s*\(([\d,\s]*)\)/.exec(header);
  if (!descr || !order || !shape) {
    throw invalid(
      `the header must have descr, fortran_order and shape, got ${JSON.stringify(header.trim())}`,
    );
  }
  const sides = shape[1]!.split(",").filter((side) => side.trim() !== "");
  return {
    descr: descr[1] ?? descr[2]!,
    fortranOrder: order[1] === "True",
    shape: sides.map(Number),
    dataStart,
  };
}

function elements(buffer: ArrayBuffer, dtype: NpyDtype): NpyData {
  switch (dtype) {
    case "f2":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "f4":
      return new Float32Array(buffer);
    case "f8":
      return new Float64Array(buffer);
    case "i4":
      return new Int32Array(buffer);
    case "i8":
      return new BigInt64Array(buffer);
    case "u1":
      return new Uint8Array(buffer);
  }
}

function descrOf(data: NpyData): string {
  if (data instanceof Float32Array) return "<f4";
  if (data instanceof Float64Array) return "<f8";
  if (data instanceof Int32Array) return "<i4";
  if (data instanceof BigInt64Array) return "<i8";
  if (data instanceof Uint8Array) return "|u1";
  throw new LinalgError(
    "INVALID_ARGUMENT",
    "writeNpy: data must be a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array.",
  );
}

function swapBytes(raw: Uint8Array, itemSize: number): void {
  for (let i = 0; i < raw.length; i += itemSize) raw.subarray(i, i + itemSize).reverse();
}

/** Reorders elements whose first axis varies fastest. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1));
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    result[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Array.from(bytes.subarray(start, end), (byte) => String.fromCharCode(byte)).join("");
}

function latin1(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

function invalid(reason: string): LinalgError {
  return new LinalgError("INVALID_FILE", `readNpy: not a readable .npy file: ${reason}.`);
}
