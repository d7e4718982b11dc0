// The procedures of the engine's worker. Arrays are handed over, not copied again.

import type {
  EngineFeeds,
  EngineSession,
  Kept,
  ModelSource,
  RuntimeTensor,
  SessionOptions,
} from "@vielbein/core/runtime";
import type { Procedure } from "../calls/protocol.ts";
import type { EngineOptions } from "../engine.ts";

export interface EngineProcedures {
  open: Procedure<[options: EngineOptions], { readonly version: string }>;
  create: Procedure<[model: ModelSource, options: SessionOptions], EngineSession>;
  run: Procedure<[id: number, feeds: EngineFeeds, fetches: readonly string[]], Record<string, RuntimeTensor>>;
  keep: Procedure<[id: number, feeds: EngineFeeds, fetches: readonly string[]], Record<string, Kept>>;
  read: Procedure<[kept: number], RuntimeTensor>;
  drop: Procedure<[kept: number], void>;
  release: Procedure<[id: number], void>;
}

/** The memory of tensors, to hand it over. */
export function buffersOf(tensors: EngineFeeds): ArrayBuffer[] {
  const buffers = Object.values(tensors).flatMap((tensor) =>
    "data" in tensor ? [tensor.data.buffer as ArrayBuffer] : [],
  );
  return [...new Set(buffers)];
}
