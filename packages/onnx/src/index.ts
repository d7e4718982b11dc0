export { firstAffineMaps } from "./affine-maps.ts";
export { type ChainOptions, chain } from "./chain.ts";
export { cut } from "./cut.ts";
export { decodeModel } from "./decode.ts";
export type { DerivativeOptions, Emitter } from "./emitter.ts";
export { type EncodeOptions, encodeModel } from "./encode.ts";
export { requireConfinedLocation, resolveExternalData } from "./external-data.ts";
export type { FamilyReport } from "./family.ts";
export { type FurtherInput, furtherInputs, inputTensors } from "./further-inputs.ts";
export { type HvpGraph, hvp } from "./hvp.ts";
export {
  type DifferentiabilityReport,
  inspect,
  type ModelReport,
  type PortReport,
  type SpaceReport,
} from "./inspect.ts";
export { differentiability, type JvpGraph, jvp, type NodeReport } from "./jvp.ts";
export { layers } from "./layers.ts";
export { type LinearGraph, type Linearization, linearize } from "./linearize.ts";
export { mappedCode } from "./mapping-network.ts";
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
} from "./model.ts";
export { OnnxMap, type OnnxMapOptions } from "./onnx-map.ts";
export { endpoints, type PrepareOptions, prepare } from "./prepare.ts";
export { type PreparedGraph, pointShape, type TensorInfo } from "./prepared-graph.ts";
export { type RedrawOptions, redrawWeights } from "./redraw.ts";
export type { DerivativeRule, Tangent } from "./rule.ts";
export { supportedOperators } from "./rules.ts";
export { sharedCode } from "./shared-code.ts";
export { modelSource } from "./source.ts";
export { truncate } from "./truncate.ts";
export { Unsupported, UnsupportedOperatorError } from "./unsupported.ts";
export { type VjpGraph, vjp } from "./vjp.ts";
