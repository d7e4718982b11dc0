export { type ErrorCode, VielbeinError } from "./errors.ts";
export { type FunctionMapOptions, functionMap } from "./function-map.ts";
export { cheaperMethod, DEFAULT_MEMORY_BUDGET, type JacobianOptions, jacobian } from "./jacobian.ts";
export { type LocalBasis, type LocalBasisOptions, localBasis, localBasisAt } from "./local-basis.ts";
export type { DifferentiableMap } from "./map.ts";
export type { Provenance } from "./provenance.ts";
export type {
  ModelSource,
  Runtime,
  RuntimeTensor,
  Session,
  SessionOptions,
  TensorData,
  TensorType,
} from "./runtime.ts";
export { samplePoints } from "./sampling.ts";
export { type Prior, requirePoints, type Space } from "./space.ts";
export { linearTraversal, symmetricSteps } from "./traversal.ts";
