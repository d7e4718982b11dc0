// Images in: PNG files and resized images by Pillow (tools/reference/viz/images.py), and tensors and back.

import { readFileSync } from "node:fs";
import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePng, detectLayout, encodePng, fromRgba, resize, toRgba } from "../src/index.ts";
import { disc } from "./helpers.ts";
import { chunkOf, encode, fileOf, headerOf, type Picture } from "./png-encoder.ts";

const golden: {
  width: number;
  height: number;
  files: Record<string, { png: string; rgba: number[] }>;
  resized: Record<string, number[]>;
} = JSON.parse(readFileSync(new URL("images.json", import.meta.url), "utf8"));
const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));
const rgb = bytes(golden.files.RGB!.png);

describe("decodePng", () => {
  test.each(Object.keys(golden.files))("%s as Pillow reads it", (mode) => {
    const { png, rgba } = golden.files[mode]!;
    const image = decodePng(bytes(png));
    expect([image.width, image.height]).toEqual([golden.width, golden.height]);
    expect(Array.from(image.data)).toEqual(rgba);
  });

  test("what encodePng writes", () => {
    const image = disc(31, 0.4, 17);
    image.data[3] = 17;
    expect(decodePng(encodePng(image))).toEqual(image);
  });

  const kinds = [
    [0, [1, 2, 4, 8, 16]],
    [2, [8, 16]],
    [3, [1, 2, 4, 8]],
    [4, [8, 16]],
    [6, [8, 16]],
  ].flatMap(([type, depths]) => (depths as number[]).map((depth) => [type as number, depth] as const));

  test.each(kinds)(
    "colour type %i at %i bits: any size, filter, interlacing and transparency",
    (type, depth) => {
      const channels = [1, 0, 3, 1, 2, 0, 4][type]!;
      const last = 2 ** depth - 1;
      fc.assert(
        fc.property(
          fc.record({ width: fc.integer({ min: 1, max: 19 }), height: fc.integer({ min: 1, max: 19 }) }),
          fc.record({ isInterlaced: fc.boolean(), isTransparent: fc.boolean(), offset: fc.nat(4) }),
          fc.array(fc.nat(last), { minLength: 19 * 19 * channels, maxLength: 19 * 19 * channels }),
          ({ width, height }, { isInterlaced, isTransparent, offset }, samples) => {
            const sample = (x: number, y: number) =>
              Array.from({ length: channels }, (_, c) => samples[(19 * y + x) * channels + c]!);
            const palette = Array.from({ length: type === 3 ? last + 1 : 0 }, (_, i) =>
              [i * 7 + 1, i * 31, 255 - i].map((c) => c & 255),
            );
            const alphas = palette.slice(1).map((_, i) => (i * 53) & 255);
            const clear = sample(0, 0);
            const chunks: [string, Uint8Array][] = [];
            if (type === 3) chunks.push(["PLTE", Uint8Array.from(palette.flat())]);
            if (isTransparent && type === 3) chunks.push(["tRNS", Uint8Array.from(alphas)]);
            if (isTransparent && type < 3) {
              chunks.push(["tRNS", Uint8Array.from(clear.flatMap((value) => [value >> 8, value & 255]))]);
            }
            const filter = (y: number) => (y + offset) % 5;
            const file = encode({
              width,
              height,
              colourType: type,
              depth,
              sample,
              isInterlaced,
              filter,
              chunks,
            });
            const level = (value: number) => Math.round((value / last) * 255);
            const expected: number[] = [];
            for (let y = 0; y < height; y++) {
              for (let x = 0; x < width; x++) {
                const own = sample(x, y);
                const isClear = isTransparent && type < 3 && own.join() === clear.join();
                if (type === 3)
                  expected.push(...palette[own[0]!]!, isTransparent ? (alphas[own[0]!] ?? 255) : 255);
                else if (channels < 3)
                  expected.push(...[0, 0, 0].map(() => level(own[0]!)), isClear ? 0 : level(own[1] ?? last));
                else expected.push(...own.slice(0, 3).map(level), isClear ? 0 : level(own[3] ?? last));
              }
            }
            const image = decodePng(file);
            expect([image.width, image.height]).toEqual([width, height]);
            expect(Array.from(image.data)).toEqual(expected);
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  test("the platform's inflate gives the same", () => {
    const inflate = (packed: Uint8Array, maxOutputLength: number) => inflateSync(packed, { maxOutputLength });
    for (const { png } of Object.values(golden.files)) {
      expect(decodePng(bytes(png), { inflate })).toEqual(decodePng(bytes(png)));
    }
  });

  const grey = { width: 3, height: 2, colourType: 0, depth: 8 };
  const palette = { ...grey, colourType: 3 };
  const ramp = (x: number, y: number) => [10 * y + x];
  const end = chunkOf("IEND", new Uint8Array(0));
  const made = (header: Partial<Picture>, pixels: Uint8Array) =>
    fileOf(chunkOf("IHDR", headerOf({ ...grey, ...header })), chunkOf("IDAT", pixels), end);

  test.each([
    ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), /does not begin as one/],
    ["a cut file", rgb.slice(0, 300), /cut short in its IDAT chunk/],
    ["a file without its end", rgb.slice(0, -12), /cut short/],
    [
      "a huge claim",
      made({ width: 2 ** 31 - 1 }, deflateSync(Buffer.alloc(8))),
      /Give an image of 1 to 67108864 pixels/,
    ],
    [
      "a claim that its bytes cannot hold",
      made({ width: 8192, height: 8192 }, deflateSync(Buffer.alloc(8))),
      /cannot hold/,
    ],
    ["no width", made({ width: 0 }, deflateSync(Buffer.alloc(8))), /it is 0 × 2/],
    ["nothing but a signature", rgb.slice(0, 8), /cut short/],
    ["a file without header", fileOf(end), /no header/],
    ["a header that comes later", fileOf(chunkOf("tIME", new Uint8Array(7)), end), /no header/],
    [
      "two headers",
      fileOf(chunkOf("IHDR", headerOf(grey)), chunkOf("IHDR", headerOf(grey)), end),
      /two IHDR chunks/,
    ],
    ["an unknown depth", made({ depth: 3 }, deflateSync(Buffer.alloc(8))), /colour type 0 at 3 bits/],
    ["an unknown colour type", made({ colourType: 5 }, deflateSync(Buffer.alloc(8))), /colour type 5/],
    [
      "an extension it needs",
      fileOf(chunkOf("IHDR", headerOf(grey)), chunkOf("CgBI", Buffer.alloc(4)), end),
      /extension CgBI/,
    ],
    [
      "a type of chunk that is none",
      fileOf(chunkOf("IHDR", headerOf(grey)), chunkOf("\x1b[2J", Buffer.alloc(4)), end),
      /"\\u001b\[2J"/,
    ],
    ["pixels that are too many", made({}, deflateSync(Buffer.alloc(9))), /holds more than 8 bytes/],
    ["pixels that are too few", made({}, deflateSync(Buffer.alloc(7))), /holds 7 bytes where 8 are due/],
    ["pixels that are not packed", made({}, Buffer.alloc(20)), /not a zlib stream/],
    ["a filter that does not exist", made({}, deflateSync(Buffer.alloc(8, 5))), /row 0 has the filter 5/],
    [
      "a colour beyond its palette",
      encode({ ...palette, sample: ramp, chunks: [["PLTE", Buffer.alloc(12)]] }),
      /colour 10 is not in its palette of 4/,
    ],
    ["a palette without colours", encode({ ...palette, sample: ramp }), /palette has 0 bytes/],
    ...[0, 2, 4, 771].map((bytes): [string, Buffer, RegExp] => [
      `a palette of ${bytes} bytes`,
      encode({ ...palette, sample: () => [0], chunks: [["PLTE", Buffer.alloc(bytes)]] }),
      new RegExp(`palette has ${bytes} bytes`),
    ]),
    [
      "more transparency than colours",
      encode({
        ...palette,
        sample: () => [0],
        chunks: [
          ["PLTE", Buffer.alloc(3)],
          ["tRNS", Buffer.alloc(2)],
        ],
      }),
      /2 entries for a palette of 1/,
    ],
    [
      "transparency of the wrong kind",
      encode({ ...grey, sample: ramp, chunks: [["tRNS", Buffer.alloc(6)]] }),
      /tRNS chunk has 6 bytes/,
    ],
  ])("refuses %s", (_, file, message) => {
    expect(() => decodePng(file)).toThrow(message);
    expect(() => decodePng(file)).toThrow(expect.objectContaining({ code: "INVALID_FILE" }));
  });

  test("refuses any flipped bit, and names the chunk", () => {
    const file = encode({ ...grey, sample: ramp });
    for (let at = 0; at < file.length; at++) {
      const flipped = Uint8Array.from(file);
      flipped[at]! ^= 1 << (at % 8);
      expect(() => decodePng(flipped), `byte ${at}`).toThrow(
        expect.objectContaining({ code: "INVALID_FILE" }),
      );
    }
    const pixel = Uint8Array.from(file);
    pixel[file.indexOf("IDAT") + 6]! ^= 1;
    expect(() => decodePng(pixel)).toThrow(/the checksum \(CRC-32\) of its IDAT chunk/);
  });

  test("refuses pixels that are not what their own checksum says", () => {
    const packed = deflateSync(Buffer.alloc(8));
    packed[packed.length - 1]! ^= 1;
    expect(() => decodePng(made({}, packed))).toThrow(/checksum \(Adler-32\)/);
  });

  test("takes no memory for what a small image does not need", () => {
    const before = process.cpuUsage();
    const bomb = deflateSync(Buffer.alloc(2 ** 24));
    expect(() => decodePng(made({}, bomb))).toThrow(/holds more than 8 bytes/);
    // Of the processor: a busy machine takes longer.
    expect(process.cpuUsage(before).user).toBeLessThan(5e6);
  });
});

test.each(Object.keys(golden.resized))("resizes to %s as Pillow does", (size) => {
  const [width, height] = size.split("x").map(Number);
  const { data } = resize(decodePng(rgb), width!, height!);
  golden.resized[size]!.forEach((value, at) => {
    // Pillow rounds between the two passes.
    expect(Math.abs(data[at]! - value)).toBeLessThanOrEqual(1);
  });
});

describe("fromRgba", () => {
  const image = decodePng(rgb);

  test.each([[[3, 11, 13]], [[11, 13, 3]], [[4, 11, 13]]])("%j: there and back", (shape) => {
    const layout = detectLayout(shape);
    const values = fromRgba(image, layout, [-1, 1]);
    expect(values).toHaveLength(11 * 13 * layout.channels);
    expect(toRgba(values, layout, [-1, 1])).toEqual(image);
  });

  test("grey tensors get the luma, which Pillow computes too", () => {
    const values = fromRgba(image, detectLayout([11, 13]), [0, 255]);
    const grey = golden.files.L!.rgba;
    values.forEach((value, p) => {
      expect(Math.abs(value - grey[4 * p]!)).toBeLessThanOrEqual(0.51);
    });
  });

  test("another size is refused", () => {
    expect(() => fromRgba(image, detectLayout([3, 64, 64]), [0, 1])).toThrow(
      /it is 13 × 11, and 64 × 64 is needed/,
    );
  });
});
