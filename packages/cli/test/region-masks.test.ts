// Regions of pictures as weights, and their outlines.

import { detectLayout, encodePng, parseLayout, type RgbaImage } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { outlined, readRegion } from "../src/inputs/region-masks.ts";
import { scratch } from "./run.ts";

const layoutOf = (text: string, ...shape: number[]) => detectLayout(shape, { layout: parseLayout(text) });
const grey = layoutOf("hw", 2, 3);
const weightsOf = async (text: string, layout = grey) => [...(await readRegion(text, layout)).weights];

describe("a rectangle", () => {
  it("holds its sides' pixels, from the top left", async () => {
    expect(await weightsOf("0,0,3,2")).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await weightsOf("0,0,1,1")).toEqual([1, 0, 0, 0, 0, 0]);
    expect(await weightsOf("2,1,1,1")).toEqual([0, 0, 0, 0, 0, 1]);
    expect(await weightsOf(" 1,0,2,1 ")).toEqual([0, 1, 1, 0, 0, 0]);
    expect(await weightsOf("1,0,1,2")).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it("holds all channels of its pixels, in the order of the output", async () => {
    expect(await weightsOf("1,0,1,1", layoutOf("chw", 3, 1, 2))).toEqual([0, 1, 0, 1, 0, 1]);
    expect(await weightsOf("1,0,1,1", layoutOf("hwc", 1, 2, 3))).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it("is described by its sides", async () => {
    const { description, mask } = await readRegion("1,0,2,1", grey);
    expect(description).toEqual({ x: 1, y: 0, width: 2, height: 1 });
    expect([mask.width, mask.height]).toEqual([3, 2]);
    expect([...mask.data.subarray(0, 8)]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
  });

  it.each(["1,0,3,1", "0,1,1,2", "3,0,1,1", "0,2,1,1"])(
    "refuses %s, beyond the edge by one",
    async (text) => {
      await expect(readRegion(text, grey)).rejects.toMatchObject({
        code: "OUT_OF_RANGE",
        message: expect.stringContaining("leaves the picture of 3 × 2 pixels"),
      });
    },
  );

  it.each(["-1,0,2,2", "1.5,0,2,2", "1,2,3", "nan,0,1,1", "1,2,3,4,5"])(
    "refuses %s, which is no rectangle, and no file either",
    async (text) => {
      await expect(readRegion(text, grey)).rejects.toThrow("a rectangle is X,Y,WIDTH,HEIGHT");
    },
  );

  it.each(["0,0,0,2", "0,0,3,0", "3,2,0,0"])("refuses %s, which is empty", async (text) => {
    await expect(readRegion(text, grey)).rejects.toThrow("nothing of the picture is inside");
  });
});

describe("a picture", () => {
  it("is outside where it is transparent, as where it is black", async () => {
    const pixels = [255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 51, 51, 51, 51, 255];
    const data = Uint8ClampedArray.from([...pixels, 0, 0, 0, 0]);
    const path = scratch("mask.png", encodePng({ width: 3, height: 2, data }));
    const expected = [1, 0, 0, 0.2, 0.2, 0];
    (await weightsOf(path)).forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected[i]!, 6);
    });
  });
});

describe("outlined", () => {
  const picture = (width: number, inside: (x: number, y: number) => number): RgbaImage => ({
    width,
    height: width,
    data: Uint8ClampedArray.from({ length: 4 * width * width }, (_, i) => {
      const pixel = Math.floor(i / 4);
      return i % 4 === 3 ? 255 : inside(pixel % width, Math.floor(pixel / width));
    }),
  });
  /** Rows of `#` where the border was drawn. */
  const border = (mask: RgbaImage) => {
    const { data, width } = outlined(
      picture(mask.width, () => 9),
      mask,
    );
    return Array.from({ length: width }, (_, y) =>
      Array.from({ length: width }, (_, x) => {
        const pixel = [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
        return pixel.join() === "213,94,0,255" ? "#" : pixel.join() === "9,9,9,255" ? "." : "?";
      }).join(""),
    );
  };

  it("draws what is inside beside something outside", () => {
    const square = picture(5, (x, y) => (x >= 1 && x <= 3 && y >= 1 && y <= 3 ? 255 : 0));
    expect(border(square)).toEqual([".....", ".###.", ".#.#.", ".###.", "....."]);
  });

  it("the edge of the picture is a border, too", () => {
    expect(border(picture(4, () => 255))).toEqual(["####", "#..#", "#..#", "####"]);
    expect(border(picture(3, (x) => (x > 0 ? 255 : 0)))).toEqual([".##", ".##", ".##"]);
  });

  it("what is half white or more is inside", () => {
    expect(border(picture(1, () => 128))).toEqual(["#"]);
    expect(border(picture(1, () => 127))).toEqual(["."]);
  });

  it("leaves the picture that it was given", () => {
    const image = picture(2, () => 9);
    outlined(
      image,
      picture(2, () => 255),
    );
    expect(image).toEqual(picture(2, () => 9));
  });
});
