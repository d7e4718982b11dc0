// Latest wins: while a task is under way only the newest one waits, so that dragging never builds up a queue.

export class Latest {
  #running = false;
  #waiting: (() => Promise<void>) | undefined;

  /**
   * Runs the task now, or once the current one is done, unless another comes before that. Tasks settle their own
   * errors.
   */
  run(task: () => Promise<void>): void {
    this.#waiting = task;
    if (!this.#running) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#running = true;
    try {
      while (this.#waiting) {
        const task = this.#waiting;
        this.#waiting = undefined;
        await task();
      }
    } finally {
      this.#running = false;
    }
  }
}
