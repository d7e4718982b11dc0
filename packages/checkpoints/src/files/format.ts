// Which format a file has, by its first bytes.

/** As people call them. */
export type Format = "safetensors" | "zip" | "tar" | "pickle" | "HDF5" | "JSON";

const ZIP = [0x50, 0x4b, 0x03, 0x04];
const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Of tar archives, behind the header of the first member. */
const TAR = [0x75, 0x73, 0x74, 0x61, 0x72];
const TAR_PLACE = 257;
const PROTOCOL = 0x80;
/** Of protocols 0 and 1, which do not say so: those that begin with a list or a dictionary that is remembered. */
const PICKLES: readonly (readonly number[])[] = ["(dp", "(lp", "}q", "]q", "ccollections\n"].map((text) =>
  Array.from(text, (character) => character.charCodeAt(0)),
);
const BRACE = 0x7b;
/** Of the length that safetensors files begin with. */
const LENGTH_BYTES = 8;
const LONGEST_HEADER = 2 ** 40;

/** The format of a checkpoint, or undefined: an ONNX file begins with none of these, and what is no bytes has none. */
export function checkpointFormat(bytes: Uint8Array): Format | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const begins = (signature: readonly number[]): boolean => signature.every((byte, i) => bytes[i] === byte);
  if (begins(ZIP)) return "zip";
  if (begins(HDF5)) return "HDF5";
  if (TAR.every((byte, i) => bytes[TAR_PLACE + i] === byte)) return "tar";
  const header = safetensorsHeader(bytes);
  // The length of a header may begin as pickles do.
  if (header <= bytes.length - LENGTH_BYTES) return "safetensors";
  if (PICKLES.some(begins) || (bytes[0] === PROTOCOL && bytes[1] >= 2 && bytes[1] <= 5)) return "pickle";
  // Of a file that is cut short.
  if (header < LONGEST_HEADER) return "safetensors";
  return bytes.length > 0 && /^\s*\{/.test(new TextDecoder().decode(new Uint8Array(bytes.subarray(0, 64))))
    ? "JSON"
    : undefined;
}

/** Bytes of the header that a safetensors file begins with; infinite where there is none. */
function safetensorsHeader({ buffer, byteOffset, [LENGTH_BYTES]: first }: Uint8Array): number {
  return first === BRACE ? Number(new DataView(buffer, byteOffset).getBigUint64(0, true)) : Infinity;
}
