// What is particular about the runtime in a browser: what it loads and from where, threads, the way from WebGPU to
// WebAssembly, and the loss of the device.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { DataType } from "@vielbein/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebRuntimeOptions } from "../src/index.ts";
import { bundle, missing, RemoteBrowser, RemoteRuntime, type Site, serve } from "./chromium.ts";
import { float32, graph, maxPoolWithIndices } from "./graphs.ts";

const x = float32([2], [1, -2]);
const negated = { y: float32([2], [-1, 2]) };

async function negate(runtime: RemoteRuntime): Promise<unknown> {
  const session = await runtime.createSession(graph("Neg", [2]));
  const result = await session.run({ x });
  await session.dispose();
  return result;
}

let browser: RemoteBrowser;
beforeAll(async () => {
  if (!missing) browser = await RemoteBrowser.open();
}, 120_000);
afterAll(() => browser?.close());

describe("on an ordinary page", () => {
  async function loaded(options: WebRuntimeOptions): Promise<string[]> {
    browser.site.requests.splice(0);
    const runtime = await browser.runtime(options);
    expect(await negate(runtime)).toEqual(negated);
    await runtime.dispose();
    return browser.site.requests.filter((path) => path.startsWith("/assets/"));
  }

  it("loads the small build alone where there is no graphics processor", async (context) => {
    if (missing) context.skip(missing);
    const files = await loaded({});
    expect(files.filter((path) => path.endsWith(".wasm"))).toHaveLength(1);
    expect(files.some((path) => /webgpu|asyncify/.test(path))).toBe(false);
  });

  it("loads the build for WebGPU alone where that is wanted", async (context) => {
    if (missing) context.skip(missing);
    const files = await loaded({ provider: "webgpu" });
    expect(files.filter((path) => path.endsWith(".wasm"))).toEqual([
      expect.stringMatching(/asyncify[^/]*\.wasm$/),
    ]);
  });

  it("passes over an adapter that a processor imitates, and says so", async (context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({});
    expect(runtime.name).toMatch(/ \(wasm\)$/);
    expect(runtime.report).toMatchObject({ provider: "wasm", threads: 1, worker: true });
    expect(runtime.report.fallbacks).toEqual([expect.stringContaining("imitated by a processor")]);
    await runtime.dispose();
  });

  it("has one thread whatever is asked for", async (context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({ provider: "wasm", threads: 2 });
    expect(runtime.report.threads).toBe(1);
    expect(await negate(runtime)).toEqual(negated);
    await runtime.dispose();
  });

  it("does on WebAssembly what WebGPU refuses, and says so", async (context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({ provider: "webgpu" });
    const session = await runtime.createSession(maxPoolWithIndices);
    for (let i = 0; i < 2; i++) {
      const { y, indices } = await session.run({ x: float32([1, 1, 2, 2], [1, 2, 4, 3]) });
      expect([...(y!.data as Float32Array), ...(indices!.data as BigInt64Array)]).toEqual([4, 2n]);
    }
    const { name, report } = await runtime.state();
    expect(name).toMatch(/\(webgpu, swiftshader; partly wasm\)$/);
    expect(report.fallbacks).toEqual([expect.stringContaining("Indices")]);
    await runtime.dispose();
  });

  it("throws what WebGPU refuses where it may not fall back", async (context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({ provider: "webgpu", fallback: false });
    const session = await runtime.createSession(maxPoolWithIndices);
    const run = session.run({ x: float32([1, 1, 2, 2], [1, 2, 4, 3]) });
    await expect(run).rejects.toMatchObject({
      code: "BACKEND_FAILED",
      message: expect.stringContaining("Indices"),
    });
    expect(await negate(runtime)).toEqual(negated);
    await runtime.dispose();
  });

  it("rejects what is under way when it is disposed of", async (context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({ provider: "wasm" });
    const session = await runtime.createSession(graph("ConstantOfShape", ["n"], {}, ["y"], DataType.INT64));
    // A tenth of a second each, one after another in the worker.
    const side: RuntimeTensor = { type: "int64", dims: [2], data: BigInt64Array.of(6000n, 6000n) };
    const runs = Promise.allSettled([1, 2, 3, 4].map(() => session.run({ x: side })));
    await runtime.page.evaluate("call('close', [0])");
    expect((await runs).at(-1)).toMatchObject({
      status: "rejected",
      reason: { code: "BACKEND_FAILED", message: "The runtime was disposed; create a new one." },
    });
    await expect.poll(() => runtime.page.workers(), { timeout: 20_000 }).toEqual([]);
    await runtime.page.close();
  });
});

describe("when the graphics process dies", () => {
  // A browser of its own: Chromium gives WebGPU up after the third crash, so that there may be no test after these.
  let browser: RemoteBrowser;
  beforeAll(async () => {
    if (!missing) browser = await RemoteBrowser.open();
  }, 120_000);
  afterAll(() => browser?.close());

  async function crash(): Promise<void> {
    const cdp = await browser.browser.newBrowserCDPSession();
    await cdp.send("Browser.crashGpuProcess");
  }

  it("fails where it may not fall back, and starts anew for the next session", async (context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({ provider: "webgpu", fallback: false });
    const session = await runtime.createSession(graph("Neg", [2]));
    await crash();
    await expect(session.run({ x })).rejects.toMatchObject({
      code: "BACKEND_FAILED",
      message: expect.stringContaining("The WebGPU device was lost"),
    });
    expect(await negate(runtime)).toEqual(negated);
    expect((await runtime.state()).name).toMatch(/\(webgpu, swiftshader\)$/);
    await runtime.dispose();
  });

  it.for([{ worker: true }, { worker: false }])(
    "goes on on WebAssembly in the same session, worker $worker",
    async (options, context) => {
      if (missing) context.skip(missing);
      const runtime = await browser.runtime({ provider: "webgpu", ...options });
      const session = await runtime.createSession(graph("Neg", [2]));
      expect(await session.run({ x })).toEqual(negated);
      await crash();
      expect(await session.run({ x })).toEqual(negated);
      expect(await negate(runtime)).toEqual(negated);
      const { name, report } = await runtime.state();
      expect(name).toMatch(/ \(wasm\)$/);
      expect(report.fallbacks).toEqual([expect.stringContaining("The WebGPU device was lost")]);
      await runtime.dispose();
    },
  );
});

describe("on a cross-origin isolated page", () => {
  let site: Site;
  beforeAll(async () => {
    const headers = {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    };
    if (!missing) site = await serve([await bundle("remote.ts")], headers);
  }, 120_000);
  afterAll(() => site?.close());

  it.for([{ worker: true }, { worker: false }])("has threads, worker $worker", async (options, context) => {
    if (missing) context.skip(missing);
    const runtime = await browser.runtime({ provider: "wasm", threads: 2, ...options }, site);
    expect(runtime.report.threads).toBe(2);
    // Our worker, if any, and the second thread.
    expect(runtime.page.workers()).toHaveLength(options.worker ? 2 : 1);
    expect(await negate(runtime)).toEqual(negated);
    await runtime.dispose();
  });
});

describe("with the engine's files elsewhere", () => {
  const engine = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  let folder: string;
  beforeAll(async () => {
    if (!missing) folder = await bundle("remote.ts");
  }, 120_000);

  it.for([
    { provider: "wasm", worker: true },
    { provider: "wasm", worker: false },
    { provider: "webgpu", worker: true },
  ] as const)("takes them from `assets`: $provider, worker $worker", async (options, context) => {
    if (missing) context.skip(missing);
    // The bundle's own copy of the engine is withheld.
    const site = await serve([folder, engine], {}, (path) => path.startsWith("/assets/ort-"));
    const page = await browser.browser.newPage();
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(site.url))
        foreign.push(request.url());
    });
    await page.goto(site.url);
    await page.waitForFunction("globalThis.call");
    const failed = RemoteRuntime.open(page, { ...options, fallback: false });
    await expect(failed).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      message: expect.stringContaining("`assets`"),
    });
    if (!options.worker) {
      // What failed to load in a thread cannot be loaded there again.
      await page.reload();
      await page.waitForFunction("globalThis.call");
    }
    const runtime = await RemoteRuntime.open(page, { ...options, assets: ".", fallback: false });
    expect(await negate(runtime)).toEqual(negated);
    expect(foreign).toEqual([]);
    await runtime.dispose();
    site.close();
  });
});
