// Entry of the worker: the model and the linear algebra. The engine runs in a worker of its own within this one, so
// that messages that cancel are heard between two of its runs.

import { WebRuntime } from "@vielbein/runtime-web";
import type { ServingPort } from "@vielbein/runtime-web/calls";
import { ModelEngine } from "./model-engine.ts";
import { serveEngine } from "./worker-host.ts";

interface Scope {
  readonly name: string;
}

const { name } = globalThis as unknown as Scope;
const wanted = (["wasm", "webgpu"] as const).find((provider) => provider === name) ?? "auto";

serveEngine(
  globalThis as unknown as ServingPort,
  WebRuntime.create({ provider: wanted }).then((runtime) => new ModelEngine(runtime)),
);
