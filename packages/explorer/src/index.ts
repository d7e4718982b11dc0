// The explorer with its engine: what a page needs, in one import.

import { defineExplorer as defineElement } from "@vielbein/viz/explorer";
import { type EngineOptions, startEngine } from "./worker-engine.ts";

export type { VielbeinExplorer } from "@vielbein/viz/explorer";
export { type EngineOptions, startEngine };

/** Registers `<vielbein-explorer>`; each element starts an engine of its own. Safe to call twice. */
export function defineExplorer(options: EngineOptions = {}): void {
  defineElement(() => startEngine(options));
}
