// Pairs of points, for methods that compare tangent spaces: independent points, and a direction to a neighbour.

import { type Space, VielbeinError } from "@vielbein/core";
import { type WarpagePair, warpagePair } from "@vielbein/core/tangent-spaces";
import { rowAt } from "@vielbein/linalg";
import { integer } from "../kit/arguments.ts";
import { flag, type OptionsOf, option, type TypedOption } from "../kit/options.ts";
import type { CodeSource } from "./codes.ts";
import type { PointOptions } from "./model.ts";
import { type Points, pointRange, tooFewRows } from "./points-file.ts";

/** Without --pairs. */
const PAIRS = 100;

export const pairOptions = {
  pairs: option(
    "--pairs <n>",
    `pairs of points; with --points, rows 2i and 2i + 1 make a pair (default: ${PAIRS}, or fewer where there are fewer rows)`,
    integer(1),
  ),
};

export type PairOptions = PointOptions & OptionsOf<typeof pairOptions>;

/** --same-norm. */
export const sameNorm: TypedOption<boolean> = flag(
  "--same-norm",
  "scale neighbours back to the length of their point",
);

/** --untrained, for pairs. */
export const untrainedPairs: TypedOption<number> = option(
  "--untrained <n>",
  "number of networks with redrawn weights for the untrained null, over which the pairs are spread; 0 leaves it out",
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
  const wanted = { what: "a pair", stride: 3, points, pairs, preset: PAIRS };
  const twos = await twosOf(space, codes, wanted, signal);
  return {
    ...twos,
    pairAt: async (index) => {
      const [point, other] = await twos.at(index);
      return { point, other, direction: warpagePair(space, seed, index).direction };
    },
  };
}

/** @throws {VielbeinError} `INVALID_SPACE` where set inputs leave one code. */
export function requireSeveral(codes: CodeSource, what: string): void {
  if (!codes.isSingle) return;
  throw new VielbeinError(
    "INVALID_SPACE",
    `${what} takes two codes, and the inputs that are set determine a single one. Give codes with --points.`,
  );
}

/** Two codes for every index. */
export interface Twos extends Omit<Pairs, "pairAt"> {
  at(index: number): Promise<[Float32Array, Float32Array]>;
}

/**
 * For index i, samples `stride`·i and the next, or rows 2i and 2i + 1 of --points.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `OUT_OF_RANGE` for --points with fewer rows; `INVALID_SPACE` for a single code.
 */
export async function twosOf(
  { dim }: Space,
  codes: CodeSource,
  wanted: {
    /** What takes two points, for the message. */
    readonly what: string;
    readonly stride: number;
    readonly points: string | undefined;
    /** --pairs. */
    readonly pairs: number | undefined;
    /** How many there are without it, at most. */
    readonly preset: number;
  },
  signal: AbortSignal,
): Promise<Twos> {
  const { what, stride, points, pairs, preset } = wanted;
  requireSeveral(codes, what);
  const two = (values: Float32Array, row: number): [Float32Array, Float32Array] => [
    rowAt(values, row, dim).slice(),
    rowAt(values, row + 1, dim).slice(),
  ];
  const given = await codes.take(0, 0, signal);
  if (points === undefined) {
    const at = async (index: number) => two((await codes.take(stride * index, 2, signal)).values, 0);
    const total = pairs ?? preset;
    return { at, total, source: pointRange(given.source, 0, stride * total) };
  }
  if (given.count < 2) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--points: "${points}" has ${given.count} row, but ${what} takes two. Give at least two rows.`,
    );
  }
  const available = Math.floor(given.count / 2);
  if (pairs !== undefined && pairs > available) {
    throw tooFewRows(
      "--pairs",
      pairs,
      points,
      given.count,
      `, which make ${available === 1 ? "1 pair" : `${available} pairs`}`,
    );
  }
  const total = pairs ?? Math.min(preset, available);
  const at = async (index: number) => two(given.values, 2 * index);
  return { at, total, source: pointRange(given.source, 0, 2 * total) };
}
