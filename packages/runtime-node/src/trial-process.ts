// The engine in a process of its own, for graphs that nobody vouches for: when one crashes it, takes too much memory
// or never ends, that process goes, and this one stays.
//
// Linux holds the process to its memory by a limit on its data segment, so that the engine itself refuses the
// allocation and says for which node. Elsewhere, and for what escapes the limit, the process watches its resident
// memory and ends itself.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { bytesText, type RuntimeTensor, VielbeinError } from "@vielbein/core";
import { type Abandonable, abandonable } from "./abandon.ts";
import type { Engine, EngineOptions, EngineSession } from "./engine.ts";
import { type Reply, type Request, type ThreadData, threadProgram } from "./engine-thread.ts";
import { fileOf, type StoredFile } from "./files.ts";

/** What the process is told when it starts. */
interface Orders {
  readonly library: string;
  /** Bytes of resident memory. */
  readonly limit: number;
}

type Message = Reply | { readonly exceeded: true };

/** What the process runs on its main thread, the engine being on another. Self-contained, like `makeEngine`. */
function supervise({ library, limit }: Orders, program: string, load: NodeJS.Require): void {
  const { openSync, readSync, closeSync } = load("node:fs") as typeof import("node:fs");
  const { Worker } = load("node:worker_threads") as typeof import("node:worker_threads");
  const workerData: ThreadData = { library, busy: new Int32Array(new SharedArrayBuffer(4)) };
  const thread = new Worker(program, { eval: true, workerData });
  const here = {
    send(message: Message, then?: () => void): void {
      process.send!(message, undefined, undefined, then);
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
  thread.on("message", (reply: Reply) => here.send(reply));
  thread.on("error", (error) => here.send({ error: error.message }));
  // The caller is gone, and may not have had time to say so.
  process.on("disconnect", here.die);
  setInterval(() => {
    if (process.memoryUsage.rss() > limit) here.send({ exceeded: true }, here.die);
  }, 5);
  process.on("message", ({ method, args }: Request) => {
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
      here.send({ error: (error as Error).message });
    }
  });
}

/** Timers take no more. */
const LONGEST_MS = 2 ** 31 - 1;

/** An idle process without sessions is not kept longer. */
const PATIENCE_MS = 1000;

export class TrialProcess implements Engine, Abandonable {
  /** Bytes that the process may take. */
  readonly limit: number;
  /** How long one call may take. */
  readonly #seconds: number;
  readonly #child: ChildProcess;
  readonly #whenEnded: () => void;
  #settle: ((message: Message) => void) | undefined;
  #ended: Error | undefined;
  #complaint = "";
  #sessions = 0;
  #patience: NodeJS.Timeout | undefined;

  /**
   * @param library Path of onnxruntime-node's entry.
   * @param seconds How long one call may take.
   * @param whenEnded Called once, when the process can no longer be used.
   */
  constructor(library: string, limit: number, seconds: number, whenEnded: () => void) {
    this.limit = limit;
    this.#seconds = seconds;
    this.#whenEnded = whenEnded;
    this.#child = start({ library, limit });
    this.#child.on("message", (message: Message) => this.#settle?.(message));
    this.#child.on("error", (error) => this.#end(unavailable(error)));
    // Not `exit`: what it wrote before may still be on its way.
    this.#child.on("close", (code, signal) => this.#end(crash(signal ?? `status ${code}`, this.#complaint)));
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.#complaint = `${this.#complaint}${text}`.slice(-1000);
    });
    this.#hold(false);
    abandonable.add(this);
  }

  async create(
    model: Uint8Array,
    files: readonly (readonly [string, Uint8Array])[],
    options: EngineOptions,
  ): Promise<EngineSession> {
    // The process reads files by itself: a message would copy them several times.
    const sources = files.map(([name, bytes]) => [name, fileOf(bytes) ?? bytes]);
    clearTimeout(this.#patience);
    const session = (await this.#call("create", [model, sources, options])) as EngineSession;
    this.#sessions++;
    return session;
  }

  run(
    id: number,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, RuntimeTensor>> {
    return this.#call("run", [id, feeds, fetches]) as Promise<Record<string, RuntimeTensor>>;
  }

  async release(id: number): Promise<void> {
    if (this.#ended) return;
    await this.#call("release", [id]);
    this.#sessions--;
    if (this.#sessions > 0) return;
    this.#patience = setTimeout(() => this.terminate(), PATIENCE_MS).unref();
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

  #end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    clearTimeout(this.#patience);
    abandonable.delete(this);
    this.#child.kill("SIGKILL");
    this.#whenEnded();
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

function unavailable(cause: Error): VielbeinError {
  return new VielbeinError(
    "BACKEND_UNAVAILABLE",
    `No process can be started for the trial of a graph: ${cause.message}. Allow it, or set \`isolate: false\` for graphs that you trust.`,
    { cause },
  );
}

function crash(how: string, complaint: string): VielbeinError {
  // What the engine's C++ says of itself helps those who know it, as the cause.
  const cause = new Error(complaint.trim());
  if (/bad_alloc|out of memory|failed to allocate/i.test(complaint)) {
    return new VielbeinError(
      "MEMORY_BUDGET",
      "The engine ran out of memory on the graph. Raise the memory budget.",
      { cause },
    );
  }
  return new VielbeinError(
    "BACKEND_CRASHED",
    `The graph crashes ONNX Runtime (${how}). Its operators are used in a way that the engine does not foresee: export the model again, or check it with onnx.checker.`,
    { cause },
  );
}

function late(seconds: number): VielbeinError {
  return new VielbeinError(
    "TIME_LIMIT",
    `The engine is not done with the graph after the ${seconds} s that its trial may take; it may never be. Raise \`trialSeconds\` of the runtime if the model is to be trusted.`,
  );
}

function exceeded(limit: number): VielbeinError {
  return new VielbeinError(
    "MEMORY_BUDGET",
    `The engine takes more than the ${bytesText(limit)} that a first run of the graph may. Raise the memory budget if the model is to be trusted.`,
  );
}
