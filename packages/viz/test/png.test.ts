import { expect, test } from "vitest";
import { encodePng, pngDataUri } from "../src/png.ts";
import { decodePng, disc } from "./helpers.ts";

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

test("the data URI is base64 with padding", () => {
  for (let length = 0; length < 9; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 91 + 250) % 256);
    expect(pngDataUri(bytes)).toBe(`data:image/png;base64,${Buffer.from(bytes).toString("base64")}`);
  }
});
