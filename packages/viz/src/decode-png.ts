// A minimal PNG reader (ISO/IEC 15948): 8 bits a sample, grey, RGB or palette, with or without alpha, not interlaced;
// what image editors and Python write unless told otherwise.

import { VielbeinError } from "@vielbein/core";
import { unzlibSync } from "fflate";
import type { RgbaImage } from "./image.ts";

const SIGNATURE = "89504e470d0a1a0a";
/** Bytes of a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;
/** A header that promises more would let a small file claim gigabytes. */
const MAX_PIXELS = 2 ** 26;

/**
 * The pixels of a PNG file.
 *
 * @throws {VielbeinError} `INVALID_FILE` for what is no PNG, is damaged, or is of a kind that is not read.
 */
export function decodePng(bytes: Uint8Array): RgbaImage {
  const chunks = chunksOf(bytes);
  const header = chunks.find(({ type }) => type === "IHDR")?.data;
  if (header?.length !== 13) throw invalid("it has no header", "Check the file.");
  const view = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, , , interlace] = header.subarray(8);
  const samples = SAMPLES[colourType!];
  if (depth !== 8 || samples === undefined || interlace !== 0 || chunks.some(({ type }) => type === "tRNS")) {
    throw invalid(
      `it has ${depth} bits a sample, colour type ${colourType}${interlace ? ", interlaced" : ""}, and 8 bits of grey, RGB or palette colours, not interlaced, are read`,
      "Save it as 8-bit RGB or RGBA.",
    );
  }
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    throw invalid(`it is ${width} × ${height}`, `Give an image of at most ${MAX_PIXELS} pixels.`);
  }
  const stride = width * samples;
  const rows = unfiltered(inflated(chunks, (stride + 1) * height), stride, samples);
  const palette = chunks.find(({ type }) => type === "PLTE")?.data;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let p = 0; p < width * height; p++) {
    const pixel = rows.subarray(p * samples, (p + 1) * samples);
    data.set(colourType === PALETTE ? paletteColour(palette, pixel[0]!) : colour(pixel), 4 * p);
  }
  return { width, height, data };
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const signature = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (signature !== SIGNATURE) throw invalid("it does not begin as one", "Save the image as PNG.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function inflated(chunks: readonly Chunk[], size: number): Uint8Array {
  const parts = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  let result: Uint8Array;
  try {
    result = unzlibSync(packed, { out: new Uint8Array(size) });
  } catch (error) {
    throw invalid(`its pixels cannot be unpacked (${(error as Error).message})`, "Check the file.");
  }
  if (result.length === size) return result;
  throw invalid(`it has ${result.length} bytes of pixels where ${size} are due`, "Check the file.");
}

/** The rows without their filters: each byte is stored as the difference to a prediction from its neighbours. */
function unfiltered(filtered: Uint8Array, stride: number, samples: number): Uint8Array {
  const height = filtered.length / (stride + 1);
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const predict = PREDICTORS[filtered[y * (stride + 1)]!];
    if (!predict) throw invalid(`row ${y} has an unknown filter`, "Check the file.");
    for (let i = 0; i < stride; i++) {
      const left = i < samples ? 0 : rows[y * stride + i - samples]!;
      const above = y === 0 ? 0 : rows[(y - 1) * stride + i]!;
      const corner = i < samples || y === 0 ? 0 : rows[(y - 1) * stride + i - samples]!;
      rows[y * stride + i] = filtered[y * (stride + 1) + 1 + i]! + predict(left, above, corner);
    }
  }
  return rows;
}

/** None, left, above, their mean, Paeth. */
const PREDICTORS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, corner) => {
    const estimate = left + above - corner;
    const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
    return a <= b && a <= c ? left : b <= c ? above : corner;
  },
];

function colour(pixel: Uint8Array): readonly number[] {
  const [first, second] = pixel;
  if (pixel.length <= 2) return [first!, first!, first!, second ?? 255];
  return [first!, second!, pixel[2]!, pixel[3] ?? 255];
}

function paletteColour(palette: Uint8Array | undefined, index: number): readonly number[] {
  const entry = palette?.subarray(3 * index, 3 * index + 3);
  if (entry?.length !== 3) throw invalid(`colour ${index} is not in its palette`, "Check the file.");
  return [...entry, 255];
}

function invalid(what: string, remedy: string): VielbeinError {
  return new VielbeinError("INVALID_FILE", `PNG: ${what}. ${remedy}`);
}
