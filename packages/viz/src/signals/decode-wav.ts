// Reading WAV files: integers of 8 to 32 bits and floating-point numbers of 32 and 64, in plain and extensible form.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";

/** A sound as numbers. */
export interface DecodedWav {
  /** The samples of each channel; full scale is ±1. All channels have the same length. */
  readonly channels: readonly Float32Array[];
  /** Samples per second. */
  readonly sampleRate: number;
}

/** Whether bytes begin as those of a WAV file do. */
export function isWav(bytes: Uint8Array): boolean {
  requireKind("isWav: bytes", "bytes", bytes);
  return text(bytes, 0) === "RIFF" && text(bytes, 8) === "WAVE";
}

/**
 * The samples of a WAV file.
 *
 * @throws {VielbeinError} `INVALID_FILE` for a file that is damaged, cut short, or encoded in another way.
 */
export function decodeWav(bytes: Uint8Array): DecodedWav {
  requireKind("decodeWav: bytes", "bytes", bytes);
  if (!isWav(bytes)) throw invalid("it does not begin with RIFF and WAVE");
  const chunks = chunksOf(bytes);
  const [format, data] = [chunks.get("fmt "), chunks.get("data")];
  if (!format || format.byteLength < 16 || !data) throw invalid("its format or its samples are missing");
  const count = format.getUint16(2, true);
  const read = readerOf(format);
  const bytesEach = format.getUint16(14, true) / 8;
  const length = data.byteLength / (bytesEach * count);
  if (!Number.isInteger(length)) {
    throw invalid(`${data.byteLength} bytes are no whole number of samples of ${count} channels`);
  }
  const channels = Array.from({ length: count }, (_, c) =>
    Float32Array.from({ length }, (__, t) => read(data, (t * count + c) * bytesEach)),
  );
  return { channels, sampleRate: format.getUint32(4, true) };
}

/** The first chunk of each type. A program that wrote into a pipe could not know the length of the last. */
function chunksOf(bytes: Uint8Array): Map<string, DataView> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, DataView>();
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = text(bytes, at);
    const stated = view.getUint32(at + 4, true);
    const rest = bytes.length - at - 8;
    if (stated > rest && stated !== UNKNOWN_LENGTH) {
      throw invalid(`its chunk "${type}" says that it has ${stated} bytes, and ${rest} are left`);
    }
    const size = Math.min(stated, rest);
    if (!chunks.has(type)) chunks.set(type, new DataView(bytes.buffer, bytes.byteOffset + at + 8, size));
    at += 8 + size + (size % 2);
  }
  return chunks;
}

const UNKNOWN_LENGTH = 2 ** 32 - 1;

const [PCM, FLOAT, EXTENSIBLE] = [1, 3, 0xfffe];

/** Reads one sample of the format at a byte. */
function readerOf(format: DataView): (data: DataView, at: number) => number {
  const isLong = format.getUint16(0, true) === EXTENSIBLE && format.byteLength >= 26;
  const tag = format.getUint16(isLong ? 24 : 0, true);
  const bits = format.getUint16(14, true);
  const read = READERS.get(`${tag}/${bits}`);
  if (read && format.getUint16(2, true) > 0) return read;
  throw invalid(
    `its encoding ${tag} of ${bits} bits is not read`,
    "Save it as 16-bit PCM or 32-bit float, uncompressed.",
  );
}

const READERS: ReadonlyMap<string, (data: DataView, at: number) => number> = new Map([
  [`${PCM}/8`, (data, at) => (data.getUint8(at) - 128) / 128],
  [`${PCM}/16`, (data, at) => data.getInt16(at, true) / 2 ** 15],
  [`${PCM}/24`, (data, at) => (data.getInt16(at + 1, true) * 256 + data.getUint8(at)) / 2 ** 23],
  [`${PCM}/32`, (data, at) => data.getInt32(at, true) / 2 ** 31],
  [`${FLOAT}/32`, (data, at) => data.getFloat32(at, true)],
  [`${FLOAT}/64`, (data, at) => data.getFloat64(at, true)],
]);

function text(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function invalid(what: string, remedy = "It was damaged, or is no WAV file: get it again."): VielbeinError {
  return new VielbeinError("INVALID_FILE", `WAV: ${what}. ${remedy}`);
}
