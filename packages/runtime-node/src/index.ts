export { abandonRuns } from "./abandon.ts";
export { readModelFile } from "./files.ts";
export { NodeRuntime, type NodeRuntimeOptions } from "./node-runtime.ts";
export { type Provider, type ProviderReport, providers } from "./providers.ts";
