export type { WebProvider } from "./engine.ts";
export { type WebReport, WebRuntime, type WebRuntimeOptions } from "./web-runtime.ts";
