// The reference values, written by tools/reference/core/disentanglement.py.

import { readFileSync } from "node:fs";
import { type Matrix, matrix } from "@vielbein/linalg";
import type { FactorKind, LabelledCodes } from "../../src/disentanglement/index.ts";

interface Estimated {
  importances: number[][];
  train: number[];
  test: number[];
}

interface Boosted extends Estimated {
  perCode: number[];
  perFactor: number[];
  disentanglement: number;
  completeness: number;
}

interface Reference {
  kinds: FactorKind[];
  train: { codes: number[]; factors: number[] };
  test: { codes: number[]; factors: number[] };
  boosting: Boosted;
  stumps: Boosted;
  shallow: Boosted;
  lasso: Estimated;
  ridge: Estimated;
  mig: { mutualInformation: number[][]; entropies: number[]; perFactor: number[]; mig: number };
  bins: { count: number; values: number[]; bins: number; counts: number[] }[];
  sap: { scores: number[][]; sap: number };
  machines: { code: number; factor: number; lines: number[][] }[];
  frechet: { d: number; a: number[]; b: number[]; distance: number }[];
  neighbours: {
    real: number[];
    generated: number[];
    scores: { k: number; precision: number; recall: number; density: number; coverage: number }[];
  };
  rankCorrelation: { x: number[]; y: number[]; rho: number; pValue: number }[];
}

export const reference: Reference = JSON.parse(
  readFileSync(new URL("disentanglement.json", import.meta.url), "utf8"),
);

export function rowsOf(values: number[], cols: number): Matrix {
  return matrix(values.length / cols, cols, values);
}

const labelled = ({ codes, factors }: { codes: number[]; factors: number[] }): LabelledCodes => ({
  codes: rowsOf(codes, 5),
  factors: rowsOf(factors, 4),
  kinds: reference.kinds,
});

export const train: LabelledCodes = labelled(reference.train);
export const test: LabelledCodes = labelled(reference.test);

/** Largest difference of two lists of numbers. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}
