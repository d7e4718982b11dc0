// Parts of the page's address as texts: what each is read from, and written as. What cannot be read is undefined.

import { type InputSetting, OUTSIDE_RULES, parseSetting } from "@vielbein/core";
import type { ExplorerRegion } from "./engine.ts";
import { isEmpty, maskText, parseMask } from "./region/mask.ts";
import { REACH } from "./steps.ts";

/** `NAME:V1,V2,…`, `NAME:onehot:3` or `NAME:all:0.5`; names may have colons in them. */
export function readSetting(text: string): readonly [string, InputSetting] | undefined {
  const [, name, value] = /^(.+?):((?:onehot:|all:)?[^:]*)$/s.exec(text) ?? [];
  const setting = parseSetting(value ?? "");
  return name !== undefined && setting ? [name, setting] : undefined;
}

/** `NAME:EXTENT`. */
export function readExtent(text: string): readonly [string, number] | undefined {
  const [, name, extent] = /^(.+):(\d{1,6})$/s.exec(text) ?? [];
  return name === undefined ? undefined : [name, Number(extent)];
}

/** `RULE:MASK`. */
export function readRegion(text: string): ExplorerRegion | undefined {
  const [, rule, runs = ""] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  const outside = OUTSIDE_RULES.find((each) => each === rule);
  const mask = parseMask(runs);
  return outside && mask && !isEmpty(mask) ? { mask, outside } : undefined;
}

export function writeRegion({ outside, mask }: ExplorerRegion): string {
  return `${outside}:${maskText(mask)}`;
}

/** What a slider can show. */
export function withinReach(t: number): number {
  return Math.max(-REACH, Math.min(t, REACH));
}

export function withoutTrailingZeros(values: readonly number[]): number[] | undefined {
  const last = values.findLastIndex((t) => t !== 0);
  return last < 0 ? undefined : values.slice(0, last + 1);
}
