// What stands before the pixels of a JPEG file (ITU-T T.81 annex B): size, components, colour space, orientation.

import { VielbeinError } from "@vielbein/core";
import { MAX_PIXELS } from "./png-header.ts";

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Sampling factors of each component, across and down. */
  readonly components: readonly { readonly id: number; readonly across: number; readonly down: number }[];
  /** Whether three components are luma and two differences of colour, and not red, green and blue. */
  readonly isLuma: boolean;
  /** How the picture must be turned to stand upright: 1 to 8, as Exif counts. */
  readonly orientation: number;
  /** Where Adobe's segment, which says how colours are coded, begins and ends. */
  readonly adobe: readonly [start: number, end: number] | undefined;
}

const FRAMES: Readonly<Record<number, string | undefined>> = {
  195: "lossless",
  197: "hierarchical",
  198: "hierarchical",
  199: "hierarchical",
  201: "arithmetic coding",
  202: "arithmetic coding",
  203: "arithmetic coding",
};
const READ_FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
const SCAN = 0xda;
const EXIF = 0xe1;
const ADOBE = 0xee;
/** Progressive files have about ten; each costs a walk over all pixels. */
const MAX_SCANS = 100;

/** @throws {VielbeinError} `INVALID_FILE`: no JPEG, cut short, or of a kind that is not read. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let adobe: { range: readonly [number, number]; transform: number } | undefined;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw invalidJpeg("it has bytes between its segments", "Check the file.");
    const marker = bytes[at + 1];
    // A marker may be preceded by any number of bytes FF.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === SCAN || end > bytes.length) break;
    const data = bytes.subarray(at + 4, end);
    if (marker === EXIF) orientation = exifOrientation(data) ?? orientation;
    if (marker === ADOBE && text(data, 0, 5) === "Adobe")
      adobe = { range: [at, end], transform: data[11] ?? 0 };
    if (FRAMES[marker] !== undefined) {
      throw invalidJpeg(
        `it is of a kind that is not read (${FRAMES[marker]})`,
        "Save it as baseline or progressive JPEG, or as PNG.",
      );
    }
    if (READ_FRAMES.has(marker)) {
      const frame = frameOf(data);
      requireFewScans(bytes);
      const ids = text(
        Uint8Array.from(frame.components, ({ id }) => id),
        0,
        3,
      );
      const isLuma = adobe ? adobe.transform !== 0 : ids !== "RGB";
      return { ...frame, isLuma, orientation, adobe: adobe?.range };
    }
    at = end;
  }
  throw invalidJpeg("it is cut short before its size", "Get the file again.");
}

function frameOf(data: Uint8Array): Pick<JpegHeader, "width" | "height" | "components"> {
  const [depth, high, low, wide, narrow, count] = data as unknown as number[];
  const [height, width] = [high * 256 + low, wide * 256 + narrow];
  if (data.length < 6 || data.length < 6 + 3 * count)
    throw invalidJpeg("its frame is cut short", "Check the file.");
  if (depth !== 8) throw invalidJpeg(`it has ${depth} bits a sample, and 8 are read`, "Save it as PNG.");
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    throw invalidJpeg(`it is ${width} × ${height}`, `Give an image of 1 to ${MAX_PIXELS} pixels.`);
  }
  const components = Array.from({ length: count }, (_, i) => {
    const [id, sampling] = data.subarray(6 + 3 * i) as unknown as number[];
    return { id: id, across: sampling >> 4, down: sampling & 15 };
  });
  return { width, height, components };
}

function requireFewScans(bytes: Uint8Array): void {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === SCAN) scans++;
  }
  if (scans > MAX_SCANS)
    throw invalidJpeg(`it has ${scans} scans`, `Save it again: at most ${MAX_SCANS} are read.`);
}

/** The orientation in an Exif segment: entry 0x0112 of the first directory of a TIFF file. */
function exifOrientation(data: Uint8Array): number | undefined {
  if (text(data, 0, 6) !== "Exif\0\0" || data.length < 14) return undefined;
  const tiff = new DataView(data.buffer, data.byteOffset + 6, data.byteLength - 6);
  const isLittle = text(data, 6, 8) === "II";
  const directory = tiff.getUint32(4, isLittle);
  if (directory + 2 > tiff.byteLength) return undefined;
  const count = tiff.getUint16(directory, isLittle);
  for (let i = 0, at = directory + 2; i < count && at + 12 <= tiff.byteLength; i++, at += 12) {
    if (tiff.getUint16(at, isLittle) === 0x0112) return tiff.getUint16(at + 8, isLittle);
  }
  return undefined;
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

export function invalidJpeg(what: string, remedy: string, cause?: unknown): VielbeinError {
  return new VielbeinError("INVALID_FILE", `JPEG: ${what}. ${remedy}`, { cause });
}
