import { expect, it } from "vitest";
import { parseNumbers } from "../src/parse-numbers.ts";

it("parseNumbers: numbers with commas between, and nothing else", () => {
  expect(parseNumbers("1, -0.5,2e3")).toEqual([1, -0.5, 2000]);
  for (const text of ["", "1,", "1,x", "1;2", "Infinity", "NaN"]) expect(parseNumbers(text)).toBeUndefined();
});
