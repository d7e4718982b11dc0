// Parsing of option values. A value that does not fit is a usage error that says what would.

import { type InputSetting, type Prior, parseDecimal, parsePrior, parseSetting } from "@vielbein/core";
import type { InputShapes } from "@vielbein/onnx";
import { type Provider, providers } from "@vielbein/runtime-node";
import { LAYOUT_GRAMMAR, type LayoutChoice, parseLayout } from "@vielbein/viz";
import { InvalidArgumentError } from "commander";

export function integer(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text.trim()) && value >= low && value <= high) return value;
    const isOpen = high === Number.MAX_SAFE_INTEGER && !(value > high);
    const range = isOpen ? `of at least ${low}` : `from ${low} to ${high}`;
    throw new InvalidArgumentError(`Expected an integer ${range}.`);
  };
}

export function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = parseDecimal(text);
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a number from ${low} to ${high}.`);
  };
}

export function positive(text: string): number {
  const value = parseDecimal(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a positive number.");
}

/** A level in percent within the reach of the Tracy–Widom tail. */
export function percent(text: string): number {
  const value = positive(text);
  if (value < 14.1) return value;
  throw new InvalidArgumentError("Expected a percentage above 0 and below 14.1.");
}

/** `0.1,0.5` → positive numbers, each once. */
export function positiveList(text: string): number[] {
  const values = text.split(",").map(positive);
  const again = values.find((value, i) => values.indexOf(value) < i);
  if (again === undefined) return values;
  throw new InvalidArgumentError(`Expected positive numbers, each once; ${again} is there twice.`);
}

/** `0.01,0.1` → shares of the largest, each once. */
export function shareList(text: string): number[] {
  const values = positiveList(text);
  if (values.every((value) => value < 1)) return values;
  throw new InvalidArgumentError("Expected shares above 0 and below 1.");
}

/** `0-4`, `0,2,5` or a mixture → sorted unique indices. */
export function indexList(text: string): number[] {
  const indices = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || last < first || last - first > 10_000) {
      throw new InvalidArgumentError("Expected indices and ranges such as 0-4 or 0,2,5.");
    }
    for (let i = first; i <= last; i++) indices.add(i);
  }
  return [...indices].sort((a, b) => a - b);
}

/** As {@link parsePrior}. */
export function prior(text: string): Prior {
  const value = parsePrior(text);
  if (value) return value;
  throw new InvalidArgumentError("Expected normal, uniform, or uniform:LOW,HIGH with LOW < HIGH.");
}

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `2G`, `512MiB`, `1000000` → bytes. */
export function bytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*$/i.exec(text);
  const value = match ? Number(match[1]) * units[match[2]!.toUpperCase()]! : 0;
  if (value >= 1) return Math.floor(value);
  throw new InvalidArgumentError("Expected a size such as 512M or 2G.");
}

/** `SIDE` or `HEIGHT,WIDTH` → height and width in pixels. */
export function pictureSize(text: string): readonly [number, number] {
  const [, height, width = height] = /^\s*([1-9]\d{0,4})\s*(?:,\s*([1-9]\d{0,4})\s*)?$/.exec(text) ?? [];
  if (height !== undefined && width !== undefined) return [Number(height), Number(width)];
  throw new InvalidArgumentError("Expected a number of pixels, or two: SIDE or HEIGHT,WIDTH, up to 99999.");
}

/** `LOW,HIGH` → the pixel values shown black and white. */
export function range(text: string): readonly [number, number] {
  const [low, high, rest] = text.split(",").map(parseDecimal);
  if (
    low !== undefined &&
    high !== undefined &&
    rest === undefined &&
    low < high &&
    Number.isFinite(high - low)
  ) {
    return [low, high];
  }
  throw new InvalidArgumentError("Expected two numbers LOW,HIGH with LOW < HIGH, such as -1,1.");
}

/** As {@link parseLayout}. */
export function layout(text: string): LayoutChoice {
  const value = parseLayout(text);
  if (value) return value;
  throw new InvalidArgumentError(`Expected ${LAYOUT_GRAMMAR}.`);
}

/** What --set gives inputs by name; a file is read with the model. */
export type Assignments = Readonly<Record<string, InputSetting | { readonly file: string }>>;

/** `NAME=V1,V2,…`, `NAME=onehot:3`, `NAME=all:0.5` or `NAME=FILE.npy`, collected by name. */
export function assignment(text: string, previous: Assignments = {}): Assignments {
  const split = text.indexOf("=");
  const [name, value] = [text.slice(0, split), text.slice(split + 1)];
  const setting = isNpy(value) ? { file: value } : parseSetting(value);
  if (split < 1 || !setting) {
    throw new InvalidArgumentError(
      "Expected NAME=V1,V2,… with as many numbers as the input has, NAME=onehot:INDEX, NAME=all:NUMBER or NAME=FILE.npy.",
    );
  }
  if (Object.hasOwn(previous, name)) throw new InvalidArgumentError(`"${name}" is set twice. Set it once.`);
  return { ...previous, [name]: setting };
}

/** Whether a text is taken for the name of an array's file. */
export function isNpy(text: string): boolean {
  return /\.npy$/i.test(text);
}

/** `NAME=4,8,8` or `HEIGHT=8,WIDTH=8`, collected by name. */
export function extents(text: string, previous: InputShapes = new Map()): InputShapes {
  const shapes = new Map<string, readonly number[]>(previous);
  let last = "";
  for (const part of text.split(",")) {
    const match = /^(?:(.+)=)?\s*([1-9]\d{0,8})\s*$/.exec(part);
    const [, name, extent] = match ?? [];
    if (name !== undefined && shapes.has(name)) {
      throw new InvalidArgumentError(`"${name}" is given a shape twice. Give it one.`);
    }
    if (extent === undefined || (name === undefined && last === "")) {
      throw new InvalidArgumentError("Expected INPUT=EXTENT,EXTENT,… or AXIS=EXTENT, such as latent=4,8,8.");
    }
    last = name ?? last;
    shapes.set(last, [...(shapes.get(last) ?? []), Number(extent)]);
  }
  return shapes;
}

/** `webgpu,cpu` → execution providers, to be tried in this order. */
export function providerList(text: string): Provider[] {
  return text.split(",").map((part) => {
    const provider = providers.find((name) => name === part.trim());
    if (provider) return provider;
    throw new InvalidArgumentError(`Expected one or more of ${providers.join(", ")}, with commas between.`);
  });
}
