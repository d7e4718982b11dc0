// Entry of the worker: the model and the linear algebra. The engine runs in a worker of its own within this one, so
// that messages that cancel are heard between two of its runs.

import { WebRuntime } from "@vielbein/runtime-web";
import type { ServingPort } from "@vielbein/runtime-web/calls";
import type { ExplorerEngine } from "@vielbein/viz/explorer";
import type { EngineOptions } from "./worker-engine.ts";
import { serveEngine } from "./worker-host.ts";

const { name } = globalThis as unknown as { readonly name: string };

/** ONNX Runtime starts while the larger part of this worker loads. */
async function startEngine(): Promise<ExplorerEngine> {
  const [runtime, { ModelEngine }] = await Promise.all([
    WebRuntime.create(JSON.parse(name) as EngineOptions),
    import("./model-engine.ts"),
  ]);
  return new ModelEngine(runtime);
}

serveEngine(globalThis as unknown as ServingPort, startEngine());
