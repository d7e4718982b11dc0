// Entry point `@vielbein/linalg/deflate`: what zip archives and PNG files share, checksums and unpacking within bounds.

import { Inflate } from "fflate";
import { LinalgError } from "../errors.ts";
import { requireKind } from "../requirements.ts";

/** The most that a byte of DEFLATE can stand for: a match of 258 bytes takes two bits or more. */
const MAX_RATIO = 1032;
/** What is unpacked at a time: little enough that an overlong stream is noticed early. */
const PIECE = 2 ** 14;

let table: Int32Array | undefined;

/** CRC-32 of ISO 3309, as zip and PNG use it. */
export function crc32(bytes: Uint8Array): number {
  requireKind("crc32: bytes", "bytes", bytes);
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    return crc;
  });
  let crc = ~0;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Adler-32 of RFC 1950, as zlib streams end with it. */
export function adler32(bytes: Uint8Array): number {
  requireKind("adler32: bytes", "bytes", bytes);
  let [a, b] = [1, 0];
  for (let i = 0; i < bytes.length; ) {
    // As many sums as stay below 2³².
    for (const end = Math.min(i + 5552, bytes.length); i < end; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/**
 * Unpacks a raw DEFLATE stream (RFC 1951) that must hold `size` bytes. Takes no more memory than that, whatever is in
 * the stream.
 *
 * @throws {LinalgError} `INVALID_FILE`: damaged, or of another size.
 */
export function inflateExactly(packed: Uint8Array, size: number): Uint8Array {
  requireKind("inflateExactly: packed", "bytes", packed);
  if (size > packed.length * MAX_RATIO) throw invalid(`${packed.length} bytes cannot hold ${size}`);
  const result = new Uint8Array(size);
  let at = 0;
  const stream = new Inflate((part) => {
    if (at + part.length > size) throw invalid(`it holds more than ${size} bytes`);
    result.set(part, at);
    at += part.length;
  });
  try {
    for (let from = 0; from < packed.length; from += PIECE) {
      stream.push(packed.subarray(from, from + PIECE), from + PIECE >= packed.length);
    }
  } catch (cause) {
    throw cause instanceof LinalgError ? cause : invalid((cause as Error).message, cause);
  }
  if (at !== size) throw invalid(`it holds ${at} bytes where ${size} are due`);
  return result;
}

function invalid(reason: string, cause?: unknown): LinalgError {
  return new LinalgError("INVALID_FILE", `the packed data cannot be unpacked: ${reason}.`, { cause });
}
