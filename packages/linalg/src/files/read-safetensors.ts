// The tensors of a safetensors file, which may be damaged, or hostile.

import { LinalgError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { halfToNumber } from "./half.ts";
import {
  isSizes,
  type ReadTensor,
  type Safetensors,
  type SafetensorsData,
  type SafetensorsDtype,
  type SafetensorsView,
  type SafetensorsViewDtype,
  type SafetensorsViews,
} from "./safetensors-types.ts";

const ITEM_BYTES: Readonly<Record<SafetensorsViewDtype, number>> = {
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
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  C64: 8,
};

/** The limit of the reference implementation. */
const MAX_HEADER = 100_000_000;

/**
 * Reads all tensors of a safetensors file. As the format demands, they must fill the data without gaps or overlaps.
 *
 * @throws {LinalgError} `INVALID_FILE`.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  requireKind("readSafetensors: bytes", "bytes", bytes);
  const { tensors, metadata } = safetensorsViews(bytes);
  // Copies, because the data in `bytes` need not be aligned. Not by `slice`: a Buffer's makes a view.
  const read = Object.entries(tensors).map(([name, { dtype, shape, raw }]) => {
    if (!isRead(dtype)) throw unreadType(`tensor ${shown(name)}`, dtype);
    const { buffer } = new Uint8Array(raw);
    return [name, { shape, dtype, data: elements(buffer, dtype) } satisfies ReadTensor] as const;
  });
  return { tensors: Object.assign(Object.create(null), Object.fromEntries(read)), metadata };
}

/**
 * The same without reading the elements: views of `bytes`, which must not be changed afterwards.
 *
 * @throws {LinalgError} `INVALID_FILE`.
 */
export function safetensorsViews(bytes: Uint8Array): SafetensorsViews {
  requireKind("safetensorsViews: bytes", "bytes", bytes);
  if (bytes.length < 8) throw invalid("cut short before the length of the header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER) throw invalid(`the header is said to take ${headerLength} bytes`);
  const start = 8 + headerLength;
  if (start > bytes.length) throw invalid("cut short in the header");
  const header = parseHeader(bytes.subarray(8, start));
  const metadata = metadataOf(header);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  const tensors = entries.map(([name, entry]) => [name, viewOf(bytes, start, name, entry)] as const);
  requireFilled(
    entries.map(([, entry]) => (entry as { data_offsets: [number, number] }).data_offsets),
    bytes.length - start,
  );
  return {
    tensors: Object.assign(Object.create(null), Object.fromEntries(tensors)),
    metadata: Object.assign(Object.create(null), metadata),
  };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LinalgError(
      "INVALID_FILE",
      "readSafetensors: the header is not JSON. The file was damaged: download or copy it again.",
      { cause },
    );
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

function viewOf(bytes: Uint8Array, start: number, name: string, entry: unknown): SafetensorsView {
  const what = `tensor ${shown(name)}`;
  const { dtype, shape, offsets } = layoutOf(what, entry);
  if (start + offsets[1] > bytes.length) throw invalid(`cut short in ${what}`);
  return { shape, dtype, raw: bytes.subarray(start + offsets[0], start + offsets[1]) };
}

interface Layout {
  readonly dtype: SafetensorsViewDtype;
  readonly shape: readonly number[];
  readonly offsets: readonly number[];
}

/** What the header says of a tensor, which it calls `what`. */
function layoutOf(what: string, entry: unknown): Layout {
  if (!isRecord(entry)) throw invalid(`${what} must be described by an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(ITEM_BYTES, dtype)) {
    throw unreadType(what, dtype);
  }
  if (!isSizes(shape)) throw invalid(`${what} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw invalid(`${what} has no valid data_offsets`);
  }
  const length = shape.reduce((product, side) => product * side, 1);
  const taken = length * ITEM_BYTES[dtype as SafetensorsViewDtype];
  if (offsets[1] - offsets[0] !== taken) {
    throw invalid(
      `${what}: shape [${shape}] of ${dtype} takes ${taken} bytes, got ${offsets[1] - offsets[0]}`,
    );
  }
  return { dtype: dtype as SafetensorsViewDtype, shape, offsets };
}

function isRead(dtype: SafetensorsViewDtype): dtype is SafetensorsDtype {
  return !/^(F8|C)/.test(dtype);
}

function unreadType(what: string, dtype: unknown): LinalgError {
  return invalid(`${what} has the element type ${shown(dtype)}, which is not read here`, "Save it as F32");
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Enough of a foreign value to know it again: headers can hold megabytes. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "none";
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

function invalid(reason: string, remedy = "Download or copy it again"): LinalgError {
  return new LinalgError(
    "INVALID_FILE",
    `readSafetensors: not a readable safetensors file: ${reason}. ${remedy}.`,
  );
}
