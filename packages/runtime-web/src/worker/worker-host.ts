// The worker's side: an engine behind messages.

import type * as Ort from "onnxruntime-web";
import { type ServingPort, serve } from "../calls/serve.ts";
import { LocalEngine } from "../local-engine.ts";
import { buffersOf, type EngineProcedures } from "./protocol.ts";

/** Answers calls with an engine on the given build of ONNX Runtime. */
export function serveEngine(ort: typeof Ort): void {
  const scope = globalThis as unknown as ServingPort & { readonly name?: string };
  // The engine's threads may be started from the same script: there the messages are not for us.
  if (scope.name?.startsWith("em-pthread")) return;
  let engine: LocalEngine;
  serve<EngineProcedures>(scope, {
    open: async (options) => {
      engine = await LocalEngine.open(ort, options, () => undefined);
      return { version: engine.version };
    },
    create: (model, options) => engine.create(model, options),
    run: async (id, feeds, fetches, call) => {
      const outputs = await engine.run(id, feeds, fetches);
      call.handOver(buffersOf(outputs));
      return outputs;
    },
    keep: (id, feeds, fetches) => engine.keep(id, feeds, fetches),
    read: async (kept, call) => {
      const tensor = await engine.read(kept);
      call.handOver([tensor.data.buffer as ArrayBuffer]);
      return tensor;
    },
    drop: (kept) => engine.drop(kept),
    release: (id) => engine.release(id),
  });
}
