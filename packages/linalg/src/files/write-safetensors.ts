// The bytes of a safetensors file.

import { LinalgError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { isSizes, type SafetensorsData, type SafetensorsDtype, type Tensor } from "./safetensors-types.ts";

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
  requireKind("writeSafetensors: tensors", "object", tensors);
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

function requireTensor(name: string, { shape, data }: Tensor): void {
  if (name === "__metadata__") {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      "writeSafetensors: no tensor may be named __metadata__, which the format keeps for itself. Rename it.",
    );
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
  throw new LinalgError(
    "INVALID_ARGUMENT",
    "writeSafetensors: data must be a typed array of numbers, got another object. Convert it, as by Float64Array.from.",
  );
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
