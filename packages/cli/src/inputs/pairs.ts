// Pairs of points, for methods that compare tangent spaces: independent points, and a direction to a neighbour.

import { type Space, VielbeinError, type WarpagePair, warpagePair } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import { integer } from "../kit/arguments.ts";
import { flag, type OptionsOf, option, type TypedOption } from "../kit/options.ts";
import type { CodeSource } from "./codes.ts";
import type { PointOptions } from "./model.ts";
import { type Points, pointRange } from "./points-file.ts";

export const pairOptions = {
  pairs: option(
    "--pairs <n>",
    "pairs of points; with --points, rows 2i and 2i + 1 make a pair",
    integer(1),
    100,
  ),
};

export type PairOptions = PointOptions & OptionsOf<typeof pairOptions>;

/** --same-norm. */
export const sameNorm: TypedOption<boolean> = flag(
  "--same-norm",
  "scale neighbours back to the length of their point",
);

/** --untrained, of pairs. */
export const untrainedPairs: TypedOption<number> = option(
  "--untrained <n>",
  "networks with redrawn weights that the pairs of the untrained null are spread over; 0 leaves it out",
  integer(0, 1000),
  3,
);

export interface Pairs {
  readonly pairAt: (index: number) => Promise<WarpagePair>;
  /** How many there are. */
  readonly total: number;
  readonly source: Points["source"];
}

/**
 * Pairs of codes of `space`, or of the rows of --points. Pair i of samples is `warpagePair` i: its points are codes 3i
 * and 3i + 1, its direction is drawn in `space`.
 */
export async function pairsOf(
  space: Space,
  codes: CodeSource,
  { seed, points, pairs }: PairOptions,
  signal: AbortSignal,
): Promise<Pairs> {
  const { dim } = space;
  const pairOf = (index: number, values: Float32Array, row: number): WarpagePair => ({
    direction: warpagePair(space, seed, index).direction,
    point: rowAt(values, row, dim).slice(),
    other: values.slice((row + 1) * dim, (row + 2) * dim),
  });
  if (points === undefined) {
    const { source } = await codes.take(0, 0, signal);
    return {
      pairAt: async (index) => pairOf(index, (await codes.take(3 * index, 2, signal)).values, 0),
      total: pairs,
      source: pointRange(source, 0, 3 * pairs),
    };
  }
  const { values, count, source } = await codes.take(0, 0, signal);
  if (count < 2) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--points: "${points}" has ${count} row, but a pair takes two. Give at least two rows.`,
    );
  }
  const fitting = Math.min(pairs, Math.floor(count / 2));
  return {
    pairAt: async (index) => pairOf(index, values, 2 * index),
    total: fitting,
    source: pointRange(source, 0, 2 * fitting),
  };
}
