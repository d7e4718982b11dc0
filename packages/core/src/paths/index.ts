// Ways through a latent space: lines, great circles, curves along a direction, geodesics, and how far the output moves
// on them.

export {
  type CurveStep,
  type CurveTraversal,
  type CurveTraversalOptions,
  curveTraversal,
} from "./curve-traversal.ts";
export {
  type Chain,
  type Geodesic,
  type GeodesicOptions,
  geodesic,
  measureChain,
  refineChain,
} from "./geodesic.ts";
export { greatCircle, straightLine } from "./interpolation.ts";
export {
  type DifferenceReport,
  judgeDifferences,
  type PathLength,
  type PathLengthOptions,
  type PathLengthSummary,
  pathLength,
  summarizePathLengths,
  trimmedMean,
} from "./path-length.ts";
export { linearTraversal, restrictToLayers, sphericalTraversal, symmetricSteps } from "./traversal.ts";
