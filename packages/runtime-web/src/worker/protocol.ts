// The procedures of the engine's worker. Arrays are handed over, not copied again.

import type { ModelSource, RuntimeTensor, SessionOptions } from "@vielbein/core";
import type { Procedure } from "../calls/protocol.ts";
import type { EngineOptions, EngineSession, Tensors } from "../engine.ts";

export interface EngineProcedures {
  open: Procedure<[options: EngineOptions], { readonly version: string }>;
  create: Procedure<[model: ModelSource, options: SessionOptions], EngineSession>;
  run: Procedure<[id: number, feeds: Tensors, fetches: readonly string[]], Record<string, RuntimeTensor>>;
  release: Procedure<[id: number], void>;
}

/** The memory of tensors, to hand it over. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}
