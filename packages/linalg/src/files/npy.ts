// NumPy's .npy files: one array, as described in NumPy's "NEP 1: a simple file format for NumPy arrays".
// Object arrays are pickles and are refused: reading a pickle can run code.
// Typed arrays are taken to be little-endian, as they are on every machine that runs JavaScript engines.

import { LinalgError } from "../errors.ts";
import { requireSize } from "../matrix.ts";
import { requireKind } from "../requirements.ts";
import { halfToNumber } from "./half.ts";
import { invalid, MAGIC, type NpyDtype, readNpyHeader } from "./npy-header.ts";

/** Arrays of elements that `.npy` files are written from and read into. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An n-dimensional array, as NumPy has it. */
export interface NpyArray {
  /** Lengths of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order: the last axis varies fastest. */
  readonly data: NpyData;
}

/** An array as it was read, with the type that it has in the file. */
export interface ReadNpyArray extends NpyArray {
  /**
   * Type in the file. `f2` comes as a Float32Array, `b1` as a Uint8Array of 0 and 1, every other as the array of that
   * type.
   */
  readonly dtype: NpyDtype;
}

/** NumPy pads headers to multiples of this, so that the data can be mapped into memory. */
const ALIGNMENT = 64;
/** NumPy leaves room for the first axis to grow to this many digits. */
const GROWTH_DIGITS = 21;
/** Bytes before the header: the magic string, two of the version, and two of the header's length. */
const PREAMBLE = MAGIC.length + 4;

/**
 * Reads the array in the bytes of a `.npy` file. Files in Fortran order are reordered to C order,
 * big-endian files are swapped.
 *
 * @throws {LinalgError} `INVALID_FILE`: not a .npy file, cut short, or of an element type that is neither a float of
 * 2, 4 or 8 bytes, nor an integer, nor bool.
 */
export function readNpy(bytes: Uint8Array): ReadNpyArray {
  requireKind("readNpy: bytes", "bytes", bytes);
  const { shape, dtype, isBigEndian, isFortran, start, end } = readNpyHeader(bytes);
  // Negated, so that a product of absurd sides that is NaN is refused too.
  if (!(bytes.length >= end)) {
    throw invalid(
      `cut short: shape [${shape}] of ${dtype} takes ${end - start} bytes, got ${bytes.length - start}`,
    );
  }
  // A copy, because the data in `bytes` need not be aligned. Not by `slice`: a Buffer's makes a view.
  const raw = new Uint8Array(bytes.subarray(start, end));
  if (isBigEndian) swapBytes(raw, Number(dtype[1]));
  const data = elements(raw, dtype);
  return { shape, dtype, data: isFortran ? toRowMajor(data, shape) : data };
}

/**
 * The bytes of a `.npy` file (version 1.0, little-endian, C order), equal to what `numpy.save` writes.
 * The element type follows the type of `data`: Float32Array f4, Uint8Array u1 and so on.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` or `SHAPE_MISMATCH`.
 */
export function writeNpy(array: NpyArray): Uint8Array {
  requireKind("writeNpy: array", "npyArray", array);
  const { shape, data } = array;
  for (const side of shape) requireSize("writeNpy: every axis", side);
  const length = shape.reduce((product, side) => product * side, 1);
  if (data.length !== length) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `writeNpy: shape [${shape}] holds ${length} elements, got ${data.length}.`,
    );
  }
  const header = headerText(shape, data);
  const result = new Uint8Array(PREAMBLE + header.length + data.byteLength);
  result.set(latin1(`${MAGIC}\x01\x00`));
  result.set([header.length & 0xff, header.length >> 8], PREAMBLE - 2);
  result.set(latin1(header), PREAMBLE);
  result.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), PREAMBLE + header.length);
  return result;
}

/** The description of an array as a dictionary in Python, padded so that the data behind it are aligned. */
function headerText(shape: readonly number[], data: NpyData): string {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const growth = shape.length > 0 ? " ".repeat(GROWTH_DIGITS - String(shape[0]).length) : "";
  const dictionary = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }${growth}`;
  // One to 64 spaces and never none, as NumPy does it; then the newline.
  const padding = ALIGNMENT - ((PREAMBLE + dictionary.length + 1) % ALIGNMENT);
  return `${dictionary}${" ".repeat(padding)}\n`;
}

function elements(raw: Uint8Array<ArrayBuffer>, dtype: NpyDtype): NpyData {
  if (dtype === "f2") return Float32Array.from(new Uint16Array(raw.buffer), halfToNumber);
  if (dtype === "b1") return raw.map((byte) => (byte === 0 ? 0 : 1));
  return new ARRAYS[dtype](raw.buffer);
}

const ARRAYS = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

function descrOf(data: NpyData): string {
  const found = Object.entries(ARRAYS).find(([, type]) => data instanceof type);
  if (!found)
    throw new LinalgError(
      "INVALID_ARGUMENT",
      "writeNpy: data must be a typed array of numbers, got another object. Convert it, as by Float64Array.from.",
    );
  return `${data.BYTES_PER_ELEMENT === 1 ? "|" : "<"}${found[0]}`;
}

function swapBytes(raw: Uint8Array, itemSize: number): void {
  for (let i = 0; i < raw.length; i += itemSize) raw.subarray(i, i + itemSize).reverse();
}

/** Reorders elements whose first axis varies fastest. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  // Axes of one element change nothing, and there can be thousands.
  const sides = shape.filter((side) => side !== 1);
  const index = new Array<number>(sides.length).fill(0);
  const strides: number[] = [];
  sides.reduce((stride, side) => {
    strides.push(stride);
    return stride * side;
  }, 1);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    result[to] = data[from];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < sides[axis]) break;
      from -= strides[axis] * sides[axis];
      index[axis] = 0;
    }
  }
  return result;
}

function latin1(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}
