import { expect, test } from "vitest";
import { powerOfTwo } from "../src/power-of-two.ts";

test("is a number that may be divided by, whatever the magnitudes", () => {
  expect(powerOfTwo([0.3, -5, 4])).toBe(4);
  expect(powerOfTwo([8])).toBe(8);
  expect(powerOfTwo([Number.MAX_VALUE])).toBe(2 ** 1023);
  expect(powerOfTwo([1, -Number.MIN_VALUE])).toBe(1);
  expect(powerOfTwo([Number.MIN_VALUE])).toBe(Number.MIN_VALUE);
  for (const none of [[], [0, 0], [Number.NaN], [Number.POSITIVE_INFINITY, 1]])
    expect(powerOfTwo(none)).toBe(1);
});
