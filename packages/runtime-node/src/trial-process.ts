// The engine in a process of its own, for graphs that nobody vouches for: when one crashes it, takes too much memory
// or never ends, that process goes, and this one stays.
//
// Linux holds the process to its memory by a limit on its data segment, so that the engine itself refuses the
// allocation and says for which node. Elsewhere, and for what escapes the limit, the process watches its resident
// memory and ends itself.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { EngineFeeds, EngineSession, RuntimeTensor } from "@vielbein/core/runtime";
import { type Abandonable, abandonable } from "./abandon.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { type Reply, type Request, type ThreadData, threadProgram } from "./engine-thread.ts";
import { fileOf, type StoredFile } from "./files.ts";
import { crash, exceeded, late, unavailable } from "./trial-errors.ts";

/** What the process is told when it starts. */
interface Orders {
  readonly library: string;
  /** Bytes of resident memory. */
  readonly limit: number;
}

/** `resident`: bytes of resident memory after the call. */
type Message =
  | { readonly result: unknown; readonly resident: number }
  | { readonly error: string | Error }
  | { readonly exceeded: true };

/** What the process runs on its main thread, the engine being on another. Self-contained, like `makeEngine`. */
function supervise({ library, limit }: Orders, program: string, load: NodeJS.Require): void {
  const { openSync, readSync, closeSync } = load("node:fs") as typeof import("node:fs");
  const { Worker } = load("node:worker_threads") as typeof import("node:worker_threads");
  const workerData: ThreadData = { library, busy: new Int32Array(new SharedArrayBuffer(4)) };
  const thread = new Worker(program, { eval: true, workerData });
  const here = {
    send(message: Message, then?: () => void): void {
      process.send?.(message, undefined, undefined, then);
    },
    die(): void {
      process.kill(process.pid, "SIGKILL");
    },
    read({ path, size }: StoredFile): Uint8Array {
      const bytes = new Uint8Array(new SharedArrayBuffer(size));
      const file = openSync(path, "r");
      for (let at = 0; at < size; ) {
        const count = readSync(file, bytes, at, Math.min(size - at, 2 ** 30), at);
        if (count === 0) throw new Error(`"${path}" has changed since it was read`);
        at += count;
      }
      closeSync(file);
      return bytes;
    },
  };
  let watch: NodeJS.Timeout | undefined;
  const answer = (reply: Reply): void => {
    clearInterval(watch);
    here.send({ ...reply, resident: process.memoryUsage.rss() });
  };
  thread.on("message", answer);
  thread.on("error", (error) => answer({ error: error.message }));
  // Schedulers signal all processes of a job at once: the caller decides what is finished before it goes.
  process.on("SIGTERM", () => undefined);
  // The caller is gone, and may not have had time to say so.
  process.on("disconnect", here.die);
  process.on("message", ({ method, args }: Request) => {
    watch = setInterval(() => {
      if (process.memoryUsage.rss() > limit) here.send({ exceeded: true }, here.die);
    }, 5);
    try {
      if (method !== "create") return thread.postMessage({ method, args });
      const [model, files, options] = args as [
        Uint8Array,
        [string, Uint8Array | StoredFile][],
        EngineOptions,
      ];
      const read = files.map(([name, file]) => [name, "path" in file ? here.read(file) : file]);
      thread.postMessage({ method, args: [model, read, options] } satisfies Request);
    } catch (error) {
      answer({ error: (error as Error).message });
    }
  });
}

/** Timers take no more. */
const LONGEST_MS = 2 ** 31 - 1;

/** An idle process without sessions is not kept longer. */
const PATIENCE_MS = 5000;

/** Whom a process works for. */
export interface Tenant {
  /** Called when the process has no session left, or has ended. */
  readonly whenLeft: (process: TrialProcess) => void;
}

/** Processes without sessions, which wait for the next tenant. */
const parked: Set<TrialProcess> = new Set();

/**
 * Has one tenant at a time, from its first session to the end of the last; then waits for the next. That is another
 * only if all graphs so far have run, and have left most of the memory free: what may have brought it into disorder
 * comes back to its tenant alone.
 */
export class TrialProcess implements Engine, Abandonable {
  /** Bytes that the process may take. */
  readonly limit: number;
  readonly #child: ChildProcess;
  #tenant: Tenant;
  /** How long one call may take. */
  #seconds = Number.POSITIVE_INFINITY;
  #settle: ((message: Message) => void) | undefined;
  #ended: Error | undefined;
  #complaint = "";
  /** Sessions that are here or on their way. */
  #sessions = 0;
  #isClean = true;
  #patience: NodeJS.Timeout | undefined;

  private constructor(library: string, limit: number, tenant: Tenant) {
    this.limit = limit;
    this.#tenant = tenant;
    this.#child = start({ library, limit });
    this.#child.on("message", (message: Message) => this.#settle?.(message));
    this.#child.on("error", (error) => this.#end(unavailable(error)));
    // Not `exit`: what it wrote before may still be on its way.
    this.#child.on("close", (code, signal) => this.#end(crash(signal ?? `status ${code}`, this.#complaint)));
    this.#child.stderr?.on("data", (text: Buffer) => {
      this.#complaint = `${this.#complaint}${text}`.slice(-1000);
    });
    this.#hold(false);
    abandonable.add(this);
  }

  /**
   * A process that waits, or else a new one.
   *
   * @param library Path of onnxruntime-node's entry.
   * @param limit Bytes that the process may take.
   */
  static take(library: string, limit: number, tenant: Tenant): TrialProcess {
    const waiting = [...parked].find((process) => process.#suits(limit, tenant));
    if (!waiting) return new TrialProcess(library, limit, tenant);
    parked.delete(waiting);
    clearTimeout(waiting.#patience);
    waiting.#tenant = tenant;
    return waiting;
  }

  /** The same, with as much time for each call from now on. */
  allowing(seconds: number): this {
    this.#seconds = seconds;
    return this;
  }

  /** Makes room for a session, which is to be created: until it is released, the process keeps its tenant. */
  admit(): void {
    this.#sessions++;
  }

  async create(
    model: Uint8Array,
    files: readonly (readonly [string, Uint8Array])[],
    options: EngineOptions,
  ): Promise<EngineSession> {
    try {
      // The process reads files by itself: a message would copy them several times.
      const sources = files.map(([name, bytes]) => [name, fileOf(bytes) ?? bytes]);
      return (await this.#call("create", [model, sources, options])) as EngineSession;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  run(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    return this.#call("run", [id, feeds, fetches]) as Promise<Record<string, RuntimeTensor>>;
  }

  async release(id: number): Promise<void> {
    if (this.#ended) return;
    await this.#call("release", [id]);
    this.#leave();
  }

  /** Ends the process, whatever it does. */
  terminate(): void {
    this.#end(new Error("the engine's trial process was ended"));
  }

  abandon(reason: Error): boolean {
    this.#end(reason);
    return false;
  }

  #call(method: keyof Engine, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      const timer = setTimeout(
        () => this.#end(late(this.#seconds)),
        Math.min(1000 * this.#seconds, LONGEST_MS),
      );
      this.#settle = (message) => {
        this.#settle = undefined;
        clearTimeout(timer);
        this.#hold(false);
        this.#isClean &&= "result" in message && message.resident <= this.limit / 2;
        if ("result" in message) resolve(message.result);
        else if ("error" in message) {
          reject(typeof message.error === "string" ? new Error(message.error) : message.error);
        } else {
          reject(exceeded(this.limit));
          this.terminate();
        }
      };
      this.#hold(true);
      this.#child.send({ method, args } satisfies Request);
    });
  }

  #suits(limit: number, tenant: Tenant): boolean {
    return this.limit === limit && this.#child.connected && (this.#isClean || this.#tenant === tenant);
  }

  #leave(): void {
    this.#sessions--;
    if (this.#ended || this.#sessions > 0) return;
    this.#tenant.whenLeft(this);
    parked.add(this);
    this.#patience = setTimeout(() => this.terminate(), PATIENCE_MS).unref();
  }

  #end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    clearTimeout(this.#patience);
    abandonable.delete(this);
    this.#child.kill("SIGKILL");
    if (!parked.delete(this)) this.#tenant.whenLeft(this);
    this.#settle?.({ error: reason });
  }

  /** Whether this process stays for what the other does. */
  #hold(isHeld: boolean): void {
    const change = isHeld ? "ref" : "unref";
    this.#child[change]();
    this.#child.channel?.[change]();
    (this.#child.stderr as import("node:net").Socket)[change]();
  }
}

/** Stacks of threads count as data, although hardly any of them is ever touched. */
const STACKS = 16 * 2 ** 20 * availableParallelism();

function start(orders: Orders): ChildProcess {
  const program = `(${supervise})(${JSON.stringify(orders)}, ${JSON.stringify(threadProgram())}, require)`;
  const isLimited = process.platform === "linux" && existsSync("/bin/sh");
  const kibibytes = Math.ceil((orders.limit + STACKS) / 1024);
  const limited = ["-c", `ulimit -d ${kibibytes} 2>/dev/null; exec "$0" "$@"`, process.execPath];
  const command = isLimited ? "/bin/sh" : process.execPath;
  const args = isLimited ? [...limited, "-e", program] : ["-e", program];
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawn(command, args, {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
    env,
    // Ctrl-C in a terminal reaches a whole group of processes; what becomes of this one is decided here.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
}
