// What a safetensors file holds.

/** Element types of safetensors that are read and written. */
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

/** Element types of tensors whose bytes are viewed: those, and types whose elements are not read here. */
export type SafetensorsViewDtype = SafetensorsDtype | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" | "C64";

/** Arrays of elements that safetensors files are written from and read into. */
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

/** A tensor for a safetensors file. */
export interface Tensor {
  /** Lengths of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order: the last axis varies fastest. */
  readonly data: SafetensorsData;
}

/** A tensor as it was read, with the type that it has in the file. */
export interface ReadTensor extends Tensor {
  /** Type in the file. F16 and BF16 come as Float32Array, BOOL as Uint8Array. */
  readonly dtype: SafetensorsDtype;
}

/** A safetensors file: its tensors and its metadata. */
export interface Safetensors {
  /** By name; the record has no prototype, so a name such as `constructor` is like any other. */
  readonly tensors: Readonly<Record<string, ReadTensor>>;
  /** The strings under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor whose elements are not read yet. */
export interface SafetensorsView {
  /** Lengths of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Type of the elements in the file. */
  readonly dtype: SafetensorsViewDtype;
  /** Its elements as they lie in the file, little-endian and in C order. */
  readonly raw: Uint8Array;
}

/** As {@link Safetensors}, with views. */
export interface SafetensorsViews {
  /** Tensors by their names. */
  readonly tensors: Readonly<Record<string, SafetensorsView>>;
  /** Texts by their names, `__metadata__` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Whether a value is the lengths of axes. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
