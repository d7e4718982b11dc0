// The intrinsic dimension of clouds of points.

export { Cloud } from "./cloud.ts";
export { correlationIntegral } from "./correlation-integral.ts";
export { covarianceSpectrum } from "./covariance-spectrum.ts";
export type { Estimate } from "./estimate.ts";
export {
  ESTIMATOR_NAMES,
  ESTIMATORS,
  type Estimator,
  type EstimatorName,
  type EstimatorOptions,
  estimateDimension,
  neighboursNeeded,
} from "./estimators.ts";
export { fisherSeparability } from "./fisher-separability.ts";
export { levinaBickel } from "./levina-bickel.ts";
export { minimumDistance, minimumDistanceWhole } from "./minimum-distance.ts";
export { manifoldAdaptive, methodOfMoments } from "./moments-of-distances.ts";
export { type NeighbourGraphOptions, neighbourGraph } from "./neighbour-graph.ts";
export { type Neighbours, nearestNeighbours } from "./neighbours.ts";
export { ballPoints, gaussianCloud } from "./reference.ts";
export { simplexSkewness } from "./simplex-skewness.ts";
export {
  localSpectrumDimensions,
  SPECTRUM_RULES,
  type SpectrumRule,
  type SpectrumRuleName,
  spectrumDimension,
} from "./spectrum-rules.ts";
export { tightLocal } from "./tight-local.ts";
export { twoNN, twoNNLikelihood } from "./two-nn.ts";
