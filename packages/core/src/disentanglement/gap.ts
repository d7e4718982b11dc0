// The gap between the best code of a factor and the next best, on which MIG and SAP rest.

import type { Matrix } from "@vielbein/linalg";
import { column } from "./columns.ts";

export interface FactorGap {
  /** Code of the largest score; of equal ones the first. */
  readonly code: number;
  /** Its score less that of the second. */
  readonly gap: number;
}

/** The gap of every column of scores `[d, m]`, d at least 2. */
export function gapsOf(scores: Matrix): FactorGap[] {
  return Array.from({ length: scores.cols }, (_, j) => {
    const values = column(scores, j);
    const [first, second] = values.toSorted().subarray(-2).reverse();
    return { code: values.indexOf(first!), gap: first! - second! };
  });
}
