// What numbers of few points allow to be said: whether two means differ, by Welch's test at 5 % (B. L. Welch, "The
// Generalization of 'Student's' Problem", Biometrika 34, 1947), or that there are too few to tell.

import { studentQuantile } from "@vielbein/core/statistics";

/** Numbers summed up. */
export interface Summary {
  readonly mean: number;
  /** Of single numbers, with n − 1. */
  readonly std: number;
  readonly count: number;
}

/** How the first of two groups stands to the second. */
export type Verdict = "more" | "less" | "indistinct" | "few";

/** Numbers of a group below which nothing is said. */
export const FEWEST = 5;

const LEVEL = 0.95;

export function summaryOf(values: readonly number[]): Summary {
  const count = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / Math.max(1, count - 1)), count };
}

/** @param least difference that is worth a word: numbers that differ by rounding alone are alike. */
export function compareMeans(a: Summary, b: Summary, least = 0): Verdict {
  if (Math.min(a.count, b.count) < FEWEST) return "few";
  const [u, v] = [a.std ** 2 / a.count, b.std ** 2 / b.count];
  const difference = a.mean - b.mean;
  const side = difference > 0 ? "more" : "less";
  if (Math.abs(difference) <= least) return "indistinct";
  if (u + v === 0) return side;
  const degrees = Math.floor((u + v) ** 2 / (u ** 2 / (a.count - 1) + v ** 2 / (b.count - 1)));
  const limit = studentQuantile(LEVEL, Math.max(1, degrees)) * Math.sqrt(u + v);
  return Math.abs(difference) > limit ? side : "indistinct";
}

/** How an interval stands to a range: only where they do not meet is one more. */
export function compareRanges(a: readonly [number, number], b: readonly [number, number]): Verdict {
  if (a[0] > b[1]) return "more";
  return a[1] < b[0] ? "less" : "indistinct";
}

/** Median of values, of which there is at least one. */
export function medianOf(values: readonly number[]): number {
  const ascending = values.toSorted((x, y) => x - y);
  const middle = (ascending.length - 1) / 2;
  const [low = Number.NaN, high = Number.NaN] = [ascending[Math.floor(middle)], ascending[Math.ceil(middle)]];
  return (low + high) / 2;
}
