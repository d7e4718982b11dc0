// The contract of every runtime, on onnxruntime-web in Node and in Chromium, on both providers.

import type { Runtime } from "@vielbein/core/runtime";
import { afterAll, beforeAll, describe, it } from "vitest";
import { runtimeContract } from "../../runtime-node/test/contract.ts";
import { WebRuntime, type WebRuntimeOptions } from "../src/index.ts";
import { missing, RemoteBrowser } from "./chromium.ts";

interface Disposable extends Runtime {
  dispose(): Promise<void>;
}

let browser: RemoteBrowser;
beforeAll(async () => {
  if (!missing) browser = await RemoteBrowser.open();
}, 120_000);
afterAll(() => browser?.close());

const inChromium = (options: WebRuntimeOptions) => ({
  missing,
  open: (): Promise<Disposable> => browser.runtime(options),
});

const engines = {
  "Node, wasm in the calling thread": {
    missing: undefined,
    open: (): Promise<Disposable> => WebRuntime.create({ provider: "wasm" }),
  },
  "Chromium, wasm in a worker": inChromium({ provider: "wasm" }),
  "Chromium, wasm in the calling thread": inChromium({ provider: "wasm", worker: false }),
  "Chromium, WebGPU in a worker": inChromium({ provider: "webgpu", fallback: false }),
};

describe.each(Object.entries(engines))("%s", (_name, { missing, open }) => {
  let runtime: Disposable;
  beforeAll(async () => {
    if (!missing) runtime = await open();
  }, 120_000);
  afterAll(() => runtime?.dispose());

  it.for(runtimeContract)("$name", async ({ run }, context) => {
    if (missing) context.skip(missing);
    await run(runtime);
  });
});
