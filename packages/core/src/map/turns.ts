// Asynchronous work that must not overlap: each task starts once those requested before it are done.

/** Runs asynchronous tasks one after another, in the order in which they were requested. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `task` in its turn. A task that fails does not keep the next from running. */
  take<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
