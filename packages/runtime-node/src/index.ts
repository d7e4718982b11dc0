export { readModelFile } from "./files.ts";
export { NodeRuntime, type NodeRuntimeOptions } from "./node-runtime.ts";
