// A minimal PNG writer (ISO/IEC 15948): 8-bit RGBA, one IDAT chunk. fflate does the compression, here
// and in the browser alike.

import { zlibSync } from "fflate";
import type { RgbaImage } from "./image.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOUR_TYPE_RGBA = 6;
const FILTER_UP = 2;

/** Encodes an image as a PNG file. */
export function encodePng(image: RgbaImage): Uint8Array {
  const { width, height, data } = image;
  const stride = 4 * width;
  // Filter "up" stores differences to the row above: enlarged tiles become rows of zeros.
  const filtered = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const out = y * (stride + 1);
    filtered[out] = FILTER_UP;
    for (let i = 0; i < stride; i++) {
      const above = y === 0 ? 0 : data[(y - 1) * stride + i]!;
      filtered[out + 1 + i] = data[y * stride + i]! - above;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOUR_TYPE_RGBA, 0, 0, 0], 8);

  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", zlibSync(filtered)),
    chunk("IEND", new Uint8Array(0)),
  ];
  const png = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    png.set(part, at);
    at += part.length;
  }
  return png;
}

/** Length, type, data, and the checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** CRC-32 of ISO 3309, reflected, bit by bit: the compressed data is small. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A `data:` URI of a PNG file. */
export function pngDataUri(png: Uint8Array): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // Neither Buffer (Node) nor btoa (no types without DOM) is common ground, so: three bytes, four digits.
  let base64 = "";
  for (let i = 0; i < png.length; i += 3) {
    const word = (png[i]! << 16) | ((png[i + 1] ?? 0) << 8) | (png[i + 2] ?? 0);
    base64 += digits[word >> 18]! + digits[(word >> 12) & 63]!;
    base64 += i + 1 < png.length ? digits[(word >> 6) & 63]! : "=";
    base64 += i + 2 < png.length ? digits[word & 63]! : "=";
  }
  return `data:image/png;base64,${base64}`;
}
