// What learns factors from codes, and says how much each code mattered.

import type { Matrix } from "@vielbein/linalg";
import type { LabelledCodes } from "./labelled-codes.ts";

/** What an estimator learnt from codes and their factors. */
export interface FittedFactors {
  /** How much code i matters to factor j, at least 0, `[d, m]`. */
  readonly importances: Matrix;
  /** The factors `[n, m]` that it expects of codes `[n, d]`. */
  predict(codes: Matrix): Matrix;
}

/**
 * Learns to predict factors from codes, and says how much each code mattered.
 *
 * @throws {VielbeinError} as the estimator that made it documents.
 */
export type ImportanceEstimator = (train: LabelledCodes) => FittedFactors;
