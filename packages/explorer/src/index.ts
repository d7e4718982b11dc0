// The explorer with its engine: what a page needs, in one import.

import type { ExplorerEngine } from "@vielbein/viz/explorer";
import { defineExplorer as defineElement } from "@vielbein/viz/explorer";
import { workerEngine } from "./worker-engine.ts";

export type { VielbeinExplorer } from "@vielbein/viz/explorer";

/** Which provider of onnxruntime-web the explorer's worker uses. */
export interface EngineOptions {
  /** As in `@vielbein/runtime-web`. Default `auto`: WebGPU on a graphics processor, else WebAssembly. */
  readonly provider?: "auto" | "webgpu" | "wasm" | undefined;
}

/** Starts an engine in a worker of its own; it loads ONNX Runtime when it starts. */
export function startEngine({ provider = "auto" }: EngineOptions = {}): ExplorerEngine {
  // Bundlers read this address literally.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: provider });
  return workerEngine(worker);
}

/** Registers `<vielbein-explorer>`; each element starts an engine of its own. Safe to call twice. */
export function defineExplorer(options: EngineOptions = {}): void {
  defineElement(() => startEngine(options));
}
