// The signals that ask a command to end.

import { Worker } from "node:worker_threads";

/** Ctrl-C, a request to end, and a terminal that is closed. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How many pieces of work are under way that finish the step at hand, however long it takes. */
let finishing = 0;

/**
 * Does work that stops by itself once it is told to, after a step that may be long: meanwhile nothing ends it by force
 * but a second Ctrl-C. A scheduler may send SIGTERM several times.
 */
export async function finishingSteps<T>(work: () => Promise<T>): Promise<T> {
  finishing++;
  try {
    return await work();
  } finally {
    finishing--;
  }
}

/** Whether work is under way that is left the time to finish its step. */
export function isFinishingSteps(): boolean {
  return finishing > 0;
}

/** 1 while a signal ends the process at once. */
const mayEnd = new Int32Array(new SharedArrayBuffer(4));

/**
 * Does what holds the thread and loses nothing that is to be kept, such as drawing a picture: meanwhile a signal, which
 * could not be heard, ends the process at once.
 *
 * @param signal where it was aborted before, the work does not begin. Left out for what a report of interrupted work
 *   needs.
 */
export async function endingAtOnce<T>(work: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
  // What came while other work held the thread is heard here.
  await new Promise(setImmediate);
  signal?.throwIfAborted();
  Atomics.store(mayEnd, 0, 1);
  const listeners = SIGNALS.map((name) => [name, process.listeners(name)] as const);
  for (const name of SIGNALS) process.removeAllListeners(name);
  try {
    return await work();
  } finally {
    Atomics.store(mayEnd, 0, 0);
    for (const [name, all] of listeners) for (const listener of all) process.on(name, listener);
  }
}

/**
 * Sends this process the signal in `ms`, or later, as soon as that would end it at once: what an interrupted command
 * goes on to do may hold the thread, so that no timer of this thread would end it.
 */
export function endLater(name: NodeJS.Signals, ms: number): void {
  const end = `const { name, ms, mayEnd } = require("node:worker_threads").workerData;
    const send = () => Atomics.load(mayEnd, 0) === 1 && process.kill(process.pid, name);
    setTimeout(() => setInterval(send, 50), ms);`;
  new Worker(end, { eval: true, execArgv: [], workerData: { name, ms, mayEnd } }).unref();
}
