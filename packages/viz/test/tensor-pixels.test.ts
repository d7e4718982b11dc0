// Outputs as pictures and back: every layout against values worked out by hand, and the way there and back.

import { VielbeinError } from "@vielbein/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tileGrid } from "../src/images/channel-sheet.ts";
import { CLASS_COLOURS, classesOf } from "../src/images/class-map.ts";
import { detectLayout } from "../src/images/detect-layout.ts";
import { differencePicture } from "../src/images/difference-picture.ts";
import type { RgbaImage } from "../src/images/image.ts";
import { type ImageLayout, layoutWith, parseLayout } from "../src/images/image-layout.ts";
import { layoutKeys } from "../src/images/layout-keys.ts";
import { fromRgba, pictureSize, toRgba } from "../src/images/tensor-pixels.ts";

const layoutOf = (text: string): ImageLayout => {
  const { name, extents } = parseLayout(text)!;
  return layoutWith(name, extents!);
};
/** The colours of an opaque picture, `rrggbb`, row by row. */
const colours = ({ data, width }: RgbaImage): string[][] => {
  const hex = Array.from({ length: data.length / 4 }, (_, p) => {
    expect(data[4 * p + 3]).toBe(255);
    return Array.from(data.subarray(4 * p, 4 * p + 3), (level) => level.toString(16).padStart(2, "0")).join(
      "",
    );
  });
  return Array.from({ length: hex.length / width }, (_, row) => hex.slice(row * width, (row + 1) * width));
};

describe("sheets", () => {
  const gap = "56b4e9";

  test("grey tiles side by side, with a gap", () => {
    const values = Float32Array.of(0, 51, 102, 153, 204, 255);
    const rows = [
      ["000000", gap, "666666"],
      ["333333", gap, "999999"],
    ];
    expect(colours(toRgba(values.subarray(0, 4), layoutOf("sheet:2,2,1"), [0, 255]))).toEqual(rows);
    const sheet = toRgba(values, layoutOf("sheet:3,2,1"), [0, 255]);
    expect(colours(sheet)).toEqual([
      ["000000", gap, "666666", gap, "cccccc"],
      ["333333", gap, "999999", gap, "ffffff"],
    ]);
  });

  test("channels last are the same picture", () => {
    const first = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    const last = Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
    expect(toRgba(last, layoutOf("sheet-hwc:2,2,3"), [0, 11])).toEqual(
      toRgba(first, layoutOf("sheet:3,2,2"), [0, 11]),
    );
  });

  test("places that are left over have the colour of the gap", () => {
    // Three columns leave two places empty, four leave one.
    const rows = colours(toRgba(new Float32Array(7), layoutOf("sheet:7,1,1"), [0, 1]));
    const [tile, whole] = ["000000", "000000 56b4e9 000000 56b4e9 000000 56b4e9"];
    expect(rows.map((row) => row.join(" "))).toEqual([
      `${whole} ${tile}`,
      Array(7).fill(gap).join(" "),
      `${whole} ${gap}`,
    ]);
  });

  test.each([
    ["sheet:10,16,16", { columns: 5, rows: 2, gap: 1, width: 84, height: 33 }],
    ["sheet:7,16,16", { columns: 4, rows: 2, gap: 1, width: 67, height: 33 }],
    ["sheet:2,24,32", { columns: 2, rows: 1, gap: 1, width: 65, height: 24 }],
    ["sheet:512,8,8", { columns: 32, rows: 16, gap: 1, width: 287, height: 143 }],
    ["sheet:16,64,64", { columns: 4, rows: 4, gap: 2, width: 262, height: 262 }],
    ["sheet:1,3,3", { columns: 1, rows: 1, gap: 1, width: 3, height: 3 }],
  ])("%s", (text, grid) => {
    expect(tileGrid(layoutOf(text))).toEqual(grid);
  });
});

describe("maps of classes", () => {
  test("the largest channel, the first of equals, whatever the range", () => {
    const layout = layoutOf("classes:3,1,3");
    const values = Float32Array.of(0, 0.5, -3, 0.1, 0.5, -2, 0, 0.4, -1);
    expect([...classesOf(values, layout)]).toEqual([1, 0, 2]);
    const picture = colours(toRgba(values, layout, [0, 0]));
    expect(picture).toEqual([[1, 0, 2].map((index) => CLASS_COLOURS[index]!.slice(1))]);
    const last = Float32Array.of(0, 0.1, 0, 0.5, 0.5, 0.4, -3, -2, -1);
    expect([...classesOf(last, layoutOf("classes-hwc:1,3,3"))]).toEqual([1, 0, 2]);
  });

  test("refuses NaN", () => {
    const values = Float32Array.of(0, 0, 0, Number.NaN);
    expect(() => classesOf(values, layoutOf("classes:2,1,2"))).toThrow(/channel 1, row 0, column 1/);
  });

  test("colours repeat beyond the last", () => {
    const layout = layoutOf("classes:17,1,1");
    const values = new Float32Array(17).fill(1, 16);
    expect(colours(toRgba(values, layout, [0, 1]))).toEqual([[CLASS_COLOURS[0]!.slice(1)]]);
  });

  /** Linear sRGB as it is seen (Machado, Oliveira & Fernandes 2009, severity 1): by all, and without L, M or S cones. */
  const VISIONS = [
    [1, 0, 0, 0, 1, 0, 0, 0, 1],
    [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  ];
  const times = (m: readonly number[], v: readonly number[]) =>
    [0, 3, 6].map((row) => v.reduce((sum, x, i) => sum + m[row + i]! * x, 0));
  /** OKLab (Ottosson 2020). */
  const oklab = (linear: readonly number[]) => {
    const clipped = linear.map((x) => Math.min(1, Math.max(0, x)));
    const lms = times(
      [
        0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619,
        0.2817188376, 0.6299787005,
      ],
      clipped,
    ).map(Math.cbrt);
    return times(
      [
        0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371,
        0.7827717662, -0.808675766,
      ],
      lms,
    );
  };

  test("colours stay apart with every kind of colour vision", () => {
    const seen = CLASS_COLOURS.map((hex) => {
      const linear = [1, 3, 5].map((at) => {
        const level = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
        return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
      });
      return VISIONS.map((vision) => oklab(times(vision, linear)));
    });
    seen.forEach((a, i) => {
      for (const [j, b] of seen.slice(0, i).entries()) {
        const apart = Math.min(...a.map((lab, v) => Math.hypot(...lab.map((x, k) => x - b[v]![k]!))));
        // Okabe and Ito's own are 0.076 apart at least; 0.02 is about what can be told apart.
        expect(apart, `${CLASS_COLOURS[i]} and ${CLASS_COLOURS[j]}`).toBeGreaterThan(i < 8 ? 0.07 : 0.1);
      }
    });
  });
});

describe("layoutKeys", () => {
  test("classes by their numbers, those of one colour together; channels of several curves", () => {
    const labels = (text: string) => layoutKeys(layoutOf(text)).map(({ label }) => label);
    expect(labels("classes:3,4,4")).toEqual(["0", "1", "2"]);
    expect(labels("classes:18,4,4").slice(0, 3)).toEqual(["0, 16 …", "1, 17 …", "2"]);
    expect(labels("classes:18,4,4")).toHaveLength(16);
    expect(labels("signal:2,99")).toEqual(["channel 0", "channel 1"]);
    for (const text of ["signal:99", "sheet:9,4,4", "chw:3,4,4"]) expect(labels(text)).toEqual([]);
    expect(layoutKeys(layoutOf("classes:2,1,1"))[1]!.colour).toBe(CLASS_COLOURS[1]);
  });
});

describe("there and back", () => {
  const extent = fc.integer({ min: 1, max: 7 });
  const readable = fc
    .tuple(fc.constantFrom("chw", "hwc", "hw", "sheet", "sheet-hwc"), extent, extent, extent)
    .map(([name, a, b, c]) => {
      const channels = name.startsWith("sheet") ? c : [1, 3, 4][c % 3]!;
      const last = name.endsWith("hwc");
      return layoutOf(
        name === "hw" ? `hw:${a},${b}` : `${name}:${(last ? [a, b, channels] : [channels, a, b]).join()}`,
      );
    });

  test("fromRgba undoes toRgba up to half a level", () => {
    fc.assert(
      fc.property(readable, fc.integer(), (layout, seed) => {
        const size = layout.channels * layout.height * layout.width;
        const values = Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i));
        const back = fromRgba(toRgba(values, layout, [-1, 1]), layout, [-1, 1]);
        expect(back.length).toBe(size);
        const off = back.reduce((most, x, i) => Math.max(most, Math.abs(x - values[i]!)), 0);
        expect(off).toBeLessThanOrEqual(0.5 * (2 / 255) + 1e-6);
      }),
    );
  });

  test("toRgba undoes fromRgba exactly, of pictures that a layout can have", () => {
    fc.assert(
      fc.property(readable, fc.integer(), (layout, seed) => {
        const values = Float32Array.from(
          { length: layout.channels * layout.height * layout.width },
          (_, i) => (Math.imul(seed + i, 2654435761) >>> 24) & 255,
        );
        const picture = toRgba(values, layout, [0, 255]);
        expect(pictureSize(layout)).toEqual({ width: picture.width, height: picture.height });
        const again = toRgba(fromRgba(picture, layout, [0, 255]), layout, [0, 255]);
        expect(again.data.every((level, i) => level === picture.data[i])).toBe(true);
      }),
    );
  });

  test.each(["classes:3,2,2", "classes-hwc:2,2,3", "signal:12"])("%s is not read back", (text) => {
    const layout = layoutOf(text);
    const picture = toRgba(new Float32Array(12), layout, [0, 1]);
    expect(() => fromRgba(picture, layout, [0, 1])).toThrow(VielbeinError);
    expect(() => fromRgba(picture, layout, [0, 1])).toThrow(`layout ${layout.layout}`);
  });

  test("a flat output is read by the layout that it was given", () => {
    const layout = detectLayout([12], { layout: parseLayout("hwc:2,2,3")! });
    const values = Float32Array.from({ length: 12 }, (_, i) => i * 20);
    expect(fromRgba(toRgba(values, layout, [0, 255]), layout, [0, 255])).toEqual(values);
  });
});

describe("differencePicture", () => {
  test("of images a quarter of the range is white, of colours alone", () => {
    const layout = layoutOf("chw:4,1,1");
    const picture = differencePicture(
      Float32Array.of(0.25, 0.5, 0.1, 0.9),
      Float32Array.of(0, 0.55, 0.1, 0.1),
      layout,
      [0, 1],
    );
    expect([...picture.data]).toEqual([255, 51, 0, 255]);
  });

  test("of classes white where they differ", () => {
    const layout = layoutOf("classes:2,1,3");
    const picture = differencePicture(
      Float32Array.of(1, 0, 1, 0, 1, 0),
      Float32Array.of(9, 9, 9, 8, 8, 8),
      layout,
      [0, 1],
    );
    expect(colours(picture)).toEqual([["000000", "ffffff", "000000"]]);
  });

  test("of signals the difference about 0, on the scale of the range", () => {
    const layout = layoutOf("signal:3");
    const [a, b] = [Float32Array.of(1, 2, 3), Float32Array.of(0, 2, 5)];
    expect(differencePicture(a, b, layout, [0, 8])).toEqual(
      toRgba(Float32Array.of(1, 0, -2), layout, [-4, 4]),
    );
  });
});
