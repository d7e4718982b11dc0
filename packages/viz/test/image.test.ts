import { VielbeinError } from "@vielbein/core";
import { describe, expect, test } from "vitest";
import { downscale, toRgba, upscale } from "../src/images/image.ts";
import { detectLayout } from "../src/images/image-layout.ts";
import { measureRange, statedRange } from "../src/images/image-range.ts";

describe("detectLayout", () => {
  test.each([
    [[3, 64, 48], { layout: "chw", channels: 3, height: 64, width: 48 }],
    [[1, 28, 28], { layout: "chw", channels: 1, height: 28, width: 28 }],
    [[4, 8, 9], { layout: "chw", channels: 4, height: 8, width: 9 }],
    [[64, 48, 3], { layout: "hwc", channels: 3, height: 64, width: 48 }],
    [[3, 64, 3], { layout: "chw", channels: 3, height: 64, width: 3 }],
    [[28, 20], { layout: "hw", channels: 1, height: 28, width: 20 }],
  ])("%j", (shape, layout) => {
    expect(detectLayout(shape)).toEqual(layout);
  });

  test("the option overrides channels-first", () => {
    const layout = { layout: "hwc", channels: 3, height: 3, width: 64 };
    expect(detectLayout([3, 64, 3], { layout: "hwc" })).toEqual(layout);
  });

  test.each([
    [[1, 3, 64, 64], undefined, /\[1, 3, 64, 64\]. Drop the batch axis/],
    [[512], undefined, /Reshape/],
    [[512, 4, 4, 4, 4], undefined, /Drop/],
    [[512, 8, 8], undefined, /got \[512, 8, 8\]. Choose another/],
    [[3, 0, 8], undefined, /got \[3, 0, 8\]/],
    [[], undefined, /got \[\]/],
    [[64, 64, 3], "chw", /layout "chw" needs shape \[C, H, W\]/],
    [[3, 64, 64], "hw", /layout "hw" needs shape \[H, W\]/],
  ] as const)("refuses %j as %s", (shape, layout, message) => {
    const run = () => detectLayout(shape, layout === undefined ? {} : { layout });
    expect(run).toThrow(VielbeinError);
    expect(run).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(run).toThrow(message);
  });
});

describe("statedRange", () => {
  const of = (text: string) => statedRange(new Map([["vielbein.range", text]]));

  test("is that of the metadata", () => {
    expect(statedRange(new Map())).toBeUndefined();
    expect(of("-1,1")).toEqual([-1, 1]);
    expect(of(" 0, 255 ")).toEqual([0, 255]);
    expect(of("1e308,1.5e308")).toEqual([1e308, 1.5e308]);
  });

  test.each(["", "1", "1,-1", "0,0", "0,1,2", "a,b", "0,Infinity", "-1e308,1e308", ",1"])(
    "refuses %j",
    (text) => {
      expect(() => of(text)).toThrow(expect.objectContaining({ code: "INVALID_MODEL" }));
    },
  );
});

describe("measureRange", () => {
  const ramp = (low: number, high: number, count = 3 * 32 * 32) =>
    Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

  test.each([
    ["tanh", ramp(-1, 1), [-1, 1]],
    ["overshoot", ramp(-1.3, 1.25), [-1, 1]],
    ["dark tanh", ramp(-1, 0.1), [-1, 1]],
    ["sigmoid", ramp(0, 1), [0, 1]],
    ["sigmoid with undershoot", ramp(-0.08, 1.07), [0, 1]],
    ["8 bit", ramp(0, 255), [0, 255]],
    ["8 bit, dark", ramp(0, 60), [0, 255]],
    ["constant 0", ramp(0, 0), [0, 1]],
    ["constant grey", ramp(0.02, 0.02), [0, 1]],
    ["constant black", ramp(-1, -1), [-1, 1]],
    ["constant dark", ramp(-0.2, -0.2), [-1, 1]],
    ["constant 200", ramp(200, 200), [0, 255]],
    ["8 bit, as bright as it may be", ramp(0, 300).fill(300, 1), [0, 255]],
    ["beyond 8 bit", ramp(0, 301).fill(301, 1), [0, 301]],
    ["as dark as 8 bit may not be", ramp(0, 32).fill(32, 1), [0, 32]],
    ["sigmoid, as far beyond 1 as it may be", ramp(0, 1.5).fill(1.5, 1), [0, 1]],
    ["tanh, as far beyond 1 as it may be", ramp(-1.5, 1.5), [-1, 1]],
  ])("%s", (_, values, range) => {
    expect(measureRange(values)).toEqual(range);
  });

  test.each([
    ["HDR", ramp(0, 3.2), 0, 3.2],
    ["faint", ramp(0, 0.01), 0, 0.01],
    ["16 bit", ramp(0, 65535), 0, 65535],
    ["logits", ramp(-8, 5), -8, 8],
    ["centred at 0", ramp(-0.5, 0.5), -0.5, 0.5],
  ])("%s, as measured", (_, values, low, high) => {
    const range = measureRange(values);
    expect(Math.abs(range[0] - low)).toBeLessThanOrEqual(0.011 * high);
    expect(Math.abs(range[1] - high)).toBeLessThanOrEqual(0.011 * high);
  });

  test("a few wild pixels do not matter", () => {
    const values = ramp(-1, 1);
    values.set([40, -25, 1000], 100);
    expect(measureRange(values)).toEqual([-1, 1]);
  });

  test("a few bright pixels on a flat ground do", () => {
    const values = new Float32Array(1000);
    values.set([180, 250], 500);
    expect(measureRange(values)).toEqual([0, 255]);
  });

  test("millions of values are thinned without losing a channel", () => {
    const values = new Float32Array(3 * 700_000).fill(0.5);
    for (let i = 2; i < values.length; i += 3) values[i] = -1;
    expect(measureRange(values)).toEqual([-1, 1]);
  });

  test("refuses NaN, infinities and nothing", () => {
    expect(() => measureRange(Float32Array.of(0, Number.NaN))).toThrow(/NaN at index 1/);
    const infinite = () => measureRange(Float32Array.of(Number.POSITIVE_INFINITY));
    expect(infinite).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
    expect(() => measureRange(new Float32Array(0))).toThrow(/at least one/);
  });
});

describe("toRgba", () => {
  test("channels first and last agree, values outside the range are clipped", () => {
    const chw = toRgba(Float32Array.of(-1, 1, 0, 2, 0.5, -3), detectLayout([3, 1, 2]), [-1, 1]);
    const hwc = toRgba(
      Float32Array.of(-1, 0, 0.5, 1, 2, -3),
      detectLayout([1, 2, 3], { layout: "hwc" }),
      [-1, 1],
    );
    expect([...chw.data]).toEqual([0, 128, 191, 255, 255, 255, 0, 255]);
    expect(hwc).toEqual(chw);
  });

  test("grey is replicated, a fourth channel is alpha", () => {
    const grey = toRgba(Float32Array.of(0, 1), detectLayout([1, 2]), [0, 1]);
    expect([...grey.data]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    const rgba = toRgba(Float32Array.of(255, 0, 51, 102), detectLayout([4, 1, 1]), [0, 255]);
    expect([...rgba.data]).toEqual([255, 0, 51, 102]);
  });

  test("refuses wrong sizes, empty ranges and NaN", () => {
    const layout = detectLayout([1, 2, 2]);
    const flat = new Float32Array(4);
    expect(() => toRgba(new Float32Array(5), layout, [0, 1])).toThrow(/needs 4 values, got 5/);
    expect(() => toRgba(flat, layout, [1, 1])).toThrow(/low < high/);
    expect(() => toRgba(Float32Array.of(0, 0, 0, Number.NaN), layout, [0, 1])).toThrow(/row 1, column 1/);
  });
});

describe("resizing", () => {
  const image = toRgba(Float32Array.of(0, 51, 102, 153, 204, 255), detectLayout([2, 3]), [0, 255]);

  test("upscale repeats every pixel", () => {
    const large = upscale(image, 3);
    expect([large.width, large.height]).toEqual([9, 6]);
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 9; x++) {
        const from = 4 * (Math.floor(y / 3) * 3 + Math.floor(x / 3));
        expect(large.data.slice(4 * (9 * y + x)).subarray(0, 4)).toEqual(image.data.slice(from, from + 4));
      }
    }
    expect(() => upscale(image, 1.5)).toThrow(/positive integer, got 1.5/);
  });

  test("downscale undoes upscale, and takes means", () => {
    expect(downscale(upscale(image, 4), 4)).toEqual(image);
    const mean = downscale(image, 2);
    expect([mean.width, mean.height, ...mean.data]).toEqual([1, 1, 102, 102, 102, 255]);
  });

  test("downscale ignores the colour of transparent pixels", () => {
    const data = Uint8ClampedArray.of(200, 100, 50, 255, 0, 255, 0, 0, 200, 100, 50, 255, 9, 9, 9, 0);
    expect([...downscale({ width: 2, height: 2, data }, 2).data]).toEqual([200, 100, 50, 128]);
  });
});
