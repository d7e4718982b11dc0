export type { DerivativeOptions, Emitter } from "./derive/emitter.ts";
export { type GaussNewtonGraph, type GaussNewtonOptions, gaussNewton } from "./derive/gauss-newton.ts";
export { handwrittenEstimators } from "./derive/handwritten-estimator.ts";
export { differentiability, type JvpGraph, jvp, type NodeReport } from "./derive/jvp.ts";
export { type LinearGraph, type Linearization, linearize } from "./derive/linearize.ts";
export { pointShape, type TensorInfo } from "./derive/measured-graph.ts";
export type { PreparedGraph } from "./derive/prepared-graph.ts";
export type { DerivativeRule } from "./derive/rule.ts";
export { supportedOperators } from "./derive/rules.ts";
export type { Tangent } from "./derive/tangent.ts";
export { Unsupported, UnsupportedOperatorError } from "./derive/unsupported.ts";
export { type VjpGraph, vjp } from "./derive/vjp.ts";
export { decodeModel } from "./file/decode.ts";
export { type EncodeOptions, encodeModel } from "./file/encode.ts";
export { requireConfinedLocation, resolveExternalData } from "./file/external-data.ts";
export { modelSource } from "./file/source.ts";
export { type ChainOptions, chain } from "./map/chain.ts";
export { type HvpGraph, hvp } from "./map/hvp.ts";
export type { LinkOptions } from "./map/link.ts";
export { OnnxMap, type OnnxMapOptions } from "./map/onnx-map.ts";
export { type RedrawOptions, redrawWeights } from "./map/redraw.ts";
export { tensorNames } from "./model/graph.ts";
export {
  type Attribute,
  DataType,
  type Dimension,
  type ExternalData,
  type Graph,
  type LocalFunction,
  type Model,
  type Node,
  requiredInputs,
  standardOpset,
  type Tensor,
  type ValueInfo,
} from "./model/model.ts";
export { batchRemark, type FixedBatch, type Unbatched, unbatch } from "./prepare/batch/fixed-batch.ts";
export { cut } from "./prepare/cut.ts";
export {
  composeDenoiser,
  type Denoiser,
  type DenoiserOptions,
  type NoiseProcess,
  PREDICTIONS,
  PROCESSES,
  type Prediction,
  signalLevel,
} from "./prepare/denoiser.ts";
export { codeInput, type Endpoints, endpoints } from "./prepare/ends.ts";
export { determinedValue, type FurtherInput, furtherInputs, inputTensors } from "./prepare/further-inputs.ts";
export { NOISE_SEEDS, noiseRemark, noiseTensors, withNoiseSeed } from "./prepare/noise.ts";
export type { PrepareOptions } from "./prepare/options.ts";
export { prepare } from "./prepare/prepare.ts";
export { axisExtents, type InputShapes, withNamedAxes, withShapes } from "./prepare/shapes.ts";
export { truncate } from "./prepare/truncate.ts";
export { firstAffineMaps } from "./read/affine-maps.ts";
export type { FamilyReport } from "./read/family.ts";
export {
  type DifferentiabilityReport,
  inspect,
  type ModelReport,
  type PortReport,
} from "./read/inspect.ts";
export { layers } from "./read/layers.ts";
export { mappedCode } from "./read/mapping-network.ts";
export { sharedCode } from "./read/shared-code.ts";
export type { SpaceReport } from "./read/spaces.ts";
