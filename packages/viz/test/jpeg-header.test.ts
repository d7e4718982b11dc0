// What stands before the pixels of a JPEG file, from segments written here.

import { describe, expect, test } from "vitest";
import { readJpegHeader } from "../src/read/jpeg-header.ts";

const segment = (marker: number, data: Uint8Array): number[] => {
  const length = data.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...data];
};
const text = (characters: string) => [...characters].map((character) => character.charCodeAt(0));

/** 5 wide and 3 high, three components of which the first is sampled 2 × 1. */
const frame = (ids = [1, 2, 3], marker = 0xc0) =>
  segment(marker, Uint8Array.from([8, 0, 3, 0, 5, 3, ids[0]!, 0x21, 0, ids[1]!, 0x11, 1, ids[2]!, 0x11, 1]));
const scan = [0xff, 0xda, 0, 2];
const file = (...segments: number[][]) => Uint8Array.from([0xff, 0xd8, ...segments.flat(), ...scan]);

/** An Exif segment with these entries, [tag, value], in a directory `gap` bytes behind the header. */
function exif(
  entries: readonly (readonly [number, number])[],
  { little = true, gap = 0, count = entries.length } = {},
) {
  const tiff = new DataView(new ArrayBuffer(8 + gap + 2 + 12 * entries.length));
  tiff.setUint16(0, little ? 0x4949 : 0x4d4d);
  tiff.setUint16(2, 42, little);
  tiff.setUint32(4, 8 + gap, little);
  tiff.setUint16(8 + gap, count, little);
  entries.forEach(([tag, value], i) => {
    const at = 8 + gap + 2 + 12 * i;
    tiff.setUint16(at, tag, little);
    tiff.setUint16(at + 2, 3, little);
    tiff.setUint32(at + 4, 1, little);
    tiff.setUint16(at + 8, value, little);
  });
  return segment(0xe1, Uint8Array.from([...text("Exif\0\0"), ...new Uint8Array(tiff.buffer)]));
}

test("size and components", () => {
  expect(readJpegHeader(file(frame()))).toEqual({
    width: 5,
    height: 3,
    components: [
      { id: 1, across: 2, down: 1 },
      { id: 2, across: 1, down: 1 },
      { id: 3, across: 1, down: 1 },
    ],
    isLuma: true,
    orientation: 1,
    adobe: undefined,
  });
});

describe("orientation", () => {
  const other = [0x010f, 7] as const;
  const turned = [0x0112, 6] as const;
  test.each<[string, number[], number]>([
    ["alone", exif([turned]), 6],
    ["of the other byte order", exif([turned], { little: false }), 6],
    ["behind other entries", exif([other, other, turned]), 6],
    ["before others", exif([turned, other]), 6],
    ["in a directory further on", exif([other, turned], { gap: 6 }), 6],
    ["beyond the entries that there are", exif([other, turned], { count: 1 }), 1],
    ["in a directory that is cut short", exif([turned], { count: 9 }), 6],
    ["nowhere", exif([other]), 1],
    ["in no Exif segment", segment(0xe1, Uint8Array.from(text("http://ns.adobe.com/xap/1.0/"))), 1],
    ["in one that is cut short", segment(0xe1, Uint8Array.from(text("Exif\0\0II"))), 1],
  ])("%s", (_, segments, expected) => {
    expect(readJpegHeader(file(segments, frame())).orientation).toBe(expected);
  });

  test("a directory beyond the end is none", () => {
    const bytes = exif([turned]);
    const at = 4 + 6 + 4;
    for (const place of [20, 21, 1e6]) {
      const moved = [...bytes];
      [0, 1, 2, 3].forEach((i) => {
        moved[at + i] = (place >> (8 * i)) & 255;
      });
      expect(readJpegHeader(file(moved, frame())).orientation).toBe(1);
    }
  });
});

describe("colours", () => {
  const adobe = (transform: number) =>
    segment(0xee, Uint8Array.from([...text("Adobe"), 0, 100, 0, 0, 0, 0, transform]));
  test.each<[string, number[][], boolean]>([
    ["luma without a word", [frame()], true],
    ["red, green and blue by their names", [frame(text("RGB"))], false],
    ["Adobe says none", [adobe(0), frame()], false],
    ["Adobe says luma, whatever the names", [adobe(1), frame(text("RGB"))], true],
  ])("%s", (_, segments, isLuma) => {
    expect(readJpegHeader(file(...segments)).isLuma).toBe(isLuma);
  });
});

test("bytes FF before a marker are passed over", () => {
  expect(readJpegHeader(file([0xff, 0xff], frame()))).toMatchObject({ width: 5 });
});

test.each<[string, number[][], RegExp]>([
  ["no frame", [], /cut short before its size/],
  ["bytes between segments", [exif([]), [1], frame()], /bytes between its segments/],
  ["arithmetic coding", [frame([1, 2, 3], 0xc9)], /not read \(arithmetic coding\)/],
  ["12 bits", [segment(0xc0, Uint8Array.of(12, 0, 3, 0, 5, 1, 1, 0x11, 0))], /12 bits a sample/],
  ["no pixels", [segment(0xc0, Uint8Array.of(8, 0, 0, 0, 5, 1, 1, 0x11, 0))], /5 × 0/],
  [
    "a frame of too few bytes",
    [segment(0xc0, Uint8Array.of(8, 0, 3, 0, 5, 2, 1, 0x11, 0))],
    /frame is cut short/,
  ],
  ["too many scans", [frame(), ...new Array<number[]>(100).fill(scan)], /it has 101 scans/],
])("refuses %s", (_, segments, message) => {
  expect(() => readJpegHeader(file(...segments))).toThrow(message);
});

test("takes as many scans as it says", () => {
  expect(readJpegHeader(file(frame(), ...new Array<number[]>(99).fill(scan)))).toMatchObject({ height: 3 });
});
