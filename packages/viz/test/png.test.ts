import { expect, test } from "vitest";
import { stackImages } from "../src/images/image.ts";
import { encodeAnimatedPng, encodePng, pingPong, pngDataUri, withPngText } from "../src/images/png.ts";
import { decodePng, disc, pngChunks } from "./helpers.ts";

test.each([
  [1, 1],
  [7, 5],
  [64, 64],
  [300, 2],
])("%i × %i pixels survive", (width, height) => {
  const image = disc(width, 0.4, height);
  image.data[3] = 17;
  expect(decodePng(encodePng(image))).toEqual(image);
});

test("an animation has numbered frames, each a complete image, and shows its first where it cannot play", () => {
  const frames = [0.3, 0.5, 0.7].map((centre) => disc(24, centre, 16));
  const png = encodeAnimatedPng(frames, { delay: 80, loops: 3 });
  const chunks = pngChunks(png);
  expect(chunks.map(({ type }) => type).join(" ")).toBe("IHDR acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND");
  expect([...chunks[1]!.data]).toEqual([0, 0, 0, 3, 0, 0, 0, 3]);
  const numbered = chunks.filter(({ type }) => type === "fcTL" || type === "fdAT");
  expect(numbered.map(({ data }) => data.readUInt32BE(0))).toEqual([0, 1, 2, 3, 4]);
  for (const { data } of chunks.filter(({ type }) => type === "fcTL")) {
    expect(data).toHaveLength(26);
    const [width, height, x, y] = [4, 8, 12, 16].map((at) => data.readUInt32BE(at));
    expect([width, height, x, y]).toEqual([24, 16, 0, 0]);
    expect([data.readUInt16BE(20) / data.readUInt16BE(22), data[24], data[25]]).toEqual([0.08, 0, 0]);
  }
  expect(decodePng(png)).toEqual(frames[0]);
  // A later frame as a still image of its own, which the decoder of the tests reads.
  const still = pngChunks(encodePng(frames[2]!)).find(({ type }) => type === "IDAT")!.data;
  expect(numbered.at(-1)!.data.subarray(4).equals(still)).toBe(true);
});

test("an animation refuses what is none", () => {
  expect(() => encodeAnimatedPng([])).toThrow("0 frames");
  expect(() => encodeAnimatedPng([disc(8, 0.5)], { delay: 1e5 })).toThrow("delay 100000");
  expect(() => encodeAnimatedPng([disc(8, 0.5), disc(9, 0.5)])).toThrow("8 × 8 and, in frame 1, 9 × 9");
  expect(() => encodeAnimatedPng([disc(8, 0.5), disc(9, 0.5, 8)])).toThrow("in frame 1, 9 × 8");
  expect(() => encodeAnimatedPng([disc(8, 0.5), disc(8, 0.5), disc(8, 0.5, 9)])).toThrow("in frame 2, 8 × 9");
});

test("a delay has 16 bits and a number of loops 31, from 0 on", () => {
  const control = (options: object, type: string) =>
    pngChunks(encodeAnimatedPng([disc(4, 0.5)], options)).find((chunk) => chunk.type === type)!.data;
  for (const delay of [0, 1, 65_535]) expect(control({ delay }, "fcTL").readUInt16BE(20)).toBe(delay);
  for (const loops of [0, 1, 2 ** 31 - 1]) expect(control({ loops }, "acTL").readUInt32BE(4)).toBe(loops);
  for (const delay of [-1, 0.5, 65_536, Number.NaN]) {
    expect(() => encodeAnimatedPng([disc(4, 0.5)], { delay })).toThrow(`delay ${delay}`);
  }
  for (const loops of [-1, 0.5, 2 ** 31, Number.POSITIVE_INFINITY]) {
    expect(() => encodeAnimatedPng([disc(4, 0.5)], { loops })).toThrow(`loops ${loops}`);
  }
  // A tenth of a second for each frame, for ever.
  expect(control({}, "fcTL").readUInt16BE(20)).toBe(100);
  expect(control({}, "acTL").readUInt32BE(4)).toBe(0);
});

test("ping-pong has no frame twice in a row, also across the end", () => {
  expect(pingPong([0, 1, 2, 3])).toEqual([0, 1, 2, 3, 2, 1]);
  expect(pingPong([0])).toEqual([0]);
  expect(pingPong([0, 1])).toEqual([0, 1]);
});

test("stacked images keep their pixels, white between them", () => {
  const [upper, lower] = [disc(6, 0.3, 4), disc(6, 0.7, 3)];
  const { width, height, data } = stackImages([upper!, lower!], 2);
  expect([width, height]).toEqual([6, 9]);
  expect(data.slice(0, 96)).toEqual(upper!.data);
  expect(data.slice(96, 144).every((value) => value === 255)).toBe(true);
  expect(data.slice(144)).toEqual(lower!.data);
});

test("the data URI is base64 with padding", () => {
  for (let length = 0; length < 9; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 91 + 250) % 256);
    expect(pngDataUri(bytes)).toBe(`data:image/png;base64,${Buffer.from(bytes).toString("base64")}`);
  }
});

test("a text stands behind the header, in UTF-8, and leaves the picture as it is", () => {
  const image = { width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 255) };
  const png = withPngText(encodePng(image), "vielbein.address", "seed=3&mask=ψ");
  expect(decodePng(png)).toEqual(image);
  const text = Buffer.from("vielbein.address\0\0\0\0\0seed=3&mask=ψ", "utf8");
  const at = Buffer.from(png).indexOf("iTXt");
  expect(at).toBe(8 + 25 + 4);
  expect(Buffer.from(png).readUInt32BE(at - 4)).toBe(text.length);
  expect(Buffer.from(png).subarray(at + 4, at + 4 + text.length)).toEqual(text);
});
