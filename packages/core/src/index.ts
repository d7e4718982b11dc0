export {
  type Curvature,
  type CurvatureOptions,
  curvatureAt,
  type DirectionCurvature,
  defaultCurvatureDirections,
} from "./curvature/curvature.ts";
export { parseDecimal } from "./decimal.ts";
export type { AffineMap } from "./directions/affine-map.ts";
export {
  type DirectionSet,
  type DirectionValues,
  defaultNames,
  directionAt,
  displacementOf,
  displacements,
  requireDirections,
  requireSpaceOf,
} from "./directions/directions.ts";
export {
  type LatentDirections,
  type PrincipalComponents,
  PrincipalComponentsAccumulator,
  type PrincipalComponentsOptions,
} from "./directions/principal-components.ts";
export { randomDirections } from "./directions/random-directions.ts";
export {
  OUTSIDE_RULES,
  type OutsideRule,
  REGION_DEFAULTS,
  type RegionDirections,
  type RegionMetrics,
  type RegionOptions,
  regionDirections,
  regionMetricsAt,
  regionSpeeds,
} from "./directions/region.ts";
export { type FoundDirections, RegionAt } from "./directions/region-at.ts";
export {
  factorize,
  type Sefa,
  type SefaOptions,
  type SefaSelection,
  sefa,
  selectMaps,
  stackWeights,
  type ToRgbRule,
} from "./directions/sefa.ts";
export { type ErrorCode, VielbeinError } from "./errors.ts";
export {
  type Inversion,
  type InversionMethod,
  type InversionOptions,
  type InversionProgress,
  invert,
} from "./inversion/inversion.ts";
export type { Work } from "./inversion/work.ts";
export { bytesText, DEFAULT_MEMORY_BUDGET, LEADING, vectorsPerRun } from "./jacobian/budget.ts";
export { type DeadDirections, deadRows } from "./jacobian/dead-directions.ts";
export { type InputBasis, InputBasisSearch, inputBasisAt } from "./jacobian/input-basis.ts";
export { type JacobianOptions, jacobian } from "./jacobian/jacobian.ts";
export { type DerivativeOptions, JacobianAt, type JacobianMethod } from "./jacobian/jacobian-at.ts";
export { type LeadingTriplets, leadingTriplets } from "./jacobian/leading.ts";
export {
  defaultTriplets,
  type LocalBasis,
  type LocalBasisOptions,
  localBasis,
  localBasisAt,
} from "./jacobian/local-basis.ts";
export { type JacobianSpectrum, jacobianSpectrum, singularValues } from "./jacobian/singular-values.ts";
export { resolvedCount, type TangentBasis, tangentBasis } from "./jacobian/tangent-basis.ts";
export { type BoundedMap, boundedMap } from "./map/bounded-map.ts";
export type { FloatArray } from "./map/float-array.ts";
export { type FunctionMapOptions, functionMap } from "./map/function-map.ts";
export { formatSetting, type InputSetting, parseSetting } from "./map/input-setting.ts";
export {
  type CallOptions,
  DERIVATIVE_ROUTES,
  type DerivativeRoute,
  type DifferentiableMap,
  type Differential,
} from "./map/map.ts";
export { parsePrior, statedPrior } from "./map/prior.ts";
export { contractSamples, MEAN_SAMPLES, meanValue, samplePoints } from "./map/sampling.ts";
export { type Prior, requirePoints, type Space } from "./map/space.ts";
export { stackedSpace, stackMaps } from "./map/stacked-map.ts";
export { weightedMap } from "./map/weighted-map.ts";
export { type Anisotropy, anisotropy } from "./metric/anisotropy.ts";
export { averageMetric } from "./metric/average.ts";
export { equalStep, metricBasis } from "./metric/basis.ts";
export {
  type MetricDifferenceOptions,
  metricByDifferences,
  spectrumByDifferences,
} from "./metric/differences.ts";
export {
  type Correlations,
  type Homogeneity,
  type HomogeneityProblem,
  homogeneity,
  type PointSpectrum,
  withRandomAxes,
} from "./metric/homogeneity.ts";
export { type MetricOptions, metricTensor } from "./metric/metric.ts";
export {
  defaultPairs,
  type MetricSpectrum,
  type MetricSpectrumOptions,
  metricSpectrum,
} from "./metric/spectrum.ts";
export type { FilePoints, Provenance, SampledPoints, Truncation } from "./provenance.ts";
export { hasParts, type KindCheck, kindCheck, listOf } from "./requirements.ts";
export { parseProvenance } from "./schemas.ts";
export { remarksEntry, statedRemarks } from "./stated-remarks.ts";
