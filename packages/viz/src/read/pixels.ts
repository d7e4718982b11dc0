// From the samples of a PNG's row to 8-bit RGBA: grey, colours or palette, with alpha or with one transparent colour. A
// pixel is written as one number of 32 bits, red lowest, as the machines that run JavaScript engines lay out RGBA.

import { invalidPng } from "./png-chunks.ts";
import { PALETTE, type PngHeader } from "./png-header.ts";

/** Writes the pixels of a row to `image`, the first at pixel `at`, each `step` pixels after the one before. */
export type RowPainter = (
  row: Uint8Array,
  width: number,
  image: Uint32Array,
  at: number,
  step: number,
) => void;

/** The same for a row's samples. */
type SamplePainter = (samples: Samples, image: Uint32Array, at: number, step: number) => void;
type Samples = Uint8Array | Uint16Array;

/**
 * The painter of an image's rows.
 *
 * @param chunks PLTE and tRNS are looked at.
 * @throws {VielbeinError} `INVALID_FILE` for a palette or transparency that does not fit the header.
 */
export function rowPainter(header: PngHeader, chunks: ReadonlyMap<string, Uint8Array>): RowPainter {
  const { depth, channels } = header;
  const paint = samplePainter(header, chunks.get("PLTE"), chunks.get("tRNS"));
  return (row, width, image, at, step) => paint(samplesOf(row, width * channels, depth), image, at, step);
}

function samplePainter(
  header: PngHeader,
  colours: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): SamplePainter {
  if (header.colourType === PALETTE) return palettePainter(paletteOf(colours, transparency));
  const clear = clearColour(transparency, header);
  const paint = header.channels < 3 ? greyPainter : colourPainter;
  return paint(header.channels, levelsOf(header.depth), clear);
}

/** The samples of a row as whole numbers; several share a byte below 8 bits, two bytes make one above. */
function samplesOf(row: Uint8Array, count: number, depth: number): Samples {
  if (depth === 8) return row;
  if (depth === 16) {
    const samples = new Uint16Array(count);
    for (let i = 0; i < count; i++) samples[i] = (row[2 * i] << 8) | row[2 * i + 1];
    return samples;
  }
  const samples = new Uint8Array(count);
  const mask = 2 ** depth - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += depth) {
    samples[i] = (row[bit >> 3] >> (8 - depth - (bit & 7))) & mask;
  }
  return samples;
}

/** The 8-bit level of each sample, rounded. */
function levelsOf(depth: number): Uint8Array {
  const last = 2 ** depth - 1;
  return Uint8Array.from({ length: last + 1 }, (_, sample) => Math.round((255 * sample) / last));
}

/** The samples of the colour that tRNS makes transparent, in full depth; without one, none. */
function clearColour(transparency: Uint8Array | undefined, { colourType, channels }: PngHeader): number[] {
  if (!transparency) return [];
  if (colourType > 2 || transparency.length !== 2 * channels) {
    throw invalidPng(
      `its tRNS chunk has ${transparency.length} bytes, which does not fit colour type ${colourType}`,
      "Check the file.",
    );
  }
  return Array.from(samplesOf(transparency, channels, 16));
}

function greyPainter(channels: number, levels: Uint8Array, [clear]: readonly number[]): SamplePainter {
  return (samples, image, at, step) => {
    for (let i = 0, to = at; i < samples.length; i += channels, to += step) {
      const sample = samples[i];
      const level = levels[sample];
      const alpha = channels === 2 ? levels[samples[i + 1]] : sample === clear ? 0 : 255;
      image[to] = level | (level << 8) | (level << 16) | (alpha << 24);
    }
  };
}

function colourPainter(
  channels: number,
  levels: Uint8Array,
  [red, green, blue]: readonly number[],
): SamplePainter {
  return (samples, image, at, step) => {
    for (let i = 0, to = at; i < samples.length; i += channels, to += step) {
      const r = samples[i];
      const g = samples[i + 1];
      const b = samples[i + 2];
      const isClear = r === red && g === green && b === blue;
      const alpha = channels === 4 ? levels[samples[i + 3]] : isClear ? 0 : 255;
      image[to] = levels[r] | (levels[g] << 8) | (levels[b] << 16) | (alpha << 24);
    }
  };
}

/** The colours of a palette. */
function paletteOf(colours: Uint8Array | undefined, transparency: Uint8Array | undefined): Uint32Array {
  const count = (colours?.length ?? 0) / 3;
  if (!colours || !Number.isInteger(count) || count < 1 || count > 256) {
    throw invalidPng(
      `its palette has ${colours?.length ?? 0} bytes, and 3 for each of 1 to 256 colours are due`,
      "Check the file.",
    );
  }
  if (transparency && transparency.length > count) {
    throw invalidPng(
      `its tRNS chunk has ${transparency.length} entries for a palette of ${count}`,
      "Check the file.",
    );
  }
  return Uint32Array.from({ length: count }, (_, i) => {
    const [red, green, blue] = colours.subarray(3 * i) as unknown as [number, number, number];
    return red | (green << 8) | (blue << 16) | ((transparency?.[i] ?? 255) << 24);
  });
}

function palettePainter(palette: Uint32Array): SamplePainter {
  return (samples, image, at, step) => {
    for (let i = 0, to = at; i < samples.length; i++, to += step) {
      const sample = samples[i];
      if (sample >= palette.length) {
        throw invalidPng(`colour ${sample} is not in its palette of ${palette.length}`, "Check the file.");
      }
      image[to] = palette[sample];
    }
  };
}
