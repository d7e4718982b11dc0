export { type ErrorCode, VielbeinError } from "./errors.ts";
export type { DifferentiableMap } from "./map.ts";
export type {
  ModelSource,
  Runtime,
  RuntimeTensor,
  Session,
  SessionOptions,
  TensorData,
  TensorType,
} from "./runtime.ts";
export { type Prior, requirePoints, type Space } from "./space.ts";
