import { describe, expect, test } from "vitest";
import { detectLayout } from "../src/images/detect-layout.ts";
import { downscale, shrinkTo, upscale } from "../src/images/image.ts";
import { imagesToMeasure, measureExtent, measureRange, statedRange } from "../src/images/image-range.ts";
import { toRgba } from "../src/images/tensor-pixels.ts";

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

test.each([
  [1, 16],
  [62_500, 16],
  [62_501, 16],
  [66_667, 15],
  [3 * 256 ** 2, 6],
  [3 * 1024 ** 2, 2],
])("images of %i values: the range is measured on %i", (size, count) => {
  expect(imagesToMeasure(size)).toBe(count);
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

describe("measureExtent", () => {
  test.each([
    ["both signs: about 0, with a tenth of room", [-0.5, 2, 1], [-2.2, 2.2]],
    ["one sign: what they span, with a tenth of room", [20, 25, 30], [19, 31]],
    ["not negative", [0, 10], [-1, 11]],
    ["constant", [3, 3], [0, 6]],
    ["constant below 0", [-3, -3], [-6, 0]],
    ["silence", [0, 0], [-1, 1]],
  ])("%s", (_, values, [low, high]) => {
    const range = measureExtent(Float32Array.from(values));
    expect(range[0]).toBeCloseTo(low!, 12);
    expect(range[1]).toBeCloseTo(high!, 12);
  });

  test("refuses NaN and nothing", () => {
    expect(() => measureExtent(Float32Array.of(0, Number.NaN))).toThrow(/NaN at index 1/);
    expect(() => measureExtent(new Float32Array(0))).toThrow(/at least one/);
  });
});

describe("toRgba", () => {
  test("channels first and last agree, values outside the range are clipped", () => {
    const chw = toRgba(Float32Array.of(-1, 1, 0, 2, 0.5, -3), detectLayout([3, 1, 2]), [-1, 1]);
    const hwc = toRgba(
      Float32Array.of(-1, 0, 0.5, 1, 2, -3),
      detectLayout([1, 2, 3], { layout: { name: "hwc" } }),
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

  test("shrinking to the middle of every square has no colour that was not there", () => {
    const levels = Float32Array.from({ length: 42 }, (_, i) => i);
    const large = toRgba(levels, detectLayout([6, 7]), [0, 255]);
    const small = shrinkTo(large, 3, "middle");
    // 7 / 3 makes a factor of 3: rows 1 and 4, columns 1 and 4.
    expect([small.width, small.height]).toEqual([2, 2]);
    expect([0, 1, 2, 3].map((p) => small.data[4 * p])).toEqual([8, 11, 29, 32]);
    expect(shrinkTo(large, 3).data[0]).toBe(8);
    expect(shrinkTo(large, 7, "middle")).toBe(large);
  });

  test("downscale ignores the colour of transparent pixels", () => {
    const data = Uint8ClampedArray.of(200, 100, 50, 255, 0, 255, 0, 0, 200, 100, 50, 255, 9, 9, 9, 0);
    expect([...downscale({ width: 2, height: 2, data }, 2).data]).toEqual([200, 100, 50, 128]);
  });
});
