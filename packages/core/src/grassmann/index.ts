// Geometry of subspaces.

export { type ChordalMean, chordalMean } from "./chordal-mean.ts";
export {
  GRASSMANN_DISTANCES,
  type GrassmannDistanceName,
  type GrassmannDistances,
  grassmannDistance,
  grassmannDistances,
  type SubspaceAnglesOptions,
  subspaceAngles,
} from "./distances.ts";
export { type AgreedBasis, agreedBasis, type FrechetBasis, frechetBasis } from "./frechet-basis.ts";
export { grassmannExp, grassmannLog, parallelTransport } from "./geodesic.ts";
export { type HaarBand, type HaarBandOptions, haarBand } from "./haar-band.ts";
export {
  type KarcherDescent,
  type KarcherMean,
  type KarcherMeanOptions,
  karcherMean,
} from "./karcher-mean.ts";
export { type DirectionMatch, matchDirections } from "./matching.ts";
export { subspaceOverlap } from "./overlap.ts";
export {
  type DistanceProfile,
  distanceProfile,
  haarProfile,
  type ProfileOptions,
} from "./profile.ts";
