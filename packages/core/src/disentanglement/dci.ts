// Disentanglement, completeness and informativeness: how much each code matters to each factor, and whether each code
// matters to one factor only and each factor to one code (Eastwood & Williams, "A Framework for the Quantitative
// Evaluation of Disentangled Representations", ICLR 2018).

import type { Matrix } from "@vielbein/linalg";
import { rowAt } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { powerOfTwo } from "../power-of-two.ts";
import { requireKind } from "../requirements.ts";
import { boostedTrees } from "./boosted-trees.ts";
import { column, meanOf } from "./columns.ts";
import type { FittedFactors, ImportanceEstimator } from "./estimator.ts";
import {
  inPlace,
  type LabelledCodes,
  requireMatrix,
  requirePair,
  varyingFactors,
  withFactors,
} from "./labelled-codes.ts";

/**
 * Disentanglement and completeness, from a matrix of importances of d codes for m factors. Scores go from 0
 * to 1.
 */
export interface ImportanceScores {
  /** Mean of `perCode` by weight; `null` where there is only one factor. */
  readonly disentanglement: number | null;
  /**
   * 1 − H(R_i/ΣⱼR_ij), to base m: 1 where code i matters to one factor only, 0 where it matters to all alike or to
   * none. `[d]`
   */
  readonly perCode: Float64Array | null;
  /** Share of each code in the sum of all importances, `[d]`. */
  readonly codeWeights: Float64Array;
  /** Mean of `perFactor` by weight; `null` where there is only one code. */
  readonly completeness: number | null;
  /** The same for the columns, to base d: 1 where only one code matters to factor j. `[m]` */
  readonly perFactor: Float64Array | null;
  /** Share of each factor in the sum of all importances, `[m]`. */
  readonly factorWeights: Float64Array;
  /** Reasons for scores that are `null`. */
  readonly problems: readonly ("one-factor" | "one-code")[];
}

/**
 * How well the factors are predicted: accuracy of a discrete factor, R² of a continuous one, `null` of a factor that is
 * constant in the data. `[m]` each.
 */
export interface Informativeness {
  /**
   * One for each factor, of the data that the estimator was fitted to, at most 1; `null` where the factor does not
   * vary.
   */
  readonly train: readonly (number | null)[];
  /** The same of data that the estimator has not seen. */
  readonly test: readonly (number | null)[];
  /** Mean over the factors that vary, of data that the estimator has not seen; `null` where no factor varies there. */
  readonly mean: number | null;
}

/**
 * DCI scores of a representation, by {@link dci}: importances, what is read off them, and how well factors
 * are predicted.
 */
export interface Dci extends ImportanceScores {
  /** `[d, m′]`, of the factors that vary in the training data: as all results but the informativeness. */
  readonly importances: Matrix;
  /** Those factors, ascending, `[m′]`. */
  readonly factors: readonly number[];
  /** How well the codes predict each factor. */
  readonly informativeness: Informativeness;
}

/** What {@link dci} learns the importances with. */
export interface DciOptions {
  /** Default `boostedTrees()`. */
  readonly estimator?: ImportanceEstimator | undefined;
}

/**
 * DCI of codes, with importances learnt on `train` and informativeness also measured on `test`. Factors that are
 * constant in the training data are left out.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT`, also where no factor varies.
 */
export function dci(
  train: LabelledCodes,
  test: LabelledCodes,
  { estimator = boostedTrees() }: DciOptions = {},
): Dci {
  requireKind("dci: train", "labelled", train);
  requireKind("dci: test", "labelled", test);
  requirePair("dci", train, test);
  const varying = varyingFactors(train);
  requireSome(varying);
  const fitted = estimator(withFactors(train, varying));
  const measured = (data: LabelledCodes) =>
    inPlace(qualities(fitted, withFactors(data, varying)), varying, data.kinds.length);
  const scores = { train: measured(train), test: measured(test) };
  const known = scores.test.filter((x) => x !== null);
  return {
    ...importanceScores(fitted.importances),
    importances: fitted.importances,
    factors: varying,
    informativeness: { ...scores, mean: known.length > 0 ? meanOf(known) : null },
  };
}

function requireSome(varying: ArrayLike<number>): void {
  if (varying.length > 0) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    "dci: some factor must vary in the training data, got constants only. Draw codes that differ in their factors.",
  );
}

/**
 * Disentanglement and completeness of a matrix of importances R `[d, m]`, whatever its origin.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` for a negative importance.
 */
export function importanceScores(importances: Matrix): ImportanceScores {
  requireKind("importanceScores: importances", "matrix", importances);
  requireMatrix("importanceScores", importances);
  const { rows: d, cols: m, data } = importances;
  const negative = data.findIndex((x) => x < 0);
  if (d < 1 || m < 1 || negative >= 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `importanceScores: importances [d, m] must be at least 0, with d and m at least 1, got ${
        negative < 0 ? `[${d}, ${m}]` : `${data[negative]} at ${negative}`
      }. Take magnitudes of coefficients.`,
    );
  }
  const rows = Array.from({ length: d }, (_, i) => rowAt(data, i, m));
  const columns = Array.from({ length: m }, (_, j) => column(importances, j));
  const codes = concentrations(rows);
  const factors = concentrations(columns);
  const problems: ImportanceScores["problems"][number][] = [];
  if (m === 1) problems.push("one-factor");
  if (d === 1) problems.push("one-code");
  return {
    disentanglement: m > 1 ? codes.mean : null,
    perCode: m > 1 ? codes.each : null,
    codeWeights: codes.weights,
    completeness: d > 1 ? factors.mean : null,
    perFactor: d > 1 ? factors.each : null,
    factorWeights: factors.weights,
    problems,
  };
}

/** 1 − H(v/Σv)/log n of every vector v of n, and their mean by weight Σv. */
function concentrations(vectors: readonly Float64Array[]): {
  each: Float64Array;
  weights: Float64Array;
  mean: number;
} {
  const sums = Float64Array.from(vectors, (v) => v.reduce((sum, x) => sum + x, 0));
  const total = sums.reduce((sum, x) => sum + x, 0);
  const each = Float64Array.from(vectors, (v, i) => {
    if (sums[i] === 0) return 0;
    const entropy = v.reduce((h, x) => {
      const share = x / sums[i];
      return share > 0 ? h - share * Math.log(share) : h;
    }, 0);
    return 1 - entropy / Math.log(v.length);
  });
  const weights = sums.map((sum) => (total > 0 ? sum / total : 0));
  return { each, weights, mean: each.reduce((sum, x, i) => sum + x * weights[i], 0) };
}

/** Accuracy or R² of each factor, `null` of one that is constant in these data. */
function qualities(
  fitted: FittedFactors,
  { codes, factors, kinds }: LabelledCodes,
): readonly (number | null)[] {
  const predicted = fitted.predict(codes);
  return kinds.map((kind, j) => {
    const [truth, answer] = [column(factors, j), column(predicted, j)];
    if (truth.every((value) => value === truth[0])) return null;
    if (kind === "discrete") return meanOf(truth.map((value, i) => Number(value === answer[i])));
    const unit = powerOfTwo(truth);
    const mean = meanOf(truth.map((value) => value / unit));
    const error = truth.reduce((sum, value, i) => sum + (value / unit - answer[i] / unit) ** 2, 0);
    const variation = truth.reduce((sum, value) => sum + (value / unit - mean) ** 2, 0);
    return 1 - error / variation;
  });
}
