// Reading of PNG files (ISO/IEC 15948): all colour types and depths, interlaced or not, with any transparency;
// checksums are verified. Of an animation, its still image.

import { adler32, inflateExactly } from "@vielbein/linalg/deflate";
import { requireKind } from "../arguments.ts";
import type { RgbaImage } from "../images/image.ts";
import { rowPainter } from "./pixels.ts";
import { invalidPng, readPngChunks } from "./png-chunks.ts";
import { readPngHeader } from "./png-header.ts";
import { eachRow, passesOf } from "./scanlines.ts";

/** How packed PNG data are unpacked. */
export interface DecodePngOptions {
  /**
   * Unpacks a zlib stream that must hold `size` bytes, verifies its checksum, and throws if it cannot. Default: our own
   * in plain TypeScript; the platform's is faster.
   */
  readonly inflate?: ((packed: Uint8Array, size: number) => Uint8Array) | undefined;
}

/** The pixels of a file. */
export interface DecodedImage extends RgbaImage {
  /** Bits of a sample in the file, where they were rounded to 8. */
  readonly roundedFrom?: 16 | undefined;
}

/**
 * The pixels of a PNG file. Samples of 16 bits are rounded to 8.
 *
 * @throws {VielbeinError} `INVALID_FILE` for a file that is not a PNG, is damaged, or has more than 2²⁶ pixels.
 */
export function decodePng(bytes: Uint8Array, { inflate = unzlib }: DecodePngOptions = {}): DecodedImage {
  requireKind("decodePng: bytes", "bytes", bytes);
  const { first: chunks, packed } = readPngChunks(bytes);
  const header = readPngHeader(chunks.get("IHDR"));
  const { width, height, channels, depth } = header;
  const paint = rowPainter(header, chunks);
  const passes = passesOf(header);
  const filtered = unpacked(
    packed,
    passes.reduce((sum, pass) => sum + (pass.stride + 1) * pass.height, 0),
    inflate,
  );
  const image = new Uint32Array(width * height);
  let from = 0;
  for (const pass of passes) {
    eachRow(filtered.subarray(from), pass, Math.max(1, (channels * depth) / 8), (row, y) => {
      const at = (pass.top + y * pass.down) * width + pass.left;
      paint(row, pass.width, image, at, pass.across);
    });
    from += (pass.stride + 1) * pass.height;
  }
  const pixels = { width, height, data: new Uint8ClampedArray(image.buffer) };
  return depth === 16 ? { ...pixels, roundedFrom: 16 } : pixels;
}

function unpacked(
  packed: Uint8Array,
  size: number,
  inflate: NonNullable<DecodePngOptions["inflate"]>,
): Uint8Array {
  let result: Uint8Array;
  try {
    result = inflate(packed, size);
  } catch (error) {
    const reason = (error as Error).message.replace(/\.$/, "");
    throw invalidPng(`its pixels cannot be unpacked (${reason})`, "Check the file.", error);
  }
  if (result.length === size) return result;
  throw invalidPng(`it has ${result.length} bytes of pixels where ${size} are due`, "Check the file.");
}

/** A zlib stream (RFC 1950): two bytes of header, DEFLATE, and the checksum. */
function unzlib(packed: Uint8Array, size: number): Uint8Array {
  const [method, flags] = packed;
  const isZlib = packed.length >= 6 && (method & 15) === 8 && (method * 256 + flags) % 31 === 0;
  if (!isZlib || flags & 32) throw invalidPng("its pixels are not a zlib stream", "Check the file.");
  const result = inflateExactly(packed.subarray(2, -4), size);
  const view = new DataView(packed.buffer, packed.byteOffset + packed.length - 4);
  const [actual, stored] = [adler32(result), view.getUint32(0)];
  if (actual === stored) return result;
  throw invalidPng(
    `the checksum (Adler-32) is ${actual.toString(16)} where the file says ${stored.toString(16)}`,
    "It was damaged.",
  );
}
