// The local dimension of a map: how many singular values of its derivative are not noise, and the shape of the spectrum;
// and that of the data behind a denoiser.

export { type Flipd, type FlipdOptions, flipd, TRACE_METHODS, type TraceMethod } from "./flipd.ts";
export {
  type KritchmanNadler,
  type KritchmanNadlerOptions,
  kritchmanNadler,
  type NoiseTest,
} from "./kritchman-nadler.ts";
export {
  DIMENSION_CONVENTIONS,
  type DimensionConvention,
  type DimensionStatus,
  type LocalDimension,
  type LocalDimensionOptions,
  localDimension,
} from "./local-dimension.ts";
export {
  isSampled,
  LANCZOS_STEPS,
  type SampledSpectrum,
  type SampledSpectrumOptions,
  type SpectrumSampling,
  sampledSpectrum,
} from "./sampled-spectrum.ts";
export {
  type Estimate,
  estimateCount,
  type SpectrumEstimates,
  spectrumEstimates,
} from "./spectrum-estimates.ts";
export {
  cumulativeDimension,
  type SpectrumStatistics,
  spectrumStatistics,
} from "./spectrum-statistics.ts";
