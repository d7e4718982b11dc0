// The chunks of a PNG file (ISO/IEC 15948 §5): length, type, data, and a checksum that is verified.

import { VielbeinError } from "@vielbein/core";
import { crc32 } from "@vielbein/linalg/deflate";

export interface PngChunks {
  /** Data of the first chunk of each type but IDAT. */
  readonly first: ReadonlyMap<string, Uint8Array>;
  /** The packed pixels: the data of all IDAT chunks together. */
  readonly packed: Uint8Array;
}

const SIGNATURE = "89504e470d0a1a0a";
/** Types that a reader must understand. All others whose first letter is a capital are as indispensable. */
const CRITICAL: ReadonlySet<string> = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);

/** @throws {VielbeinError} `INVALID_FILE`: no PNG, cut short, damaged, or of an extension that is not known here. */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  if (hex(bytes.subarray(0, 8)) !== SIGNATURE) {
    throw invalidPng("it does not begin as one", "Save the image as PNG.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = new Map<string, Uint8Array>();
  const parts: Uint8Array[] = [];
  for (let at = 8; !first.has("IEND"); ) {
    if (at + 12 > bytes.length) throw invalidPng("it is cut short", "Get the file again.");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    requireType(type, first.size === 0 && parts.length === 0);
    const end = at + 8 + length;
    if (end + 4 > bytes.length)
      throw invalidPng(`it is cut short in its ${type} chunk`, "Get the file again.");
    requireChecksum(type, bytes.subarray(at + 4, end), view.getUint32(end));
    const data = bytes.subarray(at + 8, end);
    if (type === "IDAT") parts.push(data);
    else if (!first.has(type)) first.set(type, data);
    else if (CRITICAL.has(type)) throw invalidPng(`it has two ${type} chunks`, "Check the file.");
    at = end + 4;
  }
  return { first, packed: joined(parts) };
}

function requireType(type: string, isFirst: boolean): void {
  if (!/^[A-Za-z]{4}$/.test(type)) {
    throw invalidPng(
      `it has a chunk of the type ${JSON.stringify(type)}`,
      "It is damaged: get the file again.",
    );
  }
  if (isFirst && type !== "IHDR") throw invalidPng("it has no header", "Check the file.");
  if (!CRITICAL.has(type) && /^[A-Z]/.test(type)) {
    throw invalidPng(`it needs the extension ${type}, which is not known here`, "Save it as a plain PNG.");
  }
}

function requireChecksum(type: string, bytes: Uint8Array, stored: number): void {
  const actual = crc32(bytes);
  if (actual === stored) return;
  throw invalidPng(
    `the checksum (CRC-32) of its ${type} chunk is ${actual.toString(16)} where the file says ${stored.toString(16)}`,
    "It was damaged: get the file again.",
  );
}

/** Arrays one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function invalidPng(what: string, remedy: string, cause?: unknown): VielbeinError {
  return new VielbeinError("INVALID_FILE", `PNG: ${what}. ${remedy}`, { cause });
}
