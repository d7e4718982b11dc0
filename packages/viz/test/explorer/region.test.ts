// Masks over the picture: their text, their shapes.

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  isEmpty,
  maskFor,
  maskText,
  parseMask,
  type RegionMask,
  rectangleOf,
  shareInside,
} from "../../src/explorer/region/mask.ts";
import { disc, filled, polygon, rectangle } from "../../src/explorer/region/shapes.ts";

const masks = fc
  .tuple(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 128 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
      .map((cells): RegionMask => ({ width, height, data: Uint8Array.from(cells) })),
  );

it("is the mask that its text is of", () => {
  fc.assert(
    fc.property(masks, (mask) => {
      expect(parseMask(maskText(mask))).toEqual(mask);
    }),
    { numRuns: 40 },
  );
});

it.each(["", "64x64", "64x64:", "0x4:AA", "129x1:gQE", "4x4:DA", "4x4:////", "4x4:ERE", "2x2:!!"])(
  "refuses the text %j",
  (text) => {
    expect(parseMask(text)).toBeUndefined();
  },
);

it("is as fine as the picture, up to 128 cells of the longer side", () => {
  expect(maskFor(64, 48)).toMatchObject({ width: 64, height: 48 });
  expect(maskFor(1024, 512)).toMatchObject({ width: 128, height: 64 });
  expect(maskFor(2000, 1)).toMatchObject({ width: 128, height: 1 });
});

it("knows whether it is a rectangle", () => {
  const empty = maskFor(20, 10);
  expect([isEmpty(empty), rectangleOf(empty)]).toEqual([true, undefined]);
  const marked = filled(empty, rectangle([7, 8], [3, 2]), 1);
  expect(rectangleOf(marked)).toEqual({ x: 3, y: 2, width: 5, height: 7 });
  expect(shareInside(marked)).toBe(35 / 200);
  expect(rectangleOf(filled(marked, rectangle([5, 5], [5, 5]), 0))).toBeUndefined();
  expect(rectangleOf(filled(empty, disc([[9, 5]], 2), 1))).toBeUndefined();
});

it("fills what lies within a line, and along a stroke", () => {
  const empty = maskFor(40, 40);
  // The lattice points of a triangle, with those on its sides (Pick): A + B/2 + 1.
  const triangle = filled(
    empty,
    polygon([
      [5, 5],
      [25, 5],
      [5, 25],
    ]),
    1,
  );
  const inside = triangle.data.reduce((sum, cell) => sum + cell, 0);
  expect(inside).toBe(200 + 60 / 2 + 1);
  const stroke = filled(
    empty,
    disc(
      [
        [10, 20],
        [30, 20],
      ],
      3,
    ),
    1,
  );
  const area = stroke.data.reduce((sum, cell) => sum + cell, 0);
  expect(Math.abs(area - (20 * 7 + Math.PI * 9))).toBeLessThan(8);
});
