// The page's side: an engine in a module worker.

import type { ModelSource, RuntimeTensor, SessionOptions } from "@vielbein/core";
import type { Engine, EngineOptions, EngineSession, OnFatal, Tensors } from "../engine.ts";
import { EngineFailure } from "../failure.ts";
import { buffersOf, type Procedures, type Reply } from "./protocol.ts";

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class WorkerEngine implements Engine {
  version = "";
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #ended: EngineFailure | undefined;
  #nextId = 0;

  readonly #onFatal: OnFatal;

  private constructor(worker: Worker, onFatal: OnFatal) {
    this.#worker = worker;
    this.#onFatal = onFatal;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#settle(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(
        event.message
          ? new EngineFailure("BACKEND_FAILED", `The engine's worker ended: ${event.message}`, true)
          : new EngineFailure(
              "BACKEND_UNAVAILABLE",
              "The engine's worker could not be loaded. Bundle the page, so that the worker's file is found, or set `worker: false`.",
              true,
            ),
      );
    };
  }

  /** @throws {EngineFailure} when the worker does not load, or the engine in it does not start. */
  static async open(options: EngineOptions, onFatal: OnFatal): Promise<WorkerEngine> {
    const engine = new WorkerEngine(startWorker(options), onFatal);
    try {
      engine.version = (await engine.#call("open", [options])).version;
      return engine;
    } catch (error) {
      engine.#worker.terminate();
      throw error;
    }
  }

  create(model: ModelSource, options: SessionOptions): Promise<EngineSession> {
    // One copy, which is handed over; the caller keeps its bytes, and what lies around them stays here.
    const bytes = model.bytes.slice();
    const files = new Map([...(model.files ?? [])].map(([name, file]) => [name, file.slice()]));
    const transfer = [bytes, ...files.values()].map((array) => array.buffer);
    return this.#call("create", [{ bytes, files }, options], transfer);
  }

  run(id: number, feeds: Tensors, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    const copies = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    );
    return this.#call("run", [id, copies, fetches], buffersOf(copies));
  }

  release(id: number): Promise<void> {
    return this.#ended ? Promise.resolve() : this.#call("release", [id]);
  }

  async end(reason: EngineFailure): Promise<void> {
    this.#fail(reason);
    this.#worker.terminate();
  }

  #call<Name extends keyof Procedures>(
    name: Name,
    args: Parameters<Procedures[Name]>,
    transfer: Transferable[] = [],
  ): Promise<ReturnType<Procedures[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const id = this.#nextId++;
      this.#calls.set(id, { resolve: resolve as Call["resolve"], reject });
      this.#worker.postMessage({ id, name, args }, transfer);
    });
  }

  #settle(reply: Reply): void {
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if ("result" in reply) call?.resolve(reply.result);
    else {
      const { code, message, fatal } = reply.error;
      const reason = new EngineFailure(code, message, fatal);
      call?.reject(reason);
      if (fatal) this.#fail(reason);
    }
  }

  #fail(reason: EngineFailure): void {
    this.#ended ??= reason;
    for (const call of this.#calls.values()) call.reject(this.#ended);
    this.#calls.clear();
    this.#onFatal(reason);
  }
}

/** Spelt out for each provider, since bundlers read these addresses literally. */
function startWorker({ provider }: EngineOptions): Worker {
  return provider === "webgpu"
    ? new Worker(new URL("./worker-webgpu.js", import.meta.url), { type: "module" })
    : new Worker(new URL("./worker-wasm.js", import.meta.url), { type: "module" });
}
