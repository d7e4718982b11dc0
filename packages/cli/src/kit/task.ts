// What a command works with while it runs, and what becomes of it in the end.

import { Progress, type Terminal } from "./terminal.ts";

/** What holds memory or a process until it is disposed of. */
interface Owned {
  dispose(): Promise<void>;
}

/** Takes over a resource, once it is there, and returns it. */
export type Use = <T extends Owned>(resource: T | Promise<T>) => Promise<T>;

export interface Task<Options> {
  readonly options: Options;
  readonly terminal: Terminal;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** What it takes over is disposed of when the command ends, however it ends: the last first. */
  readonly use: Use;
}

/**
 * Does `work`, and disposes of all that it took over, in reverse order.
 *
 * @throws what `work` throws; else the first failure to dispose of something, once the rest is disposed of.
 */
export async function disposing<T>(work: (use: Use) => Promise<T>): Promise<T> {
  const taken: Owned[] = [];
  const use: Use = async (resource) => {
    const owned = await resource;
    taken.push(owned);
    return owned;
  };
  const [outcome] = await Promise.allSettled([work(use)]);
  const failures: unknown[] = [];
  for (const owned of taken.reverse()) {
    await owned.dispose().catch((error: unknown) => failures.push(error));
  }
  if (outcome.status === "rejected") throw outcome.reason;
  if (failures.length > 0) throw failures[0];
  return outcome.value;
}

/**
 * Does `work` for one item after another and draws the progress.
 *
 * @param what the items, in the plural: `directions`.
 * @throws the reason of the abort, between two items; what `work` throws.
 */
export async function each<T, R>(
  { terminal, signal }: Pick<Task<unknown>, "terminal" | "signal">,
  what: string,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const progress = new Progress(terminal, what, items.length);
  const results: R[] = [];
  try {
    for (const [index, item] of items.entries()) {
      signal.throwIfAborted();
      results.push(await work(item, index));
      progress.step(results.length);
      // The engine holds the thread while it runs: let signals in.
      await new Promise(setImmediate);
    }
  } finally {
    progress.done();
  }
  return results;
}
