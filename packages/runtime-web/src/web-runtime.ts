// The Runtime port on onnxruntime-web: WebGPU where there is a graphics processor, WebAssembly otherwise, in a worker
// of its own unless told otherwise. What WebGPU cannot do is done again on WebAssembly, and reported.

import { VielbeinError } from "@vielbein/core";
import type { ModelSource, Reference, Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import { type Adapter, findAdapter } from "./adapter.ts";
import type { Engine, EngineOptions, OnFatal, WebProvider } from "./engine.ts";
import { EngineFailure } from "./failure.ts";
import { inNode, loadOrt } from "./ort.ts";
import { type Recover, type Seat, WebSession } from "./web-session.ts";
import { WorkerEngine } from "./worker/worker-engine.ts";

/** Provider, fallbacks and files of onnxruntime-web. */
export interface WebRuntimeOptions {
  /**
   * - `auto` (default): WebGPU on a graphics processor, else WebAssembly. An adapter that is emulated on a processor is
   * passed over: it is slower than WebAssembly.
   * - `webgpu`: WebGPU on any adapter, else WebAssembly.
   * - `wasm`: WebAssembly.
   */
  readonly provider?: "auto" | WebProvider | undefined;
  /**
   * Whether WebAssembly takes over where there is no adapter, and for sessions that WebGPU refuses, fails to run or
   * loses with its device; WebGPU sessions keep their models for that. {@link WebReport.fallbacks} lists the cases.
   * `false` makes them errors. Default `true`.
   */
  readonly fallback?: boolean | undefined;
  /**
   * URL of a folder with `ort-wasm-simd-threaded.wasm` of onnxruntime-web/dist, and for WebGPU with
   * `ort-wasm-simd-threaded.asyncify.wasm`, relative to the page.
   * Default: where the bundler puts them, beside the script. Nothing is fetched from elsewhere.
   */
  readonly assets?: string | undefined;
  /** Whether the engine runs in a module worker. Default: wherever there are workers, so not in Node. */
  readonly worker?: boolean | undefined;
  /**
   * Threads of the WebAssembly engine, at least 1. More than one needs a cross-origin isolated page; elsewhere one is
   * used. Default: half of the processors, at least 2 where there are as many, at most 4; 1 in Node.
   */
  readonly threads?: number | undefined;
}

/** What the runtime runs on, and why. */
export interface WebReport {
  /** What graphs run on now. */
  readonly provider: WebProvider;
  /** The graphics adapter, e.g. `nvidia ampere`. */
  readonly adapter?: string | undefined;
  /** Threads of the WebAssembly engine. */
  readonly threads: number;
  /** Whether the engine runs in a worker of its own. */
  readonly worker: boolean;
  /** Version of onnxruntime-web. */
  readonly version: string;
  /** Why WebAssembly does what WebGPU was asked to do, one sentence per reason. */
  readonly fallbacks: readonly string[];
}

/** ONNX Runtime in browsers, on WebGPU or WebAssembly; made by {@link WebRuntime.create}. */
export class WebRuntime implements Runtime {
  readonly #worker: boolean;
  readonly #fallback: boolean;
  readonly #assets: string | undefined;
  readonly #threads: number;
  readonly #engines = new Map<WebProvider, Promise<Engine>>();
  readonly #fallbacks: string[] = [];
  readonly #remarks: string[] = [];
  #provider: WebProvider = "wasm";
  #adapter: Adapter | undefined;
  #version = "";
  #disposed = false;

  private constructor(options: WebRuntimeOptions) {
    const workers = typeof Worker === "function" && !inNode();
    const { fallback = true, worker = workers, assets, threads } = options;
    if (worker && !workers) {
      throw new VielbeinError(
        "BACKEND_UNAVAILABLE",
        "There are no web workers here. Set `worker: false` to run in the calling thread.",
      );
    }
    this.#worker = worker;
    this.#fallback = fallback;
    this.#assets = assets === undefined ? undefined : folder(assets);
    this.#threads = threadCount(threads);
  }

  /**
   * Chooses a provider, loads the engine and tries it.
   *
   * @throws {VielbeinError} `BACKEND_UNAVAILABLE` when the engine's files do not load, or when there is no
   *   adapter and WebAssembly may not take over; `INVALID_ARGUMENT` for threads or assets that make no sense.
   */
  static async create(options: WebRuntimeOptions = {}): Promise<WebRuntime> {
    const runtime = new WebRuntime(options);
    const { provider = "auto" } = options;
    if (provider !== "wasm") await runtime.#chooseWebgpu(provider === "webgpu");
    runtime.#version = (await runtime.#engine(runtime.#provider)).version;
    return runtime;
  }

  /** E.g. `onnxruntime-web 1.30.0 (webgpu, ampere)`; says so when some sessions have gone to WebAssembly. */
  get name(): string {
    const provider = this.#provider;
    const adapter = this.#adapter;
    const version = this.#version;
    const fallbacks = this.#fallbacks;
    const partly = fallbacks.length > 0 ? "; partly wasm" : "";
    const on = provider === "webgpu" && adapter ? `webgpu, ${adapter.short}${partly}` : provider;
    return `onnxruntime-web ${version} (${on})`;
  }

  get portable(): boolean {
    return this.#provider === "webgpu";
  }

  /** On WebGPU, unless WebAssembly may not take over. */
  get reference(): Reference | undefined {
    if (this.#provider !== "webgpu" || !this.#fallback) return undefined;
    return {
      createSession: async (model, options = {}) => {
        const engine = await this.#engine("webgpu");
        // Trials do not use the accelerator.
        const trial = { memory: Number.POSITIVE_INFINITY };
        return new WebSession({ engine, session: await engine.create(model, { ...options, trial }) });
      },
      leave: (reason) => {
        this.#provider = "wasm";
        this.#noteFallback(reason);
        this.#remark(reason);
      },
      pass: (reason) => this.#remark(reason),
    };
  }

  get remarks(): readonly string[] {
    return [...this.#remarks];
  }

  /** Where and how graphs run. */
  get report(): WebReport {
    const provider = this.#provider;
    const adapter = this.#adapter;
    const threads = this.#threads;
    const worker = this.#worker;
    const version = this.#version;
    const fallbacks = this.#fallbacks;
    const on = provider === "webgpu" && adapter ? { adapter: adapter.label } : {};
    return { provider, ...on, threads, worker, version, fallbacks: [...fallbacks] };
  }

  /**
   * Loads a graph, ready to run; by WebAssembly where WebGPU fails and a fallback is allowed.
   *
   * @throws {VielbeinError} `BACKEND_FAILED` when the engine does not accept the graph, `MEMORY_BUDGET` when it
   *   does not fit the engine's memory.
   */
  async createSession(model: ModelSource, options: SessionOptions = {}): Promise<Session> {
    const start = async (provider: WebProvider): Promise<Seat> => {
      const engine = await this.#engine(provider);
      return { engine, session: await engine.create(model, options) };
    };
    if (this.#provider === "wasm" || !this.#fallback) return new WebSession(await start(this.#provider));
    const recover: Recover = async (error, again) => {
      let seat: Seat | undefined;
      try {
        seat = await start("wasm");
        const result = await again(seat);
        this.#noteFallback(error);
        return { seat, result };
      } catch {
        await seat?.engine.release(seat.session.id);
        throw error;
      }
    };
    try {
      return new WebSession(await start("webgpu"), recover);
    } catch (error) {
      const { seat } = await recover(error, async () => undefined);
      return new WebSession(seat);
    }
  }

  /** Ends the engine with all its sessions, and its worker. Safe to call twice. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const engines = [...this.#engines.values()];
    this.#engines.clear();
    const reason = new EngineFailure("BACKEND_FAILED", "The runtime was disposed; create a new one.", true);
    for (const engine of engines) await (await engine.catch(() => undefined))?.end(reason);
  }

  async #chooseWebgpu(anyAdapter: boolean): Promise<void> {
    const adapter = await findAdapter();
    if (typeof adapter === "string") {
      if (anyAdapter && !this.#fallback) {
        const remedy = "Take the provider `wasm`, or let it fall back.";
        throw new VielbeinError("BACKEND_UNAVAILABLE", `${adapter} ${remedy}`);
      }
      this.#fallbacks.push(adapter);
    } else if (adapter.software && !anyAdapter) {
      this.#fallbacks.push(`The WebGPU adapter (${adapter.label}) is imitated by a processor.`);
    } else {
      try {
        await this.#engine("webgpu");
        this.#adapter = adapter;
        this.#provider = "webgpu";
      } catch (error) {
        if (!this.#fallback) throw error;
        this.#noteFallback(error);
      }
    }
  }

  /** The engine on a provider, started when it is first wanted, and again after a fatal failure. */
  #engine(provider: WebProvider): Promise<Engine> {
    if (this.#disposed)
      throw new VielbeinError("BACKEND_FAILED", "The runtime was disposed; create a new one.");
    const running = this.#engines.get(provider);
    if (running) return running;
    const options: EngineOptions = { provider, assets: this.#assets, threads: this.#threads };
    const drop = (reason: EngineFailure): void => {
      if (this.#engines.get(provider) !== engine) return;
      this.#engines.delete(provider);
      void engine.then((instance) => instance.end(reason)).catch(() => undefined);
      if (provider === "webgpu" && this.#provider === "webgpu" && this.#fallback) {
        this.#provider = "wasm";
        this.#noteFallback(reason);
      }
    };
    const engine = this.#worker ? WorkerEngine.open(options, drop) : openHere(options, drop);
    this.#engines.set(provider, engine);
    engine.catch(() => this.#engines.delete(provider));
    return engine;
  }

  #remark(text: string): void {
    if (!this.#remarks.includes(text)) this.#remarks.push(text);
  }

  #noteFallback(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (!this.#fallbacks.includes(reason)) this.#fallbacks.push(reason);
  }
}

/** An engine in this thread. Its code is loaded when it is wanted: most pages leave it to the worker. */
async function openHere(options: EngineOptions, onFatal: OnFatal): Promise<Engine> {
  const [ort, { LocalEngine }] = await Promise.all([loadOrt(options.provider), import("./local-engine.ts")]);
  return LocalEngine.open(ort, options, onFatal);
}

/** The folder as an absolute URL, since a worker would resolve it against its own script. */
function folder(assets: string): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(assets.endsWith("/") ? assets : `${assets}/`, base).href;
  } catch (cause) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `assets must be the URL of a folder, got "${assets}"${base ? "" : "; outside of a page it must be absolute"}.`,
      { cause },
    );
  }
}

function threadCount(wanted: number | undefined): number {
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1)) {
    throw new VielbeinError("INVALID_ARGUMENT", `threads must be a positive integer, got ${wanted}.`);
  }
  if (inNode()) return wanted ?? 1;
  if (!globalThis.crossOriginIsolated) return 1;
  if (wanted !== undefined) return wanted;
  const { hardwareConcurrency: processors } = navigator;
  // Most processors are two threads of one core. Of two there is still more to gain than what the page needs.
  return Math.min(4, Math.max(Math.ceil(processors / 2), Math.min(2, processors)));
}
