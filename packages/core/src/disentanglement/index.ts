// Scores of codes against factors, and of generated samples against real ones.

export { type BoostedTreesOptions, boostedTrees } from "./boosted-trees.ts";
export {
  type Dci,
  type DciOptions,
  dci,
  type ImportanceScores,
  type Informativeness,
  importanceScores,
} from "./dci.ts";
export type { FittedFactors, ImportanceEstimator } from "./estimator.ts";
export {
  type FactorVae,
  type FactorVaeOptions,
  type FixedFactorBatch,
  factorVae,
  type NeighbourBatchOptions,
  neighbourBatches,
} from "./factor-vae.ts";
export { frechetDistance, type Gaussian, gaussianOf } from "./frechet-distance.ts";
export type { FactorKind, LabelledCodes } from "./labelled-codes.ts";
export { lasso, type PenaltyOptions, ridge } from "./linear-estimators.ts";
export { type Mig, type MigOptions, mig } from "./mig.ts";
export {
  type DensityCoverage,
  densityCoverage,
  type NeighbourOptions,
  type PrecisionRecall,
  precisionRecall,
} from "./precision-recall.ts";
export { type Sap, type SapOptions, sap } from "./sap.ts";
