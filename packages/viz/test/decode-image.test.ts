// Pictures of other kinds: JPEG files by Pillow (tools/reference/viz/images.py), which libjpeg decodes; kinds that are
// refused; and what transparent pixels become.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeImage, decodeJpeg, encodePng, isOpaque, overWhite } from "../src/index.ts";
import { disc } from "./helpers.ts";

const { jpeg }: { jpeg: Record<string, { jpeg: string; width: number; rgba: number[] }> } = JSON.parse(
  readFileSync(new URL("images.json", import.meta.url), "utf8"),
);
const bytesOf = (name: string) => Uint8Array.from(Buffer.from(jpeg[name]!.jpeg, "base64"));

describe("decodeJpeg", () => {
  test.each(Object.keys(jpeg))("%s as Pillow reads it", async (name) => {
    const { width, rgba } = jpeg[name]!;
    const image = await decodeImage(bytesOf(name));
    expect([image.width, image.height]).toEqual([width, rgba.length / 4 / width]);
    // Decoders round differently; libjpeg works with whole numbers.
    rgba.forEach((value, at) => {
      expect(Math.abs(image.data[at]! - value), `byte ${at}`).toBeLessThanOrEqual(4);
    });
  });

  test("an orientation that does not exist turns nothing", async () => {
    const bytes = bytesOf("orientation 6");
    const entry = Buffer.from(bytes).indexOf(Buffer.of(0x01, 0x12, 0, 3));
    expect(entry).toBeGreaterThan(0);
    const oriented = async (value: number) => {
      const image = await decodeJpeg(Uint8Array.from(bytes).fill(value, entry + 9, entry + 10));
      return [image.width, image.height, image.data];
    };
    const plain = await oriented(1);
    expect(await oriented(6)).not.toEqual(plain);
    for (const value of [0, 9]) expect(await oriented(value)).toEqual(plain);
  });

  const good = bytesOf("4:2:0");
  const frame = Buffer.from(good).indexOf(Buffer.of(0xff, 0xc0));
  const changed = (at: number, ...values: number[]) => {
    const bytes = good.slice();
    bytes.set(values, at);
    return bytes;
  };
  const scan = Buffer.from(good).indexOf(Buffer.of(0xff, 0xda));

  test.each([
    ["a cut file", good.slice(0, 400), /cut short|cannot be read/],
    ["nothing but a beginning", good.slice(0, 4), /cut short before its size/],
    ["an arithmetic code", changed(frame + 1, 0xc9), /not read \(arithmetic coding\)/],
    ["a lossless code", changed(frame + 1, 0xc3), /not read \(lossless\)/],
    ["twelve bits", changed(frame + 4, 12), /12 bits a sample/],
    ["a huge claim", changed(frame + 5, 255, 255, 255, 255), /it is 65535 × 65535/],
    ["no height", changed(frame + 5, 0, 0), /it is 13 × 0/],
    ["segments that do not follow each other", changed(20, 0), /bytes between its segments/],
    [
      "a bomb of scans",
      Buffer.concat([good.slice(0, scan), ...Array(101).fill(good.subarray(scan))]),
      /it has 101 scans/,
    ],
  ])("refuses %s", async (_, file, message) => {
    await expect(decodeJpeg(file)).rejects.toThrow(message);
    await expect(decodeJpeg(file)).rejects.toMatchObject({ code: "INVALID_FILE" });
  });

  test("refuses every truncation", async () => {
    for (let length = 3; length < good.length - 2; length += 7) {
      await expect(decodeImage(good.subarray(0, length)), `${length}`).rejects.toMatchObject({
        code: "INVALID_FILE",
      });
    }
  });

  test("fails only with its own error on mutated files", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
        try {
          await decodeJpeg(changed(at, value));
        } catch (error) {
          expect(error).toMatchObject({ name: "VielbeinError", code: "INVALID_FILE" });
        }
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ["GIF", "GIF89a"],
  ["BMP", "BM"],
  ["TIFF", "II*\0"],
  ["TIFF", "MM\0*"],
  ["WebP", "RIFF\x10\0\0\0WEBPVP8 "],
  ["AVIF", "\0\0\0\x20ftypavif"],
  ["HEIC", "\0\0\0\x18ftypheic"],
  ["AVIF", "\0\0\0\x20ftypavis"],
  ["HEIC", "\0\0\0\x18ftyphevc"],
  ["HEIC", "\0\0\0\x18ftypmif1"],
  ["HEIC", "\0\0\0\x18ftypmsf1"],
  ["JPEG XL", "\xff\x0a"],
  ["JPEG XL", "\0\0\0\x0cJXL "],
  ["JPEG 2000", "\xff\x4f\xff\x51"],
  ["JPEG 2000", "\0\0\0\x0cjP  "],
  ["SVG", "<?xml version="],
  ["SVG", "<svg xmlns="],
])("names %s and the remedy", async (kind, beginning) => {
  const file = Buffer.concat([Buffer.from(beginning, "latin1"), Buffer.alloc(20)]);
  await expect(decodeImage(file)).rejects.toThrow(
    `of the kind ${kind}, and PNG and JPEG are read. Save it as PNG.`,
  );
});

test("what is no picture is refused as such", async () => {
  const beginnings = [
    "",
    "\x93NUMPY",
    "RIFF\x10\0\0\0WAVEfmt ",
    "WEBP",
    " GIF89a",
    "xBM",
    "ftypavif",
    "\0<svg",
  ];
  for (const file of beginnings.map((text) => Buffer.from(text, "latin1"))) {
    await expect(decodeImage(file)).rejects.toThrow("of no kind that is known here");
  }
});

test("transparent pixels over white", async () => {
  const image = disc(9, 0.5);
  expect(isOpaque(image)).toBe(true);
  expect(overWhite(image)).toEqual(image);
  image.data.set([10, 20, 30, 0], 0);
  image.data.set([0, 100, 200, 51], 4);
  const opaque = overWhite(await decodeImage(encodePng(image)));
  expect(isOpaque(image)).toBe(false);
  expect(isOpaque(opaque)).toBe(true);
  expect(Array.from(opaque.data.subarray(0, 8))).toEqual([255, 255, 255, 255, 204, 224, 244, 255]);
  expect(opaque.data.subarray(8)).toEqual(image.data.subarray(8));
});
