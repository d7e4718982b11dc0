import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { crc32, inflateSync } from "node:zlib";
import { expect } from "vitest";
import type { RgbaImage } from "../src/images/image.ts";

const require = createRequire(import.meta.url);

export const wasm: Uint8Array = readFileSync(require.resolve("@resvg/resvg-wasm/index_bg.wasm"));
export const fonts: Uint8Array[] = [
  readFileSync(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf")),
  readFileSync(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf")),
];

/** The chunks of a PNG file, each CRC checked against zlib's. */
export function pngChunks(png: Uint8Array): { type: string; data: Buffer }[] {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.push({
      type: bytes.toString("latin1", at + 4, at + 8),
      data: bytes.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

/** Reads 8-bit RGBA PNG files, every filter of the standard. */
export function decodePng(png: Uint8Array): RgbaImage {
  const chunks = pngChunks(png);
  expect(chunks[0]!.type).toBe("IHDR");
  expect(chunks.at(-1)!.type).toBe("IEND");
  const header = chunks[0]!.data;
  expect([...header.subarray(8)]).toEqual([8, 6, 0, 0, 0]);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const parts = chunks.filter(({ type }) => type === "IDAT").map((chunk) => chunk.data);
  const raw = inflateSync(Buffer.concat(parts));
  const stride = 4 * width;
  expect(raw.length).toBe(height * (stride + 1));
  const data = new Uint8ClampedArray(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const a = i < 4 ? 0 : data[y * stride + i - 4]!;
      const b = y === 0 ? 0 : data[(y - 1) * stride + i]!;
      const c = i < 4 || y === 0 ? 0 : data[(y - 1) * stride + i - 4]!;
      const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const predicted = [0, a, b, (a + b) >> 1, paeth][filter]!;
      data[y * stride + i] = (raw[y * (stride + 1) + 1 + i]! + predicted) & 255;
    }
  }
  return { width, height, data };
}

/** Balanced tags, quoted attributes, no stray `<` or `&`: enough to catch a missing escape. */
export function expectWellFormed(xml: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g;
  let end = 0;
  const requireText = (text: string) => expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
  for (const match of xml.matchAll(tag)) {
    requireText(xml.slice(end, match.index));
    expect(match[3]).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
    const attributes = [...match[3]!.matchAll(/([\w:-]+)=/g)].map(([, name]) => name);
    expect(new Set(attributes).size).toBe(attributes.length);
    end = match.index + match[0].length;
    if (match[1] === "/") expect(open.pop()).toBe(match[2]);
    else if (match[4] !== "/") open.push(match[2]!);
  }
  requireText(xml.slice(end));
  expect(open).toEqual([]);
}

/** A deterministic test image: a gradient with a disc. */
export function disc(size: number, centre: number, height: number = size): RgbaImage {
  const data = new Uint8ClampedArray(4 * size * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      const inside = Math.hypot(x - centre * size, y - height / 2) < size / 4;
      data.set(inside ? [213, 94, 0, 255] : [x % 256, y % 256, 90, 255], 4 * (y * size + x));
    }
  }
  return { width: size, height, data };
}
