// The builds of ONNX Runtime for the calling thread, each loaded when it is wanted.

import type * as Ort from "onnxruntime-web";
import type { WebProvider } from "./engine.ts";

/** True in Node, whose build of the engine reads its files from the package. */
export function inNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}

export function loadOrt(provider: WebProvider): Promise<typeof Ort> {
  if (inNode()) {
    // The name is not a literal, so that bundlers for browsers leave it alone: there it is a third build.
    const name = "onnxruntime-web";
    return import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  }
  return provider === "webgpu" ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm");
}
