// A minimal PNG writer (PNG third edition, W3C 2025): 8-bit RGBA, still or animated. fflate does the compression,
// here and in the browser alike.

import { VielbeinError } from "@vielbein/core";
import { crc32 } from "@vielbein/linalg/deflate";
import { zlibSync } from "fflate";
import { requireKind } from "../arguments.ts";
import { joined } from "../read/png-chunks.ts";
import type { RgbaImage } from "./image.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOUR_TYPE_RGBA = 6;
const FILTER_UP = 2;

/**
 * Encodes an image as a PNG file.
 *
 * @example
 * ```js
 * import { encodePng } from "@vielbein/viz";
 *
 * const red = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 255, 0, 0, 255) };
 * console.log(String.fromCharCode(...encodePng(red).subarray(1, 4))); // → PNG
 * ```
 */
export function encodePng(image: RgbaImage): Uint8Array {
  requireKind("encodePng: image", "picture", image);
  return pngFile(image, [chunk("IDAT", compressed(image))]);
}

/** Speed and repetition of an animated PNG. */
export interface AnimationOptions {
  /** Milliseconds for which each frame is shown. Default 100. */
  readonly delay?: number | undefined;
  /** How often to play it; 0: for ever. Default 0. */
  readonly loops?: number | undefined;
}

/**
 * Encodes images as an animated PNG file, which browsers play and other viewers show as its first frame.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no frames, or for a delay or number of loops out of range;
 * `SHAPE_MISMATCH` for frames of different sizes.
 */
export function encodeAnimatedPng(frames: readonly RgbaImage[], options: AnimationOptions = {}): Uint8Array {
  requireKind("encodeAnimatedPng: frames", "pictures", frames);
  const { delay = 100, loops = 0 } = options;
  const [first] = frames;
  if (!first || !isUint(delay, 16) || !isUint(loops, 31)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Animated PNG: at least one frame, a delay of 0 to 65535 whole milliseconds and a whole number of loops are needed, got ${frames.length} frames, delay ${delay}, loops ${loops}.`,
    );
  }
  const { width, height } = first;
  const other = frames.findIndex((frame) => frame.width !== width || frame.height !== height);
  if (other >= 0) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Animated PNG: all frames must have one size, got ${width} × ${height} and, in frame ${other}, ${frames[other].width} × ${frames[other].height}. Scale them to one size.`,
    );
  }
  // Control and data chunks of all frames share one sequence of numbers.
  let sequence = 0;
  const chunks = frames.flatMap((frame, i) => {
    const control = new Uint8Array(26);
    const view = new DataView(control.buffer);
    view.setUint32(0, sequence++);
    view.setUint32(4, width);
    view.setUint32(8, height);
    // Offsets 12 … 19 are zero; the delay is a fraction of seconds; disposal and blending at their defaults:
    // every frame replaces the whole picture.
    view.setUint16(20, delay);
    view.setUint16(22, 1000);
    const data = compressed(frame);
    // The first frame is the still image as well.
    return [
      chunk("fcTL", control),
      i === 0 ? chunk("IDAT", data) : chunk("fdAT", joined([uint32(sequence++), data])),
    ];
  });
  return pngFile(first, [chunk("acTL", joined([uint32(frames.length), uint32(loops)])), ...chunks]);
}

/** Forwards and backwards, for an animation without a jump: 0, 1 … n−1, n−2 … 1. */
export function pingPong<T>(frames: readonly T[]): T[] {
  requireKind("pingPong: frames", "list", frames);
  return [...frames, ...frames.slice(1, -1).reverse()];
}

/** Bytes of the signature and the header, which come first in every file. */
const HEADER = 8 + 25;

/**
 * A PNG file with a text in it, which viewers ignore: an `iTXt` chunk behind the header.
 *
 * @param keyword what the text is, 1 to 79 letters of Latin.
 */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  requireKind("withPngText: png", "bytes", png);
  requireKind("withPngText: keyword", "text", keyword);
  const letters = Uint8Array.from(keyword, (letter) => letter.charCodeAt(0));
  // Behind the keyword: its end, not compressed, by no method, in no language, under no translated keyword.
  const data = joined([letters, new Uint8Array(5), new TextEncoder().encode(text)]);
  return joined([png.subarray(0, HEADER), chunk("iTXt", data), png.subarray(HEADER)]);
}

function isUint(value: number, bits: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}

/** Signature, header, the chunks given, end. */
function pngFile({ width, height }: RgbaImage, chunks: readonly Uint8Array[]): Uint8Array {
  const kind = Uint8Array.of(8, COLOUR_TYPE_RGBA, 0, 0, 0);
  const header = chunk("IHDR", joined([uint32(width), uint32(height), kind]));
  return joined([Uint8Array.from(SIGNATURE), header, ...chunks, chunk("IEND", new Uint8Array(0))]);
}

/** The filtered and compressed pixels. */
function compressed({ width, height, data }: RgbaImage): Uint8Array {
  const stride = 4 * width;
  // Filter "up" stores differences to the row above: enlarged tiles become rows of zeros.
  const filtered = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const out = y * (stride + 1);
    filtered[out] = FILTER_UP;
    for (let i = 0; i < stride; i++) {
      const above = y === 0 ? 0 : data[(y - 1) * stride + i];
      filtered[out + 1 + i] = data[y * stride + i] - above;
    }
  }
  return zlibSync(filtered);
}

/** Four bytes, the most significant first. */
function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Length, type, data, and the checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = joined([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), data]);
  return joined([uint32(data.length), body, uint32(crc32(body))]);
}

/** A `data:` URI of a PNG file. */
export function pngDataUri(png: Uint8Array): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // Neither Buffer (Node) nor btoa (no types without DOM) is common ground, so: three bytes, four digits.
  let base64 = "";
  for (let i = 0; i < png.length; i += 3) {
    const word = (png[i] << 16) | ((png[i + 1] ?? 0) << 8) | (png[i + 2] ?? 0);
    base64 += digits[word >> 18] + digits[(word >> 12) & 63];
    base64 += i + 1 < png.length ? digits[(word >> 6) & 63] : "=";
    base64 += i + 2 < png.length ? digits[word & 63] : "=";
  }
  return `data:image/png;base64,${base64}`;
}
