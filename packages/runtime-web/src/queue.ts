// One thing after another.

/** Runs tasks one at a time, in the order in which they came; a task that fails does not hold up the next. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  enter<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
