// Entry point `@vielbein/runtime-web/calls`: typed calls between a page and a worker.

export type { Procedure, Procedures } from "./protocol.ts";
export { type Handlers, type ServedCall, type ServingPort, serve } from "./serve.ts";
export { type CalledWorker, type WorkerCallOptions, WorkerCalls } from "./worker-calls.ts";
