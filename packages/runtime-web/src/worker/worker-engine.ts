// The page's side: an engine in a module worker.

import type {
  EngineFeeds,
  EngineSession,
  Kept,
  ModelSource,
  RuntimeTensor,
  SessionOptions,
} from "@vielbein/core/runtime";
import { WorkerCalls } from "../calls/worker-calls.ts";
import type { Engine, EngineOptions, OnFatal } from "../engine.ts";
import { EngineFailure, failure } from "../failure.ts";
import { buffersOf, type EngineProcedures } from "./protocol.ts";

export class WorkerEngine implements Engine {
  version = "";
  readonly #calls: WorkerCalls<EngineProcedures>;
  readonly #onFatal: OnFatal;

  private constructor(worker: Worker, onFatal: OnFatal) {
    this.#onFatal = onFatal;
    this.#calls = new WorkerCalls(worker, (message) => {
      const reason = deathOf(message);
      onFatal(reason);
      return reason;
    });
  }

  /** @throws {EngineFailure} when the worker does not load, or the engine in it does not start. */
  static async open(options: EngineOptions, onFatal: OnFatal): Promise<WorkerEngine> {
    const engine = new WorkerEngine(startWorker(options), onFatal);
    try {
      engine.version = (await engine.#call("open", [options])).version;
      return engine;
    } catch (error) {
      engine.#calls.end(error as EngineFailure);
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

  run(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    const copies = copiesOf(feeds);
    return this.#call("run", [id, copies, fetches], buffersOf(copies));
  }

  keep(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, Kept>> {
    const copies = copiesOf(feeds);
    return this.#call("keep", [id, copies, fetches], buffersOf(copies));
  }

  read(kept: number): Promise<RuntimeTensor> {
    return this.#call("read", [kept]);
  }

  drop(kept: number): Promise<void> {
    return this.#calls.isEnded ? Promise.resolve() : this.#call("drop", [kept]);
  }

  release(id: number): Promise<void> {
    return this.#calls.isEnded ? Promise.resolve() : this.#call("release", [id]);
  }

  async end(reason: EngineFailure): Promise<void> {
    this.#calls.end(reason);
    this.#onFatal(reason);
  }

  async #call<Name extends keyof EngineProcedures>(
    name: Name,
    args: EngineProcedures[Name]["args"],
    transfer: Transferable[] = [],
  ): Promise<EngineProcedures[Name]["result"]> {
    try {
      return await this.#calls.call(name, args, { transfer });
    } catch (error) {
      const reason = failure("The worker failed", error);
      if (reason.fatal) void this.end(reason);
      throw reason;
    }
  }
}

function copiesOf(feeds: EngineFeeds): EngineFeeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [
      name,
      "data" in tensor ? { ...tensor, data: tensor.data.slice() } : tensor,
    ]),
  );
}

/** @param message of the error that ended the worker; empty where it did not load. */
function deathOf(message: string): EngineFailure {
  if (message)
    return new EngineFailure(
      "BACKEND_FAILED",
      `The engine's worker ended (${message}). Try again: the engine starts anew.`,
      true,
    );
  return new EngineFailure(
    "BACKEND_UNAVAILABLE",
    "The engine's worker could not be loaded. Bundle the page, so that the worker's file is found, or set `worker: false`.",
    true,
  );
}

/** Spelt out for each provider, since bundlers read these addresses literally. */
function startWorker({ provider }: EngineOptions): Worker {
  return provider === "webgpu"
    ? new Worker(new URL("./worker-webgpu.js", import.meta.url), { type: "module" })
    : new Worker(new URL("./worker-wasm.js", import.meta.url), { type: "module" });
}
