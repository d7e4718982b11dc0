// Entry of the worker: the model and the linear algebra. The engine runs in a worker of its own within this one, so
// that messages that cancel are heard between two of its runs.

import { WebRuntime } from "@vielbein/runtime-web";
import type { ServingPort } from "@vielbein/runtime-web/calls";
<<<<<<< HEAD
import type { ExplorerEngine } from "@vielbein/viz/explorer";
=======
import type { EngineOptions } from "./index.ts";
import { ModelEngine } from "./model-engine.ts";
>>>>>>> 88bc823 (The explorer in one file; examples and five bundlers run from packed packages, in continuous integration)
import { serveEngine } from "./worker-host.ts";

const { name } = globalThis as unknown as { readonly name: string };

<<<<<<< HEAD
/** ONNX Runtime starts while the larger part of this worker loads. */
async function startEngine(): Promise<ExplorerEngine> {
  const [runtime, { ModelEngine }] = await Promise.all([
    WebRuntime.create({ provider: wanted }),
    import("./model-engine.ts"),
  ]);
  return new ModelEngine(runtime);
}

serveEngine(globalThis as unknown as ServingPort, startEngine());
=======
serveEngine(
  globalThis as unknown as ServingPort,
  WebRuntime.create(JSON.parse(name) as EngineOptions).then((runtime) => new ModelEngine(runtime)),
);
>>>>>>> 88bc823 (The explorer in one file; examples and five bundlers run from packed packages, in continuous integration)
