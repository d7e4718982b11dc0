// Entry point `@vielbein/linalg/pool`: many independent decompositions on several workers, in Node and in browsers.
// The kernels have no threads of their own: one matrix is one worker's.

import type { InitializeOptions } from "../backend/backend.ts";
import type { Eigh, EighOptions } from "../decompositions/eigh.ts";
import type { Qr, QrOptions } from "../decompositions/qr.ts";
import type { Svd, SvdOptions } from "../decompositions/svd.ts";
import { LapackError, LinalgError, type LinalgErrorCode } from "../errors.ts";
import type { Matrix } from "../matrix.ts";
import type { PoolReply, PoolRequest } from "./pool-protocol.ts";

/** Number of workers of a {@link LinalgPool}, and how they start. */
export interface LinalgPoolOptions {
  /** Number of workers, started as they are needed. Default: the number of processors, less one. */
  readonly workers?: number | undefined;
  /** How the workers choose their backend. Default: `{}`, the best that runs. */
  readonly initialize?: InitializeOptions | undefined;
  /**
   * Makes a worker, for bundlers that do not follow `new URL("./pool-worker.js", import.meta.url)`. Default: a module
   * worker of this package's `pool-worker.js`, or a worker thread in Node.
   */
  readonly createWorker?: (() => PoolWorker | Promise<PoolWorker>) | undefined;
}

/** What the pool needs of a Worker (browsers, Deno), or of a worker thread. */
export interface PoolWorker {
  /** Sends a message; the buffers in `transfer` are moved, not copied. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends the worker at once. */
  terminate(): unknown;
  /** How a worker of a browser is listened to. */
  addEventListener?(type: "message" | "error" | "messageerror", listener: (event: PoolEvent) => void): void;
  /** How a worker of Node is listened to. */
  on?(event: string, listener: (value: unknown) => void): unknown;
  /** In Node: lets the process end while the worker is idle. */
  unref?(): void;
}

/** What the pool reads of an event: types of the DOM need its library, which programs for Node leave out. */
interface PoolEvent {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly message?: string;
}

/** The functions that workers run, with their arguments and results. */
interface PoolTasks {
  svd(a: Matrix, options?: SvdOptions): Svd;
  eigh(a: Matrix, options?: EighOptions): Eigh;
  qr(a: Matrix, options?: QrOptions): Qr;
}

interface Job {
  readonly request: PoolRequest;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Member {
  readonly worker: PoolWorker;
  job: Job | undefined;
}

/**
 * Workers for many decompositions. `svd`, `eigh` and `qr` queue one matrix each; `map` takes a sequence of any length
 * and reads on only as results are taken, so that memory stays bounded. Call `close()` when you are done.
 */
export class LinalgPool {
  readonly #options: LinalgPoolOptions;
  readonly #size: number;
  readonly #members: Member[] = [];
  readonly #queue: Job[] = [];
  #starting = 0;
  #nextId = 0;
  #closed = false;

  constructor(options: LinalgPoolOptions = {}) {
    const size = options.workers ?? Math.max(1, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1);
    if (!(Number.isSafeInteger(size) && size >= 1)) {
      throw new LinalgError(
        "INVALID_ARGUMENT",
        `LinalgPool: workers must be a positive integer, got ${size}.`,
      );
    }
    this.#options = options;
    this.#size = size;
  }

  /** The largest number of workers. */
  get size(): number {
    return this.#size;
  }

  /** `svd(a, options)` in a worker. */
  svd(a: Matrix, options?: SvdOptions): Promise<Svd> {
    return this.#run("svd", a, options) as Promise<Svd>;
  }

  /** `eigh(a, options)` in a worker. */
  eigh(a: Matrix, options?: EighOptions): Promise<Eigh> {
    return this.#run("eigh", a, options) as Promise<Eigh>;
  }

  /** `qr(a, options)` in a worker. */
  qr(a: Matrix, options?: QrOptions): Promise<Qr> {
    return this.#run("qr", a, options) as Promise<Qr>;
  }

  /**
   * The decompositions of a sequence of matrices, in its order. At most `2 · size` of them are under way or waiting
   * to be taken: the sequence is read no faster than the results are.
   *
   * @throws whatever a decomposition throws, in its turn.
   */
  async *map<Task extends keyof PoolTasks>(
    task: Task,
    matrices: Iterable<Matrix> | AsyncIterable<Matrix>,
    options?: Parameters<PoolTasks[Task]>[1],
  ): AsyncGenerator<ReturnType<PoolTasks[Task]>, void, undefined> {
    const ahead: Promise<unknown>[] = [];
    for await (const a of matrices) {
      const result = this.#run(task, a, options);
      // Its error surfaces when its turn comes.
      result.catch(() => undefined);
      ahead.push(result);
      if (ahead.length >= 2 * this.#size) yield (await ahead.shift()) as ReturnType<PoolTasks[Task]>;
    }
    for (const result of ahead) yield (await result) as ReturnType<PoolTasks[Task]>;
  }

  /** Ends the workers. What is still under way is rejected with `BACKEND_UNAVAILABLE`. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = new LinalgError(
      "BACKEND_UNAVAILABLE",
      "LinalgPool: the pool was closed before this was done. Wait for what is under way, or make a new one.",
    );
    for (const job of this.#queue.splice(0)) job.reject(error);
    const members = this.#members.splice(0);
    for (const { job } of members) job?.reject(error);
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }

  #run(task: keyof PoolTasks, a: Matrix, options: object | undefined): Promise<unknown> {
    if (this.#closed) {
      return Promise.reject(
        new LinalgError("BACKEND_UNAVAILABLE", "LinalgPool: the pool is closed; make a new one."),
      );
    }
    return new Promise((resolve, reject) => {
      const request: PoolRequest = { id: this.#nextId++, task, matrix: a, options };
      this.#queue.push({ request, resolve, reject });
      this.#dispatch();
    });
  }

  /** Gives waiting jobs to idle workers, and starts another worker if all are busy and there may be more. */
  #dispatch(): void {
    for (const member of this.#members) {
      if (member.job) continue;
      const job = this.#queue.shift();
      if (!job) return;
      member.job = job;
      // Copied by the structured clone: the caller keeps the matrix.
      member.worker.postMessage(job.request, []);
    }
    const busy = this.#members.length + this.#starting;
    if (this.#queue.length > this.#starting && busy < this.#size) void this.#start();
  }

  async #start(): Promise<void> {
    this.#starting++;
    try {
      const worker = await (this.#options.createWorker ?? createWorker)();
      const member: Member = { worker, job: undefined };
      listen(
        worker,
        (reply) => this.#finish(member, reply),
        (error) => this.#fail(member, error),
      );
      worker.postMessage({ initialize: this.#options.initialize ?? {} }, []);
      this.#starting--;
      if (this.#closed) {
        worker.terminate();
        return;
      }
      this.#members.push(member);
      this.#dispatch();
    } catch (cause) {
      this.#starting--;
      const error = new LinalgError(
        "BACKEND_UNAVAILABLE",
        "LinalgPool: no worker could be started. Compute without a pool.",
        {
          cause,
        },
      );
      if (this.#members.length === 0) for (const job of this.#queue.splice(0)) job.reject(error);
    }
  }

  #finish(member: Member, reply: PoolReply): void {
    const { job } = member;
    if (!job || job.request.id !== reply.id) return;
    member.job = undefined;
    if ("error" in reply) job.reject(revived(reply.error));
    else job.resolve(reply.result);
    this.#dispatch();
  }

  /** A worker died: its job fails, and another worker takes its place when one is needed. */
  #fail(member: Member, cause: unknown): void {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    member.worker.terminate();
    member.job?.reject(
      new LinalgError(
        "BACKEND_UNAVAILABLE",
        "LinalgPool: a worker ended unexpectedly. Make a new pool, with fewer workers where memory is short.",
        { cause },
      ),
    );
    this.#dispatch();
  }
}

async function createWorker(): Promise<PoolWorker> {
  if (typeof Worker === "function") {
    return new Worker(new URL("./pool-worker.js", import.meta.url), { type: "module" });
  }
  // Node. The name is not a literal, so that bundlers for browsers leave it alone.
  const name = "node:worker_threads";
  const threads = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
    Worker: new (url: URL) => PoolWorker;
  };
  return new threads.Worker(new URL("./pool-worker.js", import.meta.url));
}

/** Browsers' workers are event targets, Node's threads emit events. */
function listen(
  worker: PoolWorker,
  onReply: (reply: PoolReply) => void,
  onError: (error: unknown) => void,
): void {
  if (worker.on) {
    worker.on("message", (reply) => onReply(reply as PoolReply));
    worker.on("error", onError);
    worker.on("messageerror", onError);
  } else {
    const fail = (event: PoolEvent) => onError(event.error ?? event.message);
    worker.addEventListener?.("message", (event) => onReply(event.data as PoolReply));
    worker.addEventListener?.("error", fail);
    worker.addEventListener?.("messageerror", fail);
  }
}

function revived(error: Extract<PoolReply, { error: unknown }>["error"]): Error {
  const { code, message, routine, info } = error;
  if (code === undefined) return new Error(message);
  return routine === undefined
    ? new LinalgError(code as LinalgErrorCode, message)
    : new LapackError(code as LinalgErrorCode, message, routine, info ?? 0);
}
