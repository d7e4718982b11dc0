// A picture file of any kind that is read: which it is, its first bytes say.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { decodeJpeg } from "./decode-jpeg.ts";
import { type DecodedImage, type DecodePngOptions, decodePng } from "./decode-png.ts";

/** Kinds that are known by name: what their files have at which byte. */
const KINDS: readonly (readonly [name: string, at: number, ...beginnings: string[]])[] = [
  ["PNG", 0, "\x89PNG"],
  ["JPEG", 0, "\xff\xd8\xff"],
  ["GIF", 0, "GIF8"],
  ["BMP", 0, "BM"],
  ["TIFF", 0, "II*\0", "MM\0*"],
  ["WebP", 8, "WEBP"],
  ["AVIF", 4, "ftypavif", "ftypavis"],
  ["HEIC", 4, "ftyphei", "ftyphev", "ftypmif1", "ftypmsf1"],
  ["JPEG XL", 0, "\xff\x0a", "\0\0\0\x0cJXL "],
  ["JPEG 2000", 0, "\xff\x4f\xff\x51", "\0\0\0\x0cjP  "],
  ["SVG", 0, "<svg", "<?xml"],
];

/**
 * The pixels of a PNG or JPEG file.
 *
 * @throws {VielbeinError} `INVALID_FILE` for a file that is damaged or of another kind, which the message names.
 */
export async function decodeImage(bytes: Uint8Array, options?: DecodePngOptions): Promise<DecodedImage> {
  requireKind("decodeImage: bytes", "bytes", bytes);
  const beginning = String.fromCharCode(...bytes.subarray(0, 32));
  const kind = KINDS.find(([, at, ...known]) => known.some((text) => beginning.startsWith(text, at)))?.[0];
  if (kind === "PNG") return decodePng(bytes, options);
  if (kind === "JPEG") return decodeJpeg(bytes);
  throw new VielbeinError(
    "INVALID_FILE",
    `Image: the file is ${kind === undefined ? "of no kind that is known here" : `of the kind ${kind}`}, and PNG and JPEG are read. Save it as PNG.`,
  );
}
