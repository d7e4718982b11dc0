// Codes beside the factors of what they generate: the data that every score of disentanglement is computed from.

import type { Matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requirePoints } from "../map/space.ts";
import { column, fromColumns } from "./columns.ts";

/** Whether a factor takes any value of a range, or one of a few levels. */
export type FactorKind = "continuous" | "discrete";

/**
 * Codes with the factors of the images that they belong to: what scores of disentanglement are computed from.
 */
export interface LabelledCodes {
  /** One code a row, `[n, d]`. */
  readonly codes: Matrix;
  /**
   * The factors of its image, known or measured, `[n, m]`. The levels of a discrete factor are any distinct numbers.
   */
  readonly factors: Matrix;
  /** The kind of each of the m factors. */
  readonly kinds: readonly FactorKind[];
}

/**
 * Which factors vary. A constant one says nothing about codes: MIG, SAP and DCI leave it out, with
 * `null` in its place where results are given factor by factor.
 */
export function varyingFactors({ factors }: Pick<LabelledCodes, "factors">): number[] {
  const { cols, data } = factors;
  return Array.from({ length: cols }, (_, j) => j).filter((j) =>
    data.some((value, at) => at % cols === j && value !== data[j]),
  );
}

/** The same codes beside some of the factors, in the order of `chosen`. */
export function withFactors(
  { codes, factors, kinds }: LabelledCodes,
  chosen: readonly number[],
): LabelledCodes {
  return {
    codes,
    factors: fromColumns(
      factors.rows,
      chosen.map((j) => column(factors, j)),
    ),
    kinds: chosen.map((j) => kinds[j]),
  };
}

/** Values for the factors `chosen` in their places among `count`, `null` elsewhere. */
export function inPlace<T>(values: readonly T[], chosen: readonly number[], count: number): (T | null)[] {
  return Array.from({ length: count }, (_, j) => values[chosen.indexOf(j)] ?? null);
}

/** Checks shapes and finiteness. `what` names the data in the message. */
export function requireLabelled(what: string, { codes, factors, kinds }: LabelledCodes): void {
  requireMatrix(`${what}: codes`, codes);
  requireMatrix(`${what}: factors`, factors);
  if (codes.rows !== factors.rows || factors.cols !== kinds.length) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `${what}: codes [n, d], factors [n, m] and m kinds belong together, got [${codes.rows}, ${
        codes.cols
      }], [${factors.rows}, ${factors.cols}] and ${kinds.length} kinds.`,
    );
  }
  if (codes.rows < 2 || codes.cols < 1 || factors.cols < 1) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${what}: at least two codes of one coordinate and one factor are needed, got ${codes.rows} codes of ${
        codes.cols
      } coordinates with ${factors.cols} factors.`,
    );
  }
}

/** Checks data for training and data for testing, of the same coordinates and factors. */
export function requirePair(what: string, train: LabelledCodes, test: LabelledCodes): void {
  requireLabelled(`${what}: train`, train);
  requireLabelled(`${what}: test`, test);
  if (train.codes.cols !== test.codes.cols || train.kinds.join() !== test.kinds.join()) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `${what}: train and test must have the same coordinates and factors, got ${train.codes.cols} coordinates and [${train.kinds}], and ${test.codes.cols} and [${test.kinds}].`,
    );
  }
}

/** Checks that a matrix has its shape and is finite throughout. `what` names it in the message. */
export function requireMatrix(what: string, { rows, cols, data }: Matrix): void {
  requirePoints(what, data, rows, { name: "rows", dim: cols, shape: [cols] });
}
