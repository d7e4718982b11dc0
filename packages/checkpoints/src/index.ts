export type { BuildOptions } from "./architectures/architecture.ts";
export { checkpointFormat, type Format } from "./files/format.ts";
export { type Checkpoint, type CheckpointFile, openCheckpoint } from "./files/open.ts";
export { type CheckpointOptions, type ConvertedCheckpoint, fromCheckpoint } from "./from-checkpoint.ts";
