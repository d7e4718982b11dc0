// The engine on a worker thread, so that a run does not hold up the event loop of the caller.
//
// The thread runs source text instead of a file of its own: that works alike from TypeScript sources, from the
// built package, from an installed one and from any bundle, where the address of a second file would differ.
//
// Ending a thread inside a native call aborts the whole process. So a busy thread is never terminated, and when
// the process exits (`process.exit`, an uncaught exception) it waits for the call that is under way.

import { Worker } from "node:worker_threads";
import type { EngineFeeds, EngineSession, Kept, RuntimeTensor } from "@vielbein/core/runtime";
import type * as ort from "onnxruntime-node";
import { type Abandonable, abandonable } from "./abandon.ts";
import { type EngineOptions, type KeepingNodeEngine, makeEngine, makeShelf, type Shelf } from "./engine.ts";

export interface Request {
  readonly method: keyof KeepingNodeEngine;
  readonly args: readonly unknown[];
}

export type Reply = { readonly result: unknown } | { readonly error: string | Error };

export interface ThreadData {
  /** Path of onnxruntime-node's entry: a thread without a file resolves names from the working directory. */
  readonly library: string;
  /** 1 while a call is under way. */
  readonly busy: Int32Array;
}

/** What the thread runs. Self-contained, like `makeEngine`. */
function serve(
  make: typeof makeEngine,
  shelf: Shelf,
  threads: typeof import("node:worker_threads"),
  load: (path: string) => typeof ort,
): void {
  const port = threads.parentPort!;
  const { library, busy } = threads.workerData as ThreadData;
  const call = {
    finish(): void {
      Atomics.store(busy, 0, 0);
      Atomics.notify(busy, 0);
    },
  };
  process.on("exit", () => call.finish());
  const module = load(library);
  // Failures are thrown; the library would print them as well.
  module.env.logLevel = "fatal";
  const engine = make(module, shelf);
  const isLarge = ({ buffer }: RuntimeTensor["data"]): boolean =>
    buffer instanceof ArrayBuffer && buffer.byteLength >= 2 ** 20;
  port.on("message", async ({ method, args }: Request) => {
    let reply: Reply;
    const buffers: ArrayBuffer[] = [];
    try {
      const result = await (engine[method] as (...args: readonly unknown[]) => Promise<object>)(...args);
      reply = { result };
      const handedOver = { run: Object.values(result ?? {}), read: [result] }[method as "run"] ?? [];
      for (const { data } of handedOver as RuntimeTensor[]) buffers.push(data.buffer as ArrayBuffer);
      const feeds = Object.values((args[1] ?? {}) as EngineFeeds);
      for (const feed of feeds) if ("data" in feed && isLarge(feed.data)) shelf.free(feed.data);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    // Before the reply: that may bring the next call at once.
    call.finish();
    port.postMessage(reply, buffers);
  });
}

/** Source text of the thread, whose `workerData` is a {@link ThreadData}. */
export function threadProgram(): string {
  return `(${serve})(${makeEngine}, (${makeShelf})(), require("node:worker_threads"), require)`;
}

export class EngineThread implements KeepingNodeEngine, Abandonable {
  readonly #worker: Worker;
  readonly #busy: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #settle: ((reply: Reply) => void) | undefined;
  /** Why the thread is gone. */
  #ended: Error | undefined;

  /** @param library Path of onnxruntime-node's entry. */
  constructor(library: string) {
    this.#worker = new Worker(threadProgram(), {
      eval: true,
      // Not those of this process: `--input-type=module` would take the text for a module.
      execArgv: [],
      workerData: { library, busy: this.#busy } satisfies ThreadData,
    });
    this.#worker.unref();
    this.#worker.on("message", (reply: Reply) => this.#settle?.(reply));
    this.#worker.on("error", (error) => this.#end(error.message));
    this.#worker.on("exit", () => this.#end("it was terminated"));
    waitForAtExit(this.#busy);
    abandonable.add(this);
  }

  create(
    model: Uint8Array,
    files: readonly (readonly [string, Uint8Array])[],
    options: EngineOptions,
  ): Promise<EngineSession> {
    const parcel = new Parcel();
    const packed = files.map(([name, bytes]) => [name, parcel.pack(bytes)]);
    return this.#call("create", [parcel.pack(model), packed, options], parcel) as Promise<EngineSession>;
  }

  run(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    return this.#callWith("run", id, feeds, fetches) as Promise<Record<string, RuntimeTensor>>;
  }

  keep(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, Kept>> {
    return this.#callWith("keep", id, feeds, fetches) as Promise<Record<string, Kept>>;
  }

  read(kept: number): Promise<RuntimeTensor> {
    return this.#call("read", [kept], new Parcel()) as Promise<RuntimeTensor>;
  }

  async drop(kept: number): Promise<void> {
    if (!this.#ended) await this.#call("drop", [kept], new Parcel());
  }

  async release(id: number): Promise<void> {
    if (!this.#ended) await this.#call("release", [id], new Parcel());
  }

  abandon(reason: Error): boolean {
    const isBusy = Atomics.load(this.#busy, 0) === 1;
    abandonable.delete(this);
    this.#ended ??= reason;
    this.#settle?.({ error: reason });
    return isBusy;
  }

  /** Ends the thread, which must be idle. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #callWith(
    method: "run" | "keep",
    id: number,
    feeds: EngineFeeds,
    fetches: readonly string[],
  ): Promise<unknown> {
    const parcel = new Parcel();
    const packed = Object.entries(feeds).map(([name, tensor]) => [
      name,
      "kept" in tensor ? tensor : { ...tensor, data: parcel.pack(tensor.data) },
    ]);
    return this.#call(method, [id, Object.fromEntries(packed), fetches], parcel);
  }

  #call(method: keyof KeepingNodeEngine, args: readonly unknown[], parcel: Parcel): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      this.#settle = (reply) => {
        this.#settle = undefined;
        this.#worker.unref();
        if ("error" in reply) reject(typeof reply.error === "string" ? new Error(reply.error) : reply.error);
        else resolve(reply.result);
      };
      this.#worker.ref();
      Atomics.store(this.#busy, 0, 1);
      this.#worker.postMessage({ method, args } satisfies Request, parcel.buffers);
    });
  }

  #end(reason: string): void {
    this.#ended ??= new Error(`the engine's thread has ended: ${reason}`);
    Atomics.store(this.#busy, 0, 0);
    waitedFor.delete(this.#busy);
    abandonable.delete(this);
    this.#settle?.({ error: this.#ended });
  }
}

/** Arrays on their way to the thread: shared memory as it is, the rest as copies that change hands. */
class Parcel {
  readonly buffers: ArrayBuffer[] = [];

  pack<A extends RuntimeTensor["data"]>(array: A): A {
    if (array.buffer instanceof SharedArrayBuffer) return array;
    // Not `slice`: that of Node's Buffer is a view, and the clone of a view takes its whole buffer along.
    const type = (Buffer.isBuffer(array) ? Uint8Array : array.constructor) as new (from: A) => A;
    const copy = new type(array);
    this.buffers.push(copy.buffer as ArrayBuffer);
    return copy;
  }
}

const waitedFor = new Set<Int32Array>();
let isWaiting = false;

function waitForAtExit(busy: Int32Array): void {
  waitedFor.add(busy);
  if (isWaiting) return;
  isWaiting = true;
  process.on("exit", () => {
    for (const flag of waitedFor) Atomics.wait(flag, 0, 1);
  });
}
