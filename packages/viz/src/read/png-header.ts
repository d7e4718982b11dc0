// The header of a PNG file (ISO/IEC 15948 §11.2): size and kind of its pixels.

import { invalidPng } from "./png-chunks.ts";

export const PALETTE = 3;

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colourType: number;
  /** Samples of a pixel. */
  readonly channels: number;
  readonly isInterlaced: boolean;
}

/** Samples of a pixel and the depths that the standard knows, by colour type. */
const KINDS: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  [PALETTE]: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
/** A header that promises more would let a small file claim gigabytes. */
export const MAX_PIXELS: number = 2 ** 26;

/** @throws {VielbeinError} `INVALID_FILE` for bytes that are not such a header. */
export function readPngHeader(data: Uint8Array | undefined): PngHeader {
  if (data?.length !== 13) throw invalidPng("it has no header", "Check the file.");
  const view = new DataView(data.buffer, data.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, compression, filter, interlace] = data.subarray(8) as unknown as number[];
  const kind = KINDS[colourType];
  if (!kind?.depths.includes(depth)) {
    throw invalidPng(
      `it has colour type ${colourType} at ${depth} bits a sample, which the standard does not know`,
      "Check the file.",
    );
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw invalidPng(
      `it has compression ${compression}, filters ${filter} and interlacing ${interlace}, and the standard knows 0, 0, and 0 or 1`,
      "Check the file.",
    );
  }
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    throw invalidPng(`it is ${width} × ${height}`, `Give an image of 1 to ${MAX_PIXELS} pixels.`);
  }
  return {
    width,
    height,
    depth: depth,
    colourType: colourType,
    channels: kind.channels,
    isInterlaced: interlace === 1,
  };
}
