// The explorer in one file, for pages without a bundler and for bundlers that do not follow workers: built with its
// workers inside. Only the engine's WebAssembly lies outside, beside the file or in `assets`.

import type { ExplorerEngine } from "@vielbein/viz/explorer";
import * as explorer from "./index.ts";

export type { EngineOptions, VielbeinExplorer } from "./index.ts";

/** The folder of this file. */
function beside(): string {
  const { url } = import.meta;
  return new URL(".", url).href;
}

/** `startEngine` of `@vielbein/explorer`, with the engine's WebAssembly beside this file by default. */
export function startEngine({ provider, assets = beside() }: explorer.EngineOptions = {}): ExplorerEngine {
  return explorer.startEngine({ provider, assets });
}

/** `defineExplorer` of `@vielbein/explorer`, with the engine's WebAssembly beside this file by default. */
export function defineExplorer({ provider, assets = beside() }: explorer.EngineOptions = {}): void {
  explorer.defineExplorer({ provider, assets });
}
