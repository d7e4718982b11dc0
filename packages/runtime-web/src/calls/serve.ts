// The worker's side: procedures behind messages. Calls run side by side as far as the procedures let them.

import { VielbeinError } from "@vielbein/core";
import { type CallRequest, failureOf, type Procedures, type Reply, type Request } from "./protocol.ts";

/** What is needed of a worker's global scope. */
export type ServingPort = Pick<MessagePort, "postMessage" | "onmessage">;

/** A call that is under way, as its procedure sees it. */
export interface ServedCall<Progress> {
  /** Aborted when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** Tells the page how far the call has got. */
  progress(progress: Progress): void;
  /** Hands the memory of the result over instead of copying it. */
  handOver(buffers: readonly ArrayBuffer[]): void;
}

/** The procedures themselves: each takes its call after its arguments. */
export type Handlers<P extends Procedures<P>> = {
  readonly [Name in keyof P]: (
    ...args: [...P[Name]["args"], call: ServedCall<P[Name]["progress"]>]
  ) => Promise<P[Name]["result"]>;
};

/** Answers the calls that arrive at the port. */
export function serve<P extends Procedures<P>>(port: ServingPort, handlers: Handlers<P>): void {
  const running = new Map<number, AbortController>();
  const post = (reply: Reply, buffers: ArrayBuffer[] = []): void => port.postMessage(reply, buffers);
  const answer = async ({ id, name, args }: CallRequest): Promise<void> => {
    const controller = new AbortController();
    const { signal } = controller;
    running.set(id, controller);
    const buffers: ArrayBuffer[] = [];
    const progress = (progress: unknown): void => post({ id, progress });
    const handOver = (more: readonly ArrayBuffer[]): void => void buffers.push(...more);
    try {
      const result = await handlerOf(handlers, name)(...args, { signal, progress, handOver });
      // What came too late is not wanted any more.
      signal.throwIfAborted();
      post({ id, result }, buffers);
    } catch (error) {
      post({ id, failure: failureOf(error) });
    } finally {
      running.delete(id);
    }
  };
  port.onmessage = ({ data }: MessageEvent<Request>) => {
    if ("cancel" in data) running.get(data.cancel)?.abort();
    else void answer(data);
  };
}

function handlerOf(handlers: object, name: string): (...args: unknown[]) => Promise<unknown> {
  if (Object.hasOwn(handlers, name)) return handlers[name as never];
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `The worker has no procedure "${name}", only ${Object.keys(handlers).join(", ")}. Build page and worker of one version.`,
  );
}
