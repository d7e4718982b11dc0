// Separated attribute predictability: by how much the best predictor of a factor among the codes exceeds the next
// (Kumar, Sattigeri & Balakrishnan, "Variational Inference of Disentangled Latent Concepts from Unlabeled
// Observations", ICLR 2018).

import { type Matrix, matrix } from "@vielbein/linalg";
import { requireKind, requirePositive } from "../requirements.ts";
import { CrossMoments } from "../statistics/moments.ts";
import { column, levelsOf, meanOf, sampleVariances } from "./columns.ts";
import { gapsOf } from "./gap.ts";
import { inPlace, type LabelledCodes, requirePair, varyingFactors } from "./labelled-codes.ts";
import { fitLevels, levelAt } from "./linear-svm.ts";

/** The cost of the support vector machines of {@link sap}. */
export interface SapOptions {
  /** C of the support vector machines, for codes as they are: not standardised. Default 0.01. */
  readonly cost?: number | undefined;
}

/** Separated attribute predictability of a representation, from 0 to 1, with the scores of every code. */
export interface Sap {
  /** Mean of `perFactor` over factors that vary; `null` where there is no gap to measure, see `problem`. */
  readonly sap: number | null;
  /** Best score less the second of each factor; `null` of one that is constant in the training data. `[m]` */
  readonly perFactor: readonly (number | null)[];
  /**
   * Score of code i for factor j, `[d, m]`: squared correlation in the training data with a continuous factor, accuracy
   * on the test data for a discrete one. 0 where the code or the factor is constant: exactly, since deviations have no
   * natural unit (disentanglement_lib takes variances below 1e-12 for constant).
   */
  readonly scores: Matrix;
  /** `one-code`: there is no second; `constant`: no factor varies. */
  readonly problem?: "one-code" | "constant" | undefined;
}

/**
 * SAP of codes. Discrete factors are classified by a linear support vector machine of one code, levels weighted to
 * balance.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`, `NUMERICAL_FAILURE`.
 */
export function sap(train: LabelledCodes, test: LabelledCodes, { cost = 0.01 }: SapOptions = {}): Sap {
  requireKind("sap: train", "labelled", train);
  requireKind("sap: test", "labelled", test);
  requirePair("sap", train, test);
  requirePositive("sap: cost", cost);
  const [d, m] = [train.codes.cols, train.kinds.length];
  const correlations = squaredCorrelations(unitSized(train.codes), unitSized(train.factors));
  const varying = varyingFactors(train);
  const scores = matrix(d, m, correlations.data);
  train.kinds.forEach((kind, j) => {
    if (kind === "continuous" || !varying.includes(j)) return;
    const accuracies = accuraciesOf(train, test, j, cost);
    for (let i = 0; i < d; i++) scores.data[i * m + j] = accuracies[i];
  });
  const none = train.kinds.map(() => null);
  if (d < 2) return { sap: null, perFactor: none, scores, problem: "one-code" };
  if (varying.length === 0) return { sap: null, perFactor: none, scores, problem: "constant" };
  const gaps = gapsOf(scores);
  const counted = varying.map((j) => gaps[j].gap);
  return { sap: meanOf(counted), perFactor: inPlace(counted, varying, m), scores };
}

/** Columns less their first value, divided by their largest deviation from it: squares neither vanish nor overflow. */
function unitSized({ rows, cols, data }: Matrix): Matrix {
  const sizes = new Float64Array(cols);
  data.forEach((value, at) => {
    sizes[at % cols] = Math.max(sizes[at % cols], Math.abs(value - data[at % cols]));
  });
  const scaled = data.map((value, at) => (value - data[at % cols]) / (sizes[at % cols] || 1));
  return matrix(rows, cols, scaled);
}

function squaredCorrelations(codes: Matrix, factors: Matrix): Matrix {
  const cross = new CrossMoments(codes.cols, factors.cols);
  cross.append(codes, factors);
  const [ofCodes, ofFactors] = [sampleVariances(codes), sampleVariances(factors)];
  const n = codes.rows - 1;
  return matrix(
    codes.cols,
    factors.cols,
    cross.scatter.data.map((value, at) => {
      const [a, b] = [ofCodes[Math.floor(at / factors.cols)], ofFactors[at % factors.cols]];
      return a > 0 && b > 0 ? (value / n) ** 2 / (a * b) : 0;
    }),
  );
}

/** Accuracy `[d]` on the test data of each code alone for discrete factor j. */
function accuraciesOf(train: LabelledCodes, test: LabelledCodes, j: number, cost: number): Float64Array {
  const [seen, truth] = [column(train.factors, j), column(test.factors, j)];
  const levels = levelsOf(seen);
  const labels = Int32Array.from(seen, (value) => levels.indexOf(value));
  return Float64Array.from({ length: train.codes.cols }, (_, i) => {
    const unseen = column(test.codes, i);
    const classifier = fitLevels(column(train.codes, i), labels, levels, cost);
    return meanOf(unseen.map((x, row) => Number(levelAt(classifier, x) === truth[row])));
  });
}
