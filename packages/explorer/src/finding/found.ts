// What is found of a method's directions, before it is signed and handed to the page.

import { type DerivativeRoute, type DirectionSet, type DirectionValues, defaultNames } from "@vielbein/core";
import { leadingColumns } from "@vielbein/linalg";
import type { ExplorerCertainty, Progress, ProgressOptions } from "@vielbein/viz/explorer";
import type { Spaces } from "../opening/spaces.ts";

/** Directions that are handed to the page; each costs a tangent at every new point. */
const KEPT = 64;
/** As many of outputs of which a tangent takes so long that no more are looked for: those of 256² in colour. */
export const FEW = 12;
const LARGE_OUTPUT = 3 * 256 ** 2;

/** Directions with what they were ordered by. */
export type ValuedSet = DirectionSet & { readonly values: DirectionValues };

export interface Found {
  readonly set: ValuedSet;
  /** Standard deviation of the codes along each direction. */
  readonly deviations: Float64Array;
  /** Samples of seed 0 that were drawn for them. */
  readonly samples: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** How the derivative entered them, where they are read off it. */
  readonly route?: DerivativeRoute | undefined;
  readonly certainty?: ExplorerCertainty | undefined;
}

/** What a search is told, and what it tells. */
export interface Search<Reply = Found> {
  readonly signal: AbortSignal;
  progress(progress: Progress<Reply>): void;
}

/** What a search is told of a call, whose `progress` is handed replies. */
export function searchOf<What, Reply>(
  signal: AbortSignal,
  progress: ProgressOptions<Reply>["progress"],
  reply: (found: What) => Reply,
): Search<What> {
  return {
    signal,
    progress: ({ share, found }) => progress?.({ share, found: found && reply(found) }),
  };
}

/** Whether a tangent of the output takes so long that no more than the first few are looked for. */
export function isLarge({ map }: Spaces): boolean {
  return map.to.dim >= LARGE_OUTPUT;
}

/** How many directions the page is handed. */
export function keptOf(spaces: Spaces): number {
  return isLarge(spaces) ? FEW : KEPT;
}

/** The leading directions, with their names and values. */
export function keepLeading(spaces: Spaces, set: ValuedSet): ValuedSet {
  const { vectors, values } = set;
  const count = Math.min(keptOf(spaces), vectors.cols, values.values.length);
  return {
    ...set,
    vectors: count === vectors.cols ? vectors : leadingColumns(vectors, count),
    names: defaultNames(count),
    values: { kind: values.kind, values: values.values.slice(0, count) },
  };
}

/** One standard deviation of the space along every direction of a set. */
export function constant({ description }: Spaces, { vectors }: DirectionSet): Float64Array {
  return new Float64Array(vectors.cols).fill(description.deviation);
}
