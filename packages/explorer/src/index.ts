// The explorer with its engine: what a page needs, in one import.

import type { ExplorerEngine } from "@vielbein/viz/explorer";
import { defineExplorer as defineElement } from "@vielbein/viz/explorer";
import { workerEngine } from "./worker-engine.ts";

export type { VielbeinExplorer } from "@vielbein/viz/explorer";

/** Which provider of onnxruntime-web the explorer's worker uses. */
export interface EngineOptions {
  /** As in `@vielbein/runtime-web`. Default `auto`: WebGPU on a graphics processor, else WebAssembly. */
  readonly provider?: "auto" | "webgpu" | "wasm" | undefined;
  /**
   * URL of a folder with `ort-wasm-simd-threaded.wasm` of `onnxruntime-web/dist`, and for WebGPU with
   * `ort-wasm-simd-threaded.asyncify.wasm`, relative to the page. Default: where the bundler puts them.
   */
  readonly assets?: string | undefined;
}

/** Starts an engine in a worker of its own; it loads ONNX Runtime when it starts. */
export function startEngine({ provider = "auto", assets }: EngineOptions = {}): ExplorerEngine {
  // Absolute, since a worker has another base. What the worker is to do is in its name, so that it starts by itself.
  const wanted: EngineOptions = { provider, assets: assets && new URL(assets, document.baseURI).href };
  const name = JSON.stringify(wanted);
  // Bundlers read this address literally.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name });
  return workerEngine(worker);
}

/** Registers `<vielbein-explorer>`; each element starts an engine of its own. Safe to call twice. */
export function defineExplorer(options: EngineOptions = {}): void {
  defineElement(() => startEngine(options));
}
