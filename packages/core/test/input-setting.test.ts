import { expect, it } from "vitest";
import { formatSetting, type InputSetting, parseSetting } from "../src/map/input-setting.ts";

it.each<[string, InputSetting]>([
  ["1, -0.5,2e3", [1, -0.5, 2000]],
  ["3", [3]],
  ["onehot:3", { onehot: 3 }],
  ["all:-0.5", { all: -0.5 }],
])("parseSetting: %s, and formatSetting writes what it reads", (text, setting) => {
  expect(parseSetting(text)).toEqual(setting);
  expect(parseSetting(formatSetting(setting))).toEqual(setting);
});

it.each([
  "",
  "1,",
  "1,x",
  "1;2",
  "Infinity",
  "NaN",
  "onehot:",
  "onehot:-1",
  "onehot:1.5",
  "onehot:1,2",
  "all:",
  "all:1,2",
  "all:x",
])("parseSetting: %j is none", (text) => expect(parseSetting(text)).toBeUndefined());

it("formatSetting: an array as its numbers", () => {
  expect(formatSetting({ shape: [1, 2], data: BigInt64Array.of(3n, -4n) })).toBe("3,-4");
});
