// WAV files (RIFF, "Multimedia Programming Interface and Data Specifications 1.0", with the format IEEE float of "New
// Multimedia Data Types" 1994), little-endian, samples of all channels beside each other.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { joined } from "../read/png-chunks.ts";

/** `pcm16`: integers of 16 bits, which every player reads; `float32`: the values as they are. */
export type WavFormat = "pcm16" | "float32";

/** Rate and format of a WAV file. */
export interface WavOptions {
  /** Samples per second. */
  readonly sampleRate: number;
  /** Default `pcm16`. */
  readonly format?: WavFormat | undefined;
}

const FORMATS = {
  pcm16: { tag: 1, bytes: 2 },
  float32: { tag: 3, bytes: 4 },
} as const;

/** The largest rate that the format has room for, in samples per second. */
export const LARGEST_SAMPLE_RATE: number = 2 ** 32 - 1;
/** What a sample of 1 is as an integer of 16 bits, the largest of which is one less. */
const FULL_SCALE = 32_768;

/**
 * The samples per second that a model states in its metadata under `vielbein.sample-rate`, if any.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for a text that is not a rate.
 */
export function statedSampleRate(metadata: ReadonlyMap<string, string>): number | undefined {
  requireKind("statedSampleRate: metadata", "metadata", metadata);
  const text = metadata.get("vielbein.sample-rate");
  if (text === undefined) return undefined;
  const rate = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  if (isRate(rate)) return rate;
  throw new VielbeinError(
    "INVALID_MODEL",
    `vielbein.sample-rate: expected a whole number of samples a second in the metadata, got "${text}". Correct it.`,
  );
}

function isRate(rate: number): boolean {
  return Number.isInteger(rate) && rate >= 1 && rate <= LARGEST_SAMPLE_RATE;
}

/**
 * Encodes channels of equal length as a WAV file. Full scale is ±1: `pcm16` clips what is beyond.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no channels, or for a rate that is not a positive integer of
 * 32 bits; `SHAPE_MISMATCH` for channels of different lengths; `NOT_FINITE`.
 */
export function encodeWav(channels: readonly Float32Array[], options: WavOptions): Uint8Array {
  requireKind("encodeWav: channels", "list", channels);
  requireKind("encodeWav: options", "object", options);
  const { sampleRate, format = "pcm16" } = options;
  requireSignal(channels, sampleRate);
  const { tag, bytes } = FORMATS[format];
  const block = channels.length * bytes;
  const rates = [...uint32(sampleRate), ...uint32(sampleRate * block)];
  const fields = [
    ...uint16(tag),
    ...uint16(channels.length),
    ...rates,
    ...uint16(block),
    ...uint16(8 * bytes),
  ];
  // Formats other than PCM state the size of further fields (there are none) and the number of samples.
  const further =
    format === "pcm16"
      ? [chunk("fmt ", fields)]
      : [chunk("fmt ", [...fields, ...uint16(0)]), chunk("fact", uint32(channels[0].length))];
  return chunk("RIFF", joined([ascii("WAVE"), ...further, chunk("data", interleaved(channels, format))]));
}

function requireSignal(channels: readonly Float32Array[], sampleRate: number): void {
  const [first] = channels;
  if (!first || !isRate(sampleRate)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `WAV: one channel or more and a whole number of samples a second are needed, got ${channels.length} channels and ${sampleRate}.`,
    );
  }
  for (const [c, samples] of channels.entries()) {
    if (samples.length !== first.length) {
      throw new VielbeinError(
        "SHAPE_MISMATCH",
        `WAV: all channels must be of one length, got ${first.length} samples and, in channel ${c}, ${samples.length}.`,
      );
    }
    const bad = samples.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      throw new VielbeinError(
        "NOT_FINITE",
        `WAV: every sample must be finite, got ${samples[bad]} at index ${bad} of channel ${c}. Leave that signal out.`,
      );
    }
  }
}

function interleaved(channels: readonly Float32Array[], format: WavFormat): Uint8Array {
  const { bytes } = FORMATS[format];
  const view = new DataView(new ArrayBuffer(bytes * channels.length * channels[0].length));
  for (const [c, samples] of channels.entries()) {
    samples.forEach((x, t) => {
      const at = bytes * (t * channels.length + c);
      if (format === "float32") view.setFloat32(at, x, true);
      else
        view.setInt16(at, Math.max(-FULL_SCALE, Math.min(Math.round(FULL_SCALE * x), FULL_SCALE - 1)), true);
    });
  }
  return new Uint8Array(view.buffer);
}

/** A chunk: its type of four letters, its size, and its contents, whose number of bytes is even here. */
function chunk(type: string, contents: ArrayLike<number>): Uint8Array {
  return joined([ascii(type), Uint8Array.from(uint32(contents.length)), Uint8Array.from(contents)]);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function uint16(value: number): number[] {
  return [value & 0xff, value >>> 8];
}

function uint32(value: number): number[] {
  return [...uint16(value & 0xffff), ...uint16(value >>> 16)];
}
