// From the samples of a PNG's row to 8-bit RGBA: grey, colours or palette, with alpha or with one transparent colour.

import { invalidPng } from "./png-chunks.ts";
import { PALETTE, type PngHeader } from "./png-header.ts";

/** Writes the pixels of a row to `image`, the first at byte `at`, each `step` bytes after the one before. */
export type RowPainter = (
  row: Uint8Array,
  width: number,
  image: Uint8Array,
  at: number,
  step: number,
) => void;

/** The same for a row's samples. */
type SamplePainter = (samples: Samples, image: Uint8Array, at: number, step: number) => void;
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
    for (let i = 0; i < count; i++) samples[i] = (row[2 * i]! << 8) | row[2 * i + 1]!;
    return samples;
  }
  const samples = new Uint8Array(count);
  const mask = 2 ** depth - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += depth) {
    samples[i] = (row[bit >> 3]! >> (8 - depth - (bit & 7))) & mask;
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
      const sample = samples[i]!;
      const level = levels[sample]!;
      image[to] = level;
      image[to + 1] = level;
      image[to + 2] = level;
      image[to + 3] = channels === 2 ? levels[samples[i + 1]!]! : sample === clear ? 0 : 255;
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
      const r = samples[i]!;
      const g = samples[i + 1]!;
      const b = samples[i + 2]!;
      image[to] = levels[r]!;
      image[to + 1] = levels[g]!;
      image[to + 2] = levels[b]!;
      const isClear = r === red && g === green && b === blue;
      image[to + 3] = channels === 4 ? levels[samples[i + 3]!]! : isClear ? 0 : 255;
    }
  };
}

/** The colours of a palette, `[n, 4]`. */
function paletteOf(colours: Uint8Array | undefined, transparency: Uint8Array | undefined): Uint8Array {
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
  return Uint8Array.from({ length: 4 * count }, (_, i) =>
    i % 4 === 3 ? (transparency?.[i >> 2] ?? 255) : colours[3 * (i >> 2) + (i % 4)]!,
  );
}

function palettePainter(palette: Uint8Array): SamplePainter {
  return (samples, image, at, step) => {
    for (let i = 0, to = at; i < samples.length; i++, to += step) {
      const from = 4 * samples[i]!;
      if (from >= palette.length) {
        throw invalidPng(
          `colour ${samples[i]} is not in its palette of ${palette.length / 4}`,
          "Check the file.",
        );
      }
      for (let c = 0; c < 4; c++) image[to + c] = palette[from + c]!;
    }
  };
}
