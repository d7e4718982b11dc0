// Pairs of points, for methods that compare tangent spaces: independent points, and a direction to a neighbour.

import { VielbeinError, type WarpagePair, warpagePair } from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import type { Command } from "commander";
import { integer } from "./arguments.ts";
import { obtainPoints, type PointOptions, type Points } from "./model.ts";

export interface PairOptions extends PointOptions {
  pairs: number;
}

export function addPairOptions(command: Command): Command {
  return command.option(
    "--pairs <n>",
    "pairs of points; with --points, rows 2i and 2i + 1 make a pair",
    integer(1),
    100,
  );
}

/** Pairs drawn from the prior, or made of the rows of --points. */
export async function pairsOf(
  map: OnnxMap,
  options: PairOptions,
): Promise<{
  readonly pairAt: (index: number) => WarpagePair;
  readonly pairs: number;
  readonly source: Points["source"];
}> {
  const { seed } = options;
  if (options.points === undefined) {
    const prior = map.from.prior ?? { kind: "normal" as const };
    return {
      pairAt: (index) => warpagePair(map.from, seed, index),
      pairs: options.pairs,
      source: { seed, prior, first: 0, count: 3 * options.pairs },
    };
  }
  const { values, count, source } = await obtainPoints(map, options, 0, 0);
  if (count < 2) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--points: "${options.points}" has ${count} row, but a pair takes two. Give at least two rows.`,
    );
  }
  const row = (i: number) => values.slice(i * map.from.dim, (i + 1) * map.from.dim);
  return {
    pairAt: (index) => ({
      ...warpagePair(map.from, seed, index),
      point: row(2 * index),
      other: row(2 * index + 1),
    }),
    pairs: Math.min(options.pairs, Math.floor(count / 2)),
    source,
  };
}
