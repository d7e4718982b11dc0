// Images in: PNG files and resized images by Pillow (tools/reference/viz/images.py), and tensors and back.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodePng, detectLayout, encodePng, fromRgba, resize, toRgba } from "../src/index.ts";
import { disc } from "./helpers.ts";

const golden: {
  width: number;
  height: number;
  files: Record<string, { png: string; rgba: number[] }>;
  refused: Record<string, string>;
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

  test.each([
    ["two levels", bytes(golden.refused.bilevel!), /1 bits a sample/],
    ["16 bits", bytes(golden.refused.deep!), /16 bits a sample/],
    ["a transparent palette", bytes(golden.refused.clear!), /Save it as 8-bit RGB or RGBA/],
    ["interlacing", rgb.with(28, 1), /interlaced/],
    ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), /does not begin as one/],
    ["a cut file", rgb.slice(0, 300), /PNG: its pixels cannot be unpacked|bytes of pixels/],
    ["a huge claim", rgb.with(16, 0x7f), /Give an image of at most/],
    ["nothing but a signature", rgb.slice(0, 8), /no header/],
  ])("refuses %s", (_, file, message) => {
    expect(() => decodePng(file)).toThrow(message);
    expect(() => decodePng(file)).toThrow(expect.objectContaining({ code: "INVALID_FILE" }));
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
