// The header of a .npy file: a Python dictionary with element type, order and shape (NEP 1, versions 1 to 3).

import { LinalgError } from "../errors.ts";

/** Element type as the file has it, without its byte order. */
export type NpyDtype = "b1" | "u1" | "i1" | "u2" | "i2" | "u4" | "i4" | "u8" | "i8" | "f2" | "f4" | "f8";

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  /** Lengths of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Type of the elements. */
  readonly dtype: NpyDtype;
  /** Whether the high byte of an element comes first. */
  readonly isBigEndian: boolean;
  /** Fortran order: the first axis varies fastest. */
  readonly isFortran: boolean;
  /** Number of elements. */
  readonly length: number;
  /** Where the elements begin, and where they end, in bytes of the file. */
  readonly start: number;
  /** Where the elements end, in bytes of the file. */
  readonly end: number;
}

/** An array that is complete but of a kind that we do not read. */
export class UnsupportedArrayError extends LinalgError {
  constructor(message: string) {
    super("INVALID_FILE", message);
  }
}

export const MAGIC = "\x93NUMPY";
/** The longest header that NumPy reads unless told otherwise; ours parses no more either. */
const MAX_HEADER = 10_000;
/** The longest beginning of a file that {@link readNpyHeader} looks at. */
export const MAX_HEADER_END: number = 12 + MAX_HEADER;

/**
 * Reads the header. `bytes` must hold all of it; the elements may be missing.
 *
 * @throws {LinalgError} `INVALID_FILE`.
 */
export function readNpyHeader(bytes: Uint8Array): NpyHeader {
  const { text: header, start } = headerText(bytes);
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[.*\]))/.exec(header);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header);
  const shape = /['"]shape['"]\s*:\s*\(([\dL,\s]*)\)/.exec(header);
  if (!descr || !order || !shape) {
    throw invalid(`the header must have descr, fortran_order and shape, got ${shown(header)}`);
  }
  const { dtype, isBigEndian } = elementType(descr[1] ?? descr[2]);
  const sides = sidesOf(shape[1]);
  const length = sides.reduce((product, side) => product * side, 1);
  const end = start + length * Number(dtype[1]);
  return { shape: sides, dtype, isBigEndian, isFortran: order[1] === "True", length, start, end };
}

function headerText(bytes: Uint8Array): { text: string; start: number } {
  if (latin1(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw invalid("it does not begin with the magic string \\x93NUMPY");
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3)
    throw invalid(`format version ${version} is unknown; 1, 2 and 3 are read`, "Save it by numpy.save");
  const lengthBytes = version === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (bytes.length < headerStart) throw invalid("cut short in the header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) {
    throw invalid(`the header takes ${length} bytes, and NumPy reads at most ${MAX_HEADER}`);
  }
  const start = headerStart + length;
  if (bytes.length < start) throw invalid("cut short in the header");
  return { text: latin1(bytes.subarray(headerStart, start)), start };
}

const NOT_READABLE = "readNpy: not a readable .npy file";

/** Why types of these kinds are not read. */
const REFUSED: Readonly<Record<string, string>> = {
  O: "an array of Python objects (a pickle, which can run code when it is read)",
  c: "complex numbers (save the real and the imaginary parts)",
  f: "floats of another precision (save them as f8)",
  U: "text",
  S: "text",
  a: "text",
  M: "dates",
  m: "time spans",
  V: "raw bytes",
};

function elementType(descr: string): Pick<NpyHeader, "dtype" | "isBigEndian"> {
  const match = /^([<>|=]?)(b1|[iu][1248]|f[248])$/.exec(descr);
  if (match) return { dtype: match[2] as NpyDtype, isBigEndian: match[1] === ">" };
  const kind = descr.startsWith("[")
    ? "a structured type (save each field as an array of its own)"
    : REFUSED[/[a-zA-Z]/.exec(descr)?.[0] ?? ""];
  throw new UnsupportedArrayError(
    `${NOT_READABLE}: element type ${shown(descr)} is not supported${kind === undefined ? "" : `, being ${kind}`}. Read are bool, integers of 1 to 8 bytes, and f2, f4 and f8.`,
  );
}

function sidesOf(tuple: string): number[] {
  const sides = tuple
    .split(",")
    .map((side) => side.trim())
    .filter((side) => side !== "");
  // Python 2 wrote its long integers as 3L.
  const wrong = sides.find(
    (side) => !/^\d+L?$/.test(side) || !Number.isSafeInteger(Number.parseInt(side, 10)),
  );
  if (wrong !== undefined) throw invalid(`an axis cannot have the length ${shown(wrong)}`);
  return sides.map((side) => Number.parseInt(side, 10));
}

/** Enough of a foreign text to know it again. */
function shown(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= 100 ? trimmed : `${trimmed.slice(0, 100)}…`;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

export function invalid(reason: string, remedy = "Download or copy it again"): LinalgError {
  return new LinalgError("INVALID_FILE", `${NOT_READABLE}: ${reason}. ${remedy}.`);
}
