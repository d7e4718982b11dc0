// What an architecture is: how its checkpoints are told from others, and how its graph is written.

import { VielbeinError } from "@vielbein/core";
import type { Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";

/** Names that a file cannot tell. */
export interface BuildOptions {
  /** Class of a conditional generator, from 0, constant in the graph. */
  readonly label?: number | undefined;
  /** How far w moves to its mean, or whose statistics are used: 1 not at all. Default 1. */
  readonly truncation?: number | undefined;
  /** Between the layers of a plain stack and behind the last: `relu,tanh`, `leaky_relu:0.2,sigmoid` … */
  readonly activation?: string | undefined;
  /** Height and width of the image, of a generator that makes any. */
  readonly size?: number | undefined;
}

export interface Architecture {
  /** As the field calls it, with whose code writes such checkpoints. */
  readonly name: string;
  /** Raised whenever the graph of the same checkpoint changes. */
  readonly version: number;
  /** Names of tensors that every checkpoint of it has; a group `prefix` of the first is what lies before the network. */
  readonly pattern: readonly RegExp[];
  /** Names of its tensors, none of which may be left over: with another layer it would be another network. */
  readonly whole?: RegExp;
  /** What the names alone do not tell. */
  readonly fits?: (weights: Weights) => boolean;
  /** Of codes, as `vielbein.prior` has it. */
  readonly prior: string;
  /** Of black and white, as `vielbein.range` has it; undefined where it is not known. */
  readonly range?: string | undefined;
  /** Which of the options it knows. */
  readonly options: readonly (keyof BuildOptions)[];
  /**
   * Writes the graph: its inputs, nodes and spaces, the last of which is the image. `others` are prefixes of networks of
   * the file that it could be as well.
   */
  readonly build: (
    network: Network,
    weights: Weights,
    options: BuildOptions,
    others: readonly string[],
  ) => void;
}

/**
 * The class of a conditional generator. The messages for want of an option begin with its name, by which the explorer asks.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` without one, `OUT_OF_RANGE` for one that does not exist.
 */
export function requireLabel(label: number | undefined, classes: number): number {
  if (label === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `label: the generator is conditional; choose one of its ${classes} classes, from 0 (--label N).`,
    );
  }
  if (Number.isInteger(label) && label >= 0 && label < classes) return label;
  throw new VielbeinError(
    "OUT_OF_RANGE",
    `label: the generator has classes 0 to ${classes - 1}, got ${label}.`,
  );
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for a class of a generator that has none. */
export function requireNoLabel(label: number | undefined): void {
  if (label === undefined) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `label: the generator has no classes, got ${label}. Leave it out.`,
  );
}

/**
 * How far w moves to its mean: 1, not at all, unless it is said.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for what is no number.
 */
export function requireTruncation(truncation = 1): number {
  if (Number.isFinite(truncation)) return truncation;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `truncation: must be a number, from 0 (the mean of w alone) to 1 (no truncation) as a rule, got ${truncation}.`,
  );
}

/** Height and width of images that are asked for, at most. */
const LARGEST_SIZE = 65_536;

/**
 * Height and width of the images of a generator that makes any: as asked for, else as it was trained.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where neither is known, or it is no positive multiple of `factor`.
 */
export function requireSize(size: number | undefined, trained: number | undefined, factor: number): number {
  const chosen = size ?? trained;
  const isCount = chosen !== undefined && Number.isInteger(chosen) && chosen > 0;
  if (isCount && chosen % factor === 0 && chosen <= LARGEST_SIZE) return chosen;
  const got = chosen === undefined ? "none" : `${chosen}`;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `size: the generator makes images of any size; choose height and width with size (--size ${64 * factor}), a multiple of ${factor} up to ${LARGEST_SIZE}; got ${got}.`,
  );
}
