// One instance of ONNX Runtime with one provider, in this thread or in a worker.

import type { EngineSession, KeepingEngine, ModelSource, SessionOptions } from "@vielbein/core/runtime";
import type { EngineFailure } from "./failure.ts";

/** Where onnxruntime-web computes. */
export type WebProvider = "webgpu" | "wasm";

export interface EngineOptions {
  readonly provider: WebProvider;
  /** Absolute URL of the folder that holds the engine's files; undefined leaves it to the bundler. */
  readonly assets: string | undefined;
  readonly threads: number;
}

/** Called once an engine can run nothing more. */
export type OnFatal = (reason: EngineFailure) => void;

/** The promises that it returns are rejected with `EngineFailure` only. */
export interface Engine extends KeepingEngine {
  /** Version of ONNX Runtime. */
  readonly version: string;
  create(model: ModelSource, options: SessionOptions): Promise<EngineSession>;
  /**
   * Ends it with all its sessions. What it has not begun is rejected with the reason; in a worker, so is what it has
   * begun.
   */
  end(reason: EngineFailure): Promise<void>;
}
