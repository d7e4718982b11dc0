// Entry point `@vielbein/core/runtime`: what those who implement or drive an engine need.

export type {
  EngineFeeds,
  EngineSession,
  Feeds,
  KeepingEngine,
  Kept,
  KeptTensor,
  ModelSource,
  Reference,
  RunningEngine,
  Runtime,
  RuntimeTensor,
  Session,
  SessionOptions,
  TensorData,
  TensorType,
  TrialLimits,
} from "./map/runtime.ts";
export { Turns } from "./map/turns.ts";
