// One instance of ONNX Runtime with one provider, be it in this thread or in a worker.

import type { ModelSource, RuntimeTensor, SessionOptions } from "@vielbein/core";
import type { EngineFailure } from "./failure.ts";

export type WebProvider = "webgpu" | "wasm";

export interface EngineOptions {
  readonly provider: WebProvider;
  /** Absolute URL of the folder that holds the engine's files; undefined leaves it to the bundler. */
  readonly assets: string | undefined;
  readonly threads: number;
}

/** A session inside an engine. */
export interface EngineSession {
  readonly id: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputShapes: readonly (readonly (number | string)[])[];
}

/** A tensor that was left with the engine. */
export interface Kept extends Omit<RuntimeTensor, "data"> {
  readonly kept: number;
}

export type EngineFeeds = Readonly<Record<string, RuntimeTensor | Kept>>;

/** Told once an engine can run nothing more. */
export type OnFatal = (reason: EngineFailure) => void;

/** Whatever it returns is rejected with `EngineFailure` only. */
export interface Engine {
  /** Version of ONNX Runtime. */
  readonly version: string;
  create(model: ModelSource, options: SessionOptions): Promise<EngineSession>;
  run(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  /** A run whose results stay, until they are dropped. */
  keep(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, Kept>>;
  /** A copy of a tensor that was left. */
  read(kept: number): Promise<RuntimeTensor>;
  drop(kept: number): Promise<void>;
  release(id: number): Promise<void>;
  /** Ends it with all its sessions; what it has not begun is rejected with the reason, in a worker what it has too. */
  end(reason: EngineFailure): Promise<void>;
}
