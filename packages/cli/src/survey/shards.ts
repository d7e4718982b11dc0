// The shards of a survey: which rows of which part each has. A part is one model by one method at one layer, that is,
// one command line; a shard is some of its rows, one after another.

import { VielbeinError } from "@vielbein/core";
import { InvalidArgumentError } from "commander";
import type { Part, Plan, PlannedMethod } from "./plan.ts";

export interface Shard extends Part {
  readonly number: number;
  /** The first row, and how many there are. */
  readonly first: number;
  readonly count: number;
}

/** All shards, part by part, by their numbers. */
export function shardsOf({ models, methods }: Pick<Plan, "models" | "methods">): Shard[] {
  const shards = models.flatMap((_, model) =>
    methods.flatMap((planned, method) =>
      planned.layers.flatMap((_, layer) =>
        blocksOf(planned).map((block) => ({ model, method, layer, ...block })),
      ),
    ),
  );
  return shards.map((shard, number) => ({ number, ...shard }));
}

/** The rows of a part, a shard at a time. */
function blocksOf({ total, shardSize }: PlannedMethod): Pick<Shard, "first" | "count">[] {
  return Array.from({ length: Math.ceil(total / shardSize) }, (_, block) => {
    const first = block * shardSize;
    return { first, count: Math.min(shardSize, total - first) };
  });
}

export function isSamePart(a: Part, b: Part): boolean {
  return a.model === b.model && a.method === b.method && a.layer === b.layer;
}

/** Part `index` of `parts` equal parts of all shards. */
export interface Share {
  readonly index: number;
  readonly parts: number;
}

/** `0/4`, `1/4`, … */
export function share(text: string): Share {
  const [, index, parts] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text) ?? [];
  const found = { index: Number(index), parts: Number(parts) };
  if (found.index < found.parts) return found;
  throw new InvalidArgumentError("Expected I/N with I from 0 to N − 1, such as 0/4.");
}

type Range = readonly [first: number, last: number];

/** `0-99,120` → ranges, both ends included, after those of the option so far. */
export function shardRanges(text: string, previous: readonly Range[] = []): Range[] {
  const ranges = text.split(",").map((part): Range => {
    const [, first, last = first] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    if (first !== undefined && Number(first) <= Number(last)) return [Number(first), Number(last)];
    throw new InvalidArgumentError("Expected numbers and ranges such as 0-99 or 0,2,5.");
  });
  return [...previous, ...ranges];
}

/** Characters of an argument at most: Linux takes 131,072 bytes. */
const LONGEST = 100_000;

/** Numbers in ascending order as options, several where one would be longer than an argument may be. */
export function shardWords(numbers: readonly number[]): string[] {
  const parts = rangesText(numbers).match(new RegExp(`.{1,${LONGEST}}(?:,|$)`, "g")) ?? [];
  return parts.flatMap((part) => ["--shards", part.replace(/,$/, "")]);
}

/** Numbers in ascending order as ranges: `0-4,7`. */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join();
}

/**
 * The shards that --shards and --shard-of name: of those in the ranges, every N-th, so that costly parts are spread.
 *
 * @throws {VielbeinError} `OUT_OF_RANGE` for a shard that there is not.
 */
export function chooseShards(
  all: readonly Shard[],
  ranges: readonly Range[] | undefined,
  share: Share | undefined,
): readonly Shard[] {
  const beyond = ranges?.find(([, last]) => last >= all.length);
  if (beyond) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--shards: there are shards 0 to ${all.length - 1}, got ${rangesText([beyond[1]])}. Choose among these.`,
    );
  }
  const numbers = new Set(
    ranges?.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
  );
  const chosen = ranges ? all.filter(({ number }) => numbers.has(number)) : all;
  return share ? chosen.filter((_, i) => i % share.parts === share.index) : chosen;
}
