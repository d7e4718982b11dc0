// Gradient boosting of regression trees (Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals
// of Statistics 29, 2001) as an estimator of importances: of continuous factors by least squares, of discrete ones by
// the multinomial deviance. Defaults, splits, leaves and importances are those of scikit-learn's GradientBoosting.

import { type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { Settled } from "../settled.ts";
import { column, fromColumns, levelsOf, meanOf, sampleDeviations } from "./columns.ts";
import type { ImportanceEstimator } from "./estimator.ts";
import { growTree, type RegressionTree, type SortedCodes, sortCodes, treeValue } from "./regression-tree.ts";

/** Size and learning rate of the trees of {@link boostedTrees}. */
export interface BoostedTreesOptions {
  /** Trees, or trees for each level of a discrete factor of more than two. Default 100. */
  readonly rounds?: number | undefined;
  /** Splits on the way to a leaf. Default 3. */
  readonly depth?: number | undefined;
  /** What every tree is multiplied by. Default 0.1. */
  readonly learningRate?: number | undefined;
}

/** One factor as functions (scores) that trees are added to. */
interface Target {
  /** Scores before the first tree, one for each function. */
  readonly start: readonly number[];
  /** What leaves are multiplied by. */
  readonly leafScale: number;
  /** Negative gradient and curvature `[n]` of the loss in every score, given the scores of all rows. */
  derivatives(scores: readonly Float64Array[]): { gradient: Float64Array; curvature: Float64Array }[];
  /** The factor that goes with scores. */
  answer(scores: readonly number[]): number;
}

interface BoostedFactor {
  readonly importances: Float64Array;
  readonly predict: (codes: Matrix, i: number) => number;
}

/**
 * An estimator in which the importance of code i for factor j is the share that splits by i have in the reduction of
 * the squared errors by all splits for j: every column sums to 1, or to 0 for a constant factor. Deterministic.
 * Coordinates that split a node equally well share the credit, which scikit-learn gives to one of them at random.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function boostedTrees(options: BoostedTreesOptions = {}): ImportanceEstimator {
  const { rounds = 100, depth = 3, learningRate = 0.1 } = options;
  const counts = [rounds, depth].every((x) => Number.isInteger(x) && x > 0);
  if (!counts || depth > 20 || !(learningRate > 0 && learningRate <= 1)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `boostedTrees: rounds must be a positive integer, depth one up to 20, learningRate above 0 and at most 1, got ${rounds}, ${depth} and ${learningRate}.`,
    );
  }
  return ({ codes, factors, kinds }) => {
    const sorted = sortCodes(codes);
    const boosted = kinds.map((kind, j) => {
      const values = column(factors, j);
      const target = kind === "discrete" ? multinomial(values) : leastSquares(values);
      return boost(sorted, target, { rounds, depth, learningRate });
    });
    return {
      importances: fromColumns(
        codes.cols,
        boosted.map(({ importances }) => importances),
      ),
      predict: (unseen) =>
        fromColumns(
          unseen.rows,
          boosted.map(({ predict }) =>
            Float64Array.from({ length: unseen.rows }, (_, i) => predict(unseen, i)),
          ),
        ),
    };
  };
}

function boost(
  sorted: SortedCodes,
  { start, leafScale, derivatives, answer }: Target,
  { rounds, depth, learningRate }: Settled<BoostedTreesOptions>,
): BoostedFactor {
  const { rows: n, cols: d } = sorted.codes;
  const importances = new Float64Array(d);
  const scores = start.map((score) => new Float64Array(n).fill(score));
  const stages: RegressionTree[][] = [];
  for (let round = 0; round < rounds; round++) {
    const stage = derivatives(scores).map(({ gradient, curvature }, s) => {
      const { tree, leafOf } = growTree(sorted, gradient, curvature, depth, importances);
      for (let k = 0; k < tree.value.length; k++) tree.value[k] *= leafScale * learningRate;
      for (let i = 0; i < n; i++) scores[s][i] += tree.value[leafOf[i]];
      return tree;
    });
    stages.push(stage);
  }
  const total = importances.reduce((sum, x) => sum + x, 0);
  const scoreOf = (codes: Matrix, i: number, s: number) =>
    stages.reduce((sum, stage) => sum + treeValue(stage[s], codes, i), start[s]);
  return {
    importances: importances.map((x) => (total > 0 ? x / total : 0)),
    predict: (codes, i) => answer(start.map((_, s) => scoreOf(codes, i, s))),
  };
}

/** Half the squared error of the factor, standardised so that its unit makes no difference. */
function leastSquares(values: Float64Array): Target {
  const mean = meanOf(values);
  const deviation = sampleDeviations(matrix(values.length, 1, values))[0];
  const standard = values.map((x) => (deviation > 0 ? (x - mean) / deviation : 0));
  const curvature = new Float64Array(values.length).fill(1);
  return {
    start: [0],
    leafScale: 1,
    derivatives: ([score]) => [{ gradient: standard.map((x, i) => x - score![i]), curvature }],
    answer: ([score]) => mean + deviation * score!,
  };
}

/** The deviance of K levels: one score for each by softmax, or the log odds of the second of two. */
function multinomial(values: Float64Array): Target {
  const levels = levelsOf(values);
  const shares = Array.from(levels, (level) => meanOf(values.map((x) => Number(x === level))));
  if (levels.length === 1) {
    return { start: [], leafScale: 1, derivatives: () => [], answer: () => levels[0] };
  }
  const binary = levels.length === 2;
  return {
    start: binary ? [Math.log(shares[1] / shares[0])] : shares.map(Math.log),
    leafScale: binary ? 1 : 1 - 1 / levels.length,
    derivatives: (scores) => {
      const probabilities = binary ? [scores[0].map((x) => 1 / (1 + Math.exp(-x)))] : softmax(scores);
      return probabilities.map((p, s) => ({
        gradient: values.map((x, i) => Number(x === levels[binary ? 1 : s]) - p[i]),
        curvature: p.map((q) => q * (1 - q)),
      }));
    },
    answer: (scores) =>
      binary ? levels[scores[0] > 0 ? 1 : 0] : levels[scores.indexOf(Math.max(...scores))],
  };
}

function softmax(scores: readonly Float64Array[]): Float64Array[] {
  const result = scores.map((score) => score.slice());
  for (let i = 0; i < scores[0].length; i++) {
    const top = Math.max(...scores.map((score) => score[i]));
    let sum = 0;
    for (const row of result) {
      row[i] = Math.exp(row[i] - top);
      sum += row[i];
    }
    for (const row of result) row[i] /= sum;
  }
  return result;
}
