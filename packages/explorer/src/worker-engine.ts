// The page's side: an engine in a module worker. A page that starts it before it loads the rest has both at the same time.

import { VielbeinError } from "@vielbein/core";
import { WorkerCalls } from "@vielbein/runtime-web/calls";
import type { ExplorerEngine } from "@vielbein/viz/explorer";
import type { ExplorerProcedures } from "./worker-host.ts";

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

/** The engine that the worker serves. */
function workerEngine(worker: Worker): ExplorerEngine {
  const calls = new WorkerCalls<ExplorerProcedures>(worker, (message) => {
    const what = message ? `ended: ${message}` : "could not be loaded";
    return new VielbeinError("BACKEND_UNAVAILABLE", `The explorer's worker ${what}. Reload the page.`);
  });
  return {
    load: (file, spaces, options) => calls.call("load", [file, spaces], options),
    choose: (spaces, options) => calls.call("choose", [spaces], options),
    arrange: (layout, options) => calls.call("arrange", [layout], options),
    sample: (seed, truncation, options) => calls.call("sample", [seed, truncation], options),
    render: (points, count, options) => calls.call("render", [points, count], options),
    thumbnails: (points, count, side, options) => calls.call("thumbnails", [points, count, side], options),
    difference: (point, reference, options) => calls.call("difference", [point, reference], options),
    heat: (point, direction, options) => calls.call("heat", [point, direction], options),
    animate: (points, count, playback, options) => calls.call("animate", [points, count, playback], options),
    basis: (point, options) => calls.call("basis", [point], options),
    directions: (kind, point, options) => calls.call("directions", [kind, point], options),
    region: (point, region, options) => calls.call("region", [point, region], options),
    open: (file, point, options) => calls.call("open", [file, point], options),
    save: (set, options) => calls.call("save", [set], options),
    dispose: () => calls.end(new DOMException("The explorer was closed.", "AbortError")),
  };
}
