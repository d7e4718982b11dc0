// Separated attribute predictability: by how much the code that predicts a factor best predicts it better than the next
// (Kumar, Sattigeri & Balakrishnan, "Variational Inference of Disentangled Latent Concepts from Unlabeled
// Observations", ICLR 2018).

import { type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { CrossMoments } from "../moments.ts";
import { column, levelsOf, meanOf, sampleVariances } from "./columns.ts";
import { gapsOf } from "./gap.ts";
import { type LabelledCodes, requirePair } from "./labelled-codes.ts";
import { fitLevels, levelAt } from "./linear-svm.ts";

export interface SapOptions {
  /** C of the support vector machines, for codes as they are: not standardised. Default 0.01. */
  readonly cost?: number;
}

export interface Sap {
  /** Mean of `perFactor`; `null` where there is one code only. */
  readonly sap: number | null;
  /** Best score less the second, `[m]`; empty where there is one code only. */
  readonly perFactor: Float64Array;
  /**
   * Of code i for factor j, `[d, m]`: squared correlation in the training data with a continuous factor, accuracy on the
   * test data for a discrete one.
   */
  readonly scores: Matrix;
  readonly problem?: "one-code";
}

/** Codes and factors of less variance are constant, and correlate with nothing. */
const CONSTANT = 1e-12;

/**
 * SAP of codes. Discrete factors are classified by a linear support vector machine of one code, levels weighted to
 * balance.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`, `NUMERICAL_FAILURE`.
 */
export function sap(train: LabelledCodes, test: LabelledCodes, { cost = 0.01 }: SapOptions = {}): Sap {
  requirePair("sap", train, test);
  if (!(cost > 0 && cost < Number.POSITIVE_INFINITY)) {
    throw new VielbeinError("INVALID_ARGUMENT", `sap: cost must be above 0 and finite, got ${cost}.`);
  }
  const [d, m] = [train.codes.cols, train.kinds.length];
  const correlations = squaredCorrelations(train.codes, train.factors);
  const scores = matrix(d, m, correlations.data);
  train.kinds.forEach((kind, j) => {
    if (kind === "continuous") return;
    const accuracies = accuraciesOf(train, test, j, cost);
    for (let i = 0; i < d; i++) scores.data[i * m + j] = accuracies[i]!;
  });
  if (d < 2) return { sap: null, perFactor: new Float64Array(), scores, problem: "one-code" };
  const perFactor = Float64Array.from(gapsOf(scores), ({ gap }) => gap);
  return { sap: meanOf(perFactor), perFactor, scores };
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
      const [a, b] = [ofCodes[Math.floor(at / factors.cols)]!, ofFactors[at % factors.cols]!];
      return a > CONSTANT && b > CONSTANT ? (value / n) ** 2 / (a * b) : 0;
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
    const classifier =
      levels.length > 1 ? fitLevels(column(train.codes, i), labels, levels, cost) : undefined;
    const answer = (x: number) => (classifier ? levelAt(classifier, x) : levels[0]!);
    return meanOf(unseen.map((x, row) => Number(answer(x) === truth[row])));
  });
}
