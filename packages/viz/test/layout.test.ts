import { VielbeinError } from "@vielbein/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { detectLayout, isPlain, possibleLayouts } from "../src/images/detect-layout.ts";
import {
  formatLayout,
  LAYOUT_NAMES,
  layoutWith,
  parseLayout,
  shownBy,
  sizeOf,
  statedLayout,
  stridesOf,
} from "../src/images/image-layout.ts";

/** The text of the layout that a shape, and what is asked for, come to. */
const detected = (shape: readonly number[], asked?: string) =>
  formatLayout(detectLayout(shape, asked === undefined ? {} : { layout: parseLayout(asked)! }));

describe("parseLayout", () => {
  test.each([
    ["chw", { name: "chw" }],
    ["hw:28,20", { name: "hw", extents: [28, 20] }],
    ["sheet-hwc:16,16,10", { name: "sheet-hwc", extents: [16, 16, 10] }],
    ["signal:4096", { name: "signal", extents: [4096] }],
    [" signal:2,4096 ", { name: "signal", extents: [2, 4096] }],
    ["hw:1,1", { name: "hw", extents: [1, 1] }],
    ["hw:94906265,94906265", { name: "hw", extents: [94_906_265, 94_906_265] }],
  ])("%s", (text, choice) => {
    expect(parseLayout(text)).toEqual(choice);
  });

  test.each([
    "",
    "CHW",
    "whc",
    "chw:",
    "chw:3,64",
    "hw:28",
    "hw:1,28,28",
    "signal:1,2,3",
    "hw:0,28",
    "hw:-28,28",
    "hw:2.5,4",
    "hw: 28,28",
    "hw:99999999,999999999",
    // 94906266² = 9007199326062756, the first square beyond the integers that are exact.
    "hw:94906266,94906266",
    "hw:1,0",
    "signal:0",
  ])("refuses %j", (text) => {
    expect(parseLayout(text)).toBeUndefined();
  });

  test("reads what formatLayout writes", () => {
    const extent = fc.integer({ min: 1, max: 50 });
    const name = fc.constantFrom(...LAYOUT_NAMES);
    fc.assert(
      fc.property(name, fc.tuple(extent, extent, extent), (name, extents) => {
        const layout = layoutWith(name, name === "hw" || name === "signal" ? extents.slice(0, 2) : extents);
        const { name: again, extents: axes } = parseLayout(formatLayout(layout))!;
        expect(layoutWith(again, axes!)).toEqual(
          // A single curve has no order of channels.
          layout.layout === "signal" && layout.channels === 1 ? { ...layout, channelsLast: false } : layout,
        );
      }),
    );
  });
});

describe("statedLayout", () => {
  test("is that of the metadata", () => {
    expect(statedLayout(new Map())).toBeUndefined();
    expect(statedLayout(new Map([["vielbein.layout", "hwc:64,64,3"]]))).toEqual({
      name: "hwc",
      extents: [64, 64, 3],
    });
    expect(() => statedLayout(new Map([["vielbein.layout", "nhwc"]]))).toThrow(
      expect.objectContaining({ code: "INVALID_MODEL", message: expect.stringContaining('got "nhwc"') }),
    );
  });
});

describe("layoutWith", () => {
  test("of a signal's extents the smaller counts the curves, and of equal ones the first", () => {
    const of = (...extents: number[]) => {
      const { channelsLast, channels, height, width } = layoutWith("signal", extents);
      return [channelsLast, channels, height, width];
    };
    expect(of(7)).toEqual([false, 1, 1, 7]);
    expect(of(3, 5)).toEqual([false, 3, 1, 5]);
    expect(of(5, 3)).toEqual([true, 3, 1, 5]);
    expect(of(4, 4)).toEqual([false, 4, 1, 4]);
  });

  test("strides lead from pixel to pixel, and from channel to channel", () => {
    expect(stridesOf(layoutWith("chw", [3, 4, 5]))).toEqual({ pixel: 1, channel: 20 });
    expect(stridesOf(layoutWith("hwc", [4, 5, 3]))).toEqual({ pixel: 3, channel: 1 });
    expect(stridesOf(layoutWith("signal", [2, 9]))).toEqual({ pixel: 1, channel: 9 });
    expect(stridesOf(layoutWith("signal", [9, 2]))).toEqual({ pixel: 2, channel: 1 });
  });
});

describe("detectLayout", () => {
  test.each([
    [[3, 64, 48], { layout: "chw", channelsLast: false, channels: 3, height: 64, width: 48 }],
    [[4, 8, 9], { layout: "chw", channelsLast: false, channels: 4, height: 8, width: 9 }],
    [[64, 48, 3], { layout: "hwc", channelsLast: true, channels: 3, height: 64, width: 48 }],
    [[28, 20], { layout: "hw", channelsLast: false, channels: 1, height: 28, width: 20 }],
    [[100, 3], { layout: "signal", channelsLast: true, channels: 3, height: 1, width: 100 }],
    [[2, 4096], { layout: "signal", channelsLast: false, channels: 2, height: 1, width: 4096 }],
  ])("%j", (shape, layout) => {
    expect(detectLayout(shape)).toEqual(layout);
  });

  test.each([
    // Both ends could be the channels.
    [[3, 64, 3], "chw:3,64,3"],
    [[1, 28, 28], "chw:1,28,28"],
    [[1, 5, 5], "chw:1,5,5"],
    [[1, 3, 64, 64], "chw:3,64,64"],
    [[784], "hw:28,28"],
    [[12_288], "chw:3,64,64"],
    [[16], "hw:4,4"],
    // A square of nine is too small to be meant.
    [[9], "signal:9"],
    [[1000], "signal:1000"],
    [[1, 4096], "signal:4096"],
    [[1, 1, 4096], "signal:4096"],
    [[4096], "hw:64,64"],
    [[3, 1, 100], "signal:3,100"],
    [[4, 31], "hw:4,31"],
    [[4, 32], "signal:4,32"],
    [[1, 8], "signal:8"],
    [[1, 7], "hw:1,7"],
    [[2, 15], "hw:2,15"],
    [[16, 2], "signal:16,2"],
    [[4, 1, 32], "signal:4,32"],
    [[75], "chw:3,5,5"],
    [[48], "chw:3,4,4"],
    // Three squares of nine are too small to be meant.
    [[27], "signal:27"],
    [[5, 400], "hw:5,400"],
    [[10, 16, 16], "sheet:10,16,16"],
    [[16, 16, 10], "sheet-hwc:16,16,10"],
    [[512, 8, 8], "sheet:512,8,8"],
    [[2, 24, 32], "sheet:2,24,32"],
    [[24, 32, 2], "sheet-hwc:24,32,2"],
    [[8, 8, 8], "sheet:8,8,8"],
    // The two that are equal are height and width, though the third could not be an image's channels, and they could.
    [[10, 4, 4], "sheet:10,4,4"],
    [[4, 4, 10], "sheet-hwc:4,4,10"],
    [[4, 4, 3], "hwc:4,4,3"],
    [[4, 3, 3], "chw:4,3,3"],
    [[3, 3, 3], "chw:3,3,3"],
  ])("guesses %j to be %s", (shape, text) => {
    expect(detected(shape)).toBe(text);
  });

  test.each([
    [[3, 64, 3], "hwc", "hwc:3,64,3"],
    [[784], "hw", "hw:28,28"],
    [[784], "chw", "chw:1,28,28"],
    [[784], "hwc", "hwc:28,28,1"],
    [[784], "hw:56,14", "hw:56,14"],
    [[12_288], "hwc", "hwc:64,64,3"],
    [[12_288], "hwc:32,128,3", "hwc:32,128,3"],
    [[12_288], "sheet:12,32,32", "sheet:12,32,32"],
    [[2560], "classes:10,16,16", "classes:10,16,16"],
    [[10, 16, 16], "classes", "classes:10,16,16"],
    [[16, 16, 10], "classes-hwc", "classes-hwc:16,16,10"],
    [[3, 64, 64], "sheet", "sheet:3,64,64"],
    [[1, 28, 28], "hw", "hw:28,28"],
    [[4096], "signal", "signal:4096"],
    [[1, 784], "hw:28,28", "hw:28,28"],
    [[8192], "signal:2,4096", "signal:2,4096"],
    [[8192], "signal:4096,2", "signal:4096,2"],
    [[3, 5, 8, 8], "sheet:15,8,8", "sheet:15,8,8"],
  ])("reads %j as %s", (shape, asked, text) => {
    expect(detected(shape, asked)).toBe(text);
  });

  test.each([
    [[784], "hw:28,20", /28 × 20 is 560 values, not 784. Possible with layout: hw:28,28, signal:784\./],
    [[512, 4, 4, 4, 4], undefined, /no picture can be guessed.* Possible with layout: sheet:8192,4,4\./],
    [[1, 3, 16, 64, 64], undefined, /sheet:48,64,64/],
    [[3, 1, 64, 64], undefined, /chw:3,64,64/],
    [[2560], "classes", /must be named/],
    [
      [10, 16, 16],
      "chw",
      /1, 3 or 4 channels, not 10\. Possible with layout: sheet:10,16,16, classes:10,16,16/,
    ],
    [[64, 64, 3], "chw", /1, 3 or 4 channels, not 64/],
    [[3, 64, 64], "hw", /must be named/],
    [[1], undefined, /\[1\]: one number is no picture\. Choose another output/],
    [[1], "signal:1", /two samples/],
    [[3, 0, 8], undefined, /\[3, 0, 8\]/],
    [[], undefined, /\[\]/],
  ] as const)("refuses %j as %s", (shape, asked, message) => {
    const run = () => detected(shape, asked);
    expect(run).toThrow(VielbeinError);
    expect(run).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(run).toThrow(message);
  });

  test("calls output and layout as it is told", () => {
    const run = () =>
      detectLayout([7], { layout: parseLayout("hw:2,2")!, subject: '"x"', option: "--layout" });
    expect(run).toThrow(
      '"x" [7]: --layout hw:2,2: 2 × 2 is 4 values, not 7. Possible with --layout: signal:7.',
    );
  });
});

describe("possibleLayouts", () => {
  const texts = (...shape: number[]) => possibleLayouts(shape).map(formatLayout);

  test("the likeliest first", () => {
    expect(texts(12_288)).toEqual(["chw:3,64,64", "hwc:64,64,3", "signal:12288"]);
    expect(texts(1, 784)).toEqual(["signal:784", "hw:1,784", "hw:28,28"]);
    expect(texts(3, 64, 64)).toEqual(["chw:3,64,64", "sheet:3,64,64", "classes:3,64,64"]);
    expect(texts(10, 16, 16)).toEqual(["sheet:10,16,16", "classes:10,16,16"]);
  });

  test("hold all values, each other layout than the others, and are what their text says", () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        const possible = possibleLayouts(shape);
        expect(new Set(possible.map(formatLayout)).size).toBe(possible.length);
        for (const layout of possible) {
          expect(layout.channels * layout.height * layout.width).toBe(sizeOf(shape));
          expect(detected(shape, formatLayout(layout))).toBe(formatLayout(layout));
        }
      }),
    );
  });

  test("only images of the shape's own axes are plain", () => {
    const plain = (...shape: number[]) => isPlain(detectLayout(shape), shape);
    expect([plain(3, 8, 8), plain(8, 8, 3), plain(8, 8)]).toEqual([true, true, true]);
    expect([plain(64), plain(10, 8, 8), plain(2, 99), plain(1, 3, 8, 8)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(shownBy(detectLayout([2, 99]))).toBe("signal");
  });
});
