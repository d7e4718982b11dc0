// The page's side: calls of a worker's procedures.

import { errorOf, type Procedures, type Reply, type Request } from "./protocol.ts";

/** What is needed of a worker. */
export type CalledWorker = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

/** How a call to a worker is given up, followed, and what it hands over. */
export interface WorkerCallOptions<Progress> {
  /**
   * Asks the worker to give the call up. The call is rejected with the signal's reason once the worker has answered,
   * whatever the answer.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called with how far the call has got. */
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** What is handed over with the arguments instead of copied. Default: nothing. */
  readonly transfer?: Transferable[] | undefined;
}

interface OpenCall extends Pick<WorkerCallOptions<unknown>, "signal" | "progress"> {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  /** Tells the worker that nobody waits any more. */
  cancel(): void;
}

/**
 * Calls the procedures that a worker serves, and receives their results.
 *
 * @typeParam P The worker's procedures.
 */
export class WorkerCalls<P extends Procedures<P>> {
  readonly #worker: CalledWorker;
  readonly #open = new Map<number, OpenCall>();
  #nextId = 0;
  #ended: Error | undefined;

  /**
   * @param died called when the worker dies, with the message of the error, which is empty if the worker did not load;
   * returns what its calls are rejected with.
   */
  constructor(worker: CalledWorker, died: (message: string) => Error) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.end(died(event.message ?? ""));
    };
  }

  /** Whether the worker has ended: then no call is answered. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Calls may overlap. An error of the procedure arrives with its message; if it is of one of our classes, with its
   * class and code too.
   */
  call<Name extends keyof P & string>(
    name: Name,
    args: P[Name]["args"],
    { signal, progress, transfer = [] }: WorkerCallOptions<P[Name]["progress"]> = {},
  ): Promise<P[Name]["result"]> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      signal?.throwIfAborted();
      const id = this.#nextId++;
      this.#worker.postMessage({ id, name, args } satisfies Request, transfer);
      const cancel = (): void => this.#worker.postMessage({ cancel: id } satisfies Request);
      signal?.addEventListener("abort", cancel);
      this.#open.set(id, { resolve, reject, progress: progress as OpenCall["progress"], signal, cancel });
    });
  }

  /** Ends the worker. Calls that are open, and later ones, are rejected with the first reason. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#worker.terminate();
    for (const id of this.#open.keys()) this.#close(id)?.reject(this.#ended);
  }

  #take(reply: Reply): void {
    const call = "progress" in reply ? this.#open.get(reply.id) : this.#close(reply.id);
    if (!call) return;
    const { signal } = call;
    if ("progress" in reply) {
      if (!signal?.aborted) call.progress?.(reply.progress);
    } else if (signal?.aborted) call.reject(signal.reason);
    else if ("failure" in reply) call.reject(errorOf(reply.failure));
    else call.resolve(reply.result);
  }

  #close(id: number): OpenCall | undefined {
    const call = this.#open.get(id);
    this.#open.delete(id);
    call?.signal?.removeEventListener("abort", call.cancel);
    return call;
  }
}
