// How tangent spaces turn from point to point: warpage and distortion.

export {
  type Distortion,
  type DistortionOptions,
  type DistortionProblem,
  type DistortionSample,
  distortion,
  distortionSample,
  type TangentDistance,
} from "./distortion.ts";
export {
  defaultDirections,
  type ProfileSummary,
  summarizeProfiles,
  type WarpageOptions,
  type WarpagePair,
  type WarpageSample,
  warpagePair,
  warpageSample,
} from "./warpage.ts";
