// Tables by columns, and objects without undefined entries.

import { expect, test } from "vitest";
import { defined } from "../src/kit/defined.ts";
import { fixed, number, percent, significant, table, text } from "../src/kit/table.ts";

const rows = [
  { name: "w", k: 8, share: 0.5 },
  { name: "image", k: 12, share: undefined },
];

test("words are flush left, numbers flush right, two spaces between, none at the end", () => {
  const body = table(rows, [
    text("layer", ({ name }) => name),
    number("k", ({ k }) => k),
    number("share", ({ share }) => percent(share)),
    text("", ({ k }) => (k > 10 ? "many" : "")),
  ]);
  expect(body).toBe(["layer   k    share", "w       8  50.00 %", "image  12        –  many"].join("\n"));
});

test("columns without titles have no line of titles; without rows the titles stand alone", () => {
  expect(table(rows, [text("", (_, index) => index), text("", ({ name }) => name)])).toBe("0  w\n1  image");
  expect(table([], [text("layer", String), number("k", Number)])).toBe("layer  k");
});

test("what would act on a terminal is escaped in titles and cells", () => {
  expect(table(["a\u001b[2J"], [text("\u0007", (cell) => cell)])).toBe("\\u0007\na\\u001b[2J");
});

test("what is no number is a dash", () => {
  expect([significant(1 / 3, 3), significant(undefined, 3), fixed(Number.NaN, 1), fixed(2, 1)]).toEqual([
    "0.333",
    "–",
    "–",
    "2.0",
  ]);
});

test("undefined entries are left out, all others stay in their order", () => {
  expect(Object.entries(defined({ a: 0, b: undefined, c: null, d: "" }))).toEqual([
    ["a", 0],
    ["c", null],
    ["d", ""],
  ]);
});
