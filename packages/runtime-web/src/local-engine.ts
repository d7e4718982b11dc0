// ONNX Runtime in the thread that calls: on a page, in Node, or inside our own worker.

import type {
  EngineFeeds,
  EngineSession,
  Kept,
  ModelSource,
  RuntimeTensor,
  SessionOptions,
  TensorType,
} from "@vielbein/core/runtime";
import type * as Ort from "onnxruntime-web";
import type { Engine, EngineOptions, OnFatal, WebProvider } from "./engine.ts";
import { EngineFailure, failure } from "./failure.ts";
import { Queue } from "./queue.ts";

/** y = −x for one number (opset 17): its session shows whether the engine's files load and a device opens. */
const TRIAL = "CAg6MgoLCgF4EgF5IgNOZWcSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAR";

const WASM: Record<WebProvider, string> = {
  wasm: "ort-wasm-simd-threaded.wasm",
  webgpu: "ort-wasm-simd-threaded.asyncify.wasm",
};

/** The runtimes of a thread share an instance of ONNX Runtime, and it does one thing at a time. */
const queues = new WeakMap<typeof Ort, Queue>();

export class LocalEngine implements Engine {
  readonly version: string;
  readonly #ort: typeof Ort;
  readonly #provider: WebProvider;
  readonly #sessions = new Map<number, Ort.InferenceSession>();
  readonly #kept = new Map<number, Ort.Tensor>();
  readonly #queue: Queue;
  readonly #onFatal: OnFatal;
  readonly #lost: Promise<never>;
  #lose: OnFatal = () => undefined;
  #ended: EngineFailure | undefined;
  #nextId = 0;

  private constructor(ort: typeof Ort, provider: WebProvider, onFatal: OnFatal) {
    this.#ort = ort;
    this.#provider = provider;
    this.#onFatal = onFatal;
    this.#queue = queues.get(ort) ?? new Queue();
    queues.set(ort, this.#queue);
    this.version = ort.env.versions.web ?? ort.env.versions.common;
    this.#lost = new Promise((_, reject) => {
      this.#lose = reject;
    });
    this.#lost.catch(() => undefined);
  }

  /** @throws {EngineFailure} when the engine's files do not load or there is no device. */
  static async open(ort: typeof Ort, options: EngineOptions, onFatal: OnFatal): Promise<LocalEngine> {
    const { provider, assets, threads } = options;
    // By its own address: given the folder alone, the engine would load its script from there a second time.
    if (assets !== undefined) ort.env.wasm.wasmPaths = { wasm: new URL(WASM[provider], assets).href };
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    const engine = new LocalEngine(ort, provider, onFatal);
    try {
      // Kept until the end: with the last of its sessions the engine would destroy the device.
      const bytes = Uint8Array.from(atob(TRIAL), (c) => c.charCodeAt(0));
      const trial = await engine.#queue.enter(() => engine.#load({ bytes }, {}));
      if (provider === "webgpu") {
        const device = (await ort.env.webgpu.device) as GPUDevice;
        void device.lost.then(({ message, reason }) => {
          const why = message.replace(/\s+/g, " ").trim() || reason;
          engine.#die(
            new EngineFailure(
              "BACKEND_FAILED",
              `The WebGPU device was lost (${why}). Try again: the engine starts anew.`,
              true,
            ),
          );
        });
      }
      engine.#sessions.set(engine.#nextId++, trial);
      return engine;
    } catch (error) {
      const { message } = failure(`ONNX Runtime (${provider}) does not start`, error);
      const remedy =
        "Where its files are not found: serve ort-wasm-simd-threaded*.wasm of onnxruntime-web/dist and give their folder's URL as `assets`.";
      throw new EngineFailure("BACKEND_UNAVAILABLE", `${message} ${remedy}`, true, { cause: error });
    }
  }

  create(model: ModelSource, options: SessionOptions): Promise<EngineSession> {
    return this.#attempt(`ONNX Runtime (${this.#provider}) does not accept the graph`, async () => {
      const session = await this.#load(model, options);
      const id = this.#nextId++;
      this.#sessions.set(id, session);
      const { inputNames, outputNames, outputMetadata } = session;
      const outputShapes = outputMetadata.map((output) => (output.isTensor ? output.shape : []));
      return { id, inputNames, outputNames, outputShapes };
    });
  }

  run(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    return this.#results(
      id,
      feeds,
      async (outputs) => {
        const entries = fetches.map(async (name) => [name, await fromOrt(held(outputs, name))] as const);
        return Object.fromEntries(await Promise.all(entries));
      },
      fetches,
    );
  }

  keep(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, Kept>> {
    return this.#results(
      id,
      feeds,
      async (outputs) => {
        const entries = fetches.map((name): [string, Kept] => {
          const tensor = held(outputs, name);
          const kept = this.#nextId++;
          this.#kept.set(kept, tensor);
          return [name, { type: tensor.type as TensorType, dims: tensor.dims, kept }];
        });
        return Object.fromEntries(entries);
      },
      fetches,
    );
  }

  read(kept: number): Promise<RuntimeTensor> {
    return this.#attempt(`ONNX Runtime (${this.#provider}) failed while reading a result`, async () => {
      const tensor = await fromOrt(held(this.#kept, kept));
      return { ...tensor, data: tensor.data.slice() };
    });
  }

  async drop(kept: number): Promise<void> {
    this.#kept.get(kept)?.dispose();
    this.#kept.delete(kept);
  }

  #results<T>(
    id: number,
    feeds: EngineFeeds,
    take: (outputs: ReadonlyMap<string, Ort.Tensor>) => Promise<T>,
    fetches: readonly string[],
  ): Promise<T> {
    return this.#attempt(`ONNX Runtime (${this.#provider}) failed while running the graph`, async () => {
      const inputs = Object.entries(feeds).map(([name, feed]) => {
        if ("kept" in feed) return [name, held(this.#kept, feed.kept)] as const;
        const { type, data, dims } = feed;
        return [name, new this.#ort.Tensor(type as "float32", data as Float32Array, dims)] as const;
      });
      const outputs = await held(this.#sessions, id).run(Object.fromEntries(inputs), fetches);
      return take(new Map(Object.entries(outputs)));
    });
  }

  release(id: number): Promise<void> {
    return this.#queue.enter(async () => {
      const session = this.#sessions.get(id);
      this.#sessions.delete(id);
      await session?.release().catch((error: unknown) => {
        throw failure(`ONNX Runtime (${this.#provider}) failed while releasing a session`, error);
      });
    });
  }

  async end(reason: EngineFailure): Promise<void> {
    // What a lost device or an aborted engine holds is gone with it.
    if (this.#ended) return;
    this.#ended = reason;
    await Promise.all([...this.#sessions.keys()].map((id) => this.release(id)));
  }

  #die(reason: EngineFailure): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#lose(reason);
    this.#onFatal(reason);
  }

  /** Runs a task in its turn, unless the engine is lost before it is done: a lost device may never answer. */
  #attempt<T>(what: string, task: () => Promise<T>): Promise<T> {
    return this.#queue.enter(async () => {
      if (this.#ended) throw this.#ended;
      try {
        return await Promise.race([this.#lost, task()]);
      } catch (error) {
        const known = failure(what, error);
        if (known.fatal) this.#die(known);
        throw known;
      }
    });
  }

  #load(
    model: ModelSource,
    { optimize = true, keeps = false, trial }: SessionOptions,
  ): Promise<Ort.InferenceSession> {
    return this.#ort.InferenceSession.create(model.bytes, {
      // A trial runs once, in less time than WebGPU takes to compile shaders.
      executionProviders: [trial ? "wasm" : this.#provider],
      // "all" would re-lay-out convolutions at twice the memory for the weights and the tangents.
      ...(keeps && this.#provider === "webgpu" ? { preferredOutputLocation: "gpu-buffer" } : undefined),
      graphOptimizationLevel: optimize ? "extended" : "disabled",
      extra: {
        // Packed copies of the weights pay off from the second run on; a probe runs once.
        session: { disable_prepacking: optimize ? "0" : "1" },
        // Pad_Fusion merges a zero padding into a following MaxPool, which pads by −∞: wrong values.
        optimization: { disable_specified_optimizers: "Pad_Fusion" },
      },
      logSeverityLevel: 3,
      externalData: [...(model.files ?? [])].map(([path, data]) => ({ path, data })),
    });
  }
}

/** @throws {Error} where nothing is held under the key: a fault of ours. */
function held<Key, T>(entries: ReadonlyMap<Key, T>, key: Key): T {
  const entry = entries.get(key);
  if (entry === undefined) throw new Error(`the engine holds nothing under "${key}"`);
  return entry;
}

async function fromOrt(tensor: Ort.Tensor): Promise<RuntimeTensor> {
  const { type, dims } = tensor;
  const data = await tensor.getData();
  // Where there is a Float16Array, the engine returns one; here float16 travels as bits.
  const plain =
    type === "float16" && !(data instanceof Uint16Array)
      ? new Uint16Array((data as Float32Array).buffer, (data as Float32Array).byteOffset, data.length)
      : (data as Float32Array);
  return { type: type as TensorType, dims, data: plain };
}
