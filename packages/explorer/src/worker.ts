// Entry of the worker: the model and the linear algebra. The engine runs in a worker of its own within this one, so that
// messages that cancel are heard between two of its runs.

import { WebRuntime } from "@vielbein/runtime-web";
import { ModelEngine } from "./model-engine.ts";
import { serve } from "./worker-host.ts";

interface Scope {
  readonly name: string;
}

const { name } = globalThis as unknown as Scope;
const wanted = (["wasm", "webgpu"] as const).find((provider) => provider === name) ?? "auto";

serve(
  globalThis as unknown as Parameters<typeof serve>[0],
  WebRuntime.create({ provider: wanted }).then((runtime) => new ModelEngine(runtime)),
);
