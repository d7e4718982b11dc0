// One thing at a time: what the explorer does makes all earlier work obsolete, and the page says what it is.

export class Work {
  readonly #status: HTMLElement;
  readonly #fail: (error: unknown) => void;
  #controller = new AbortController();

  /** @param status shows the name of the work while it is under way. */
  constructor(status: HTMLElement, fail: (error: unknown) => void) {
    this.#status = status;
    this.#fail = fail;
  }

  /** Aborted when what is under way is obsolete. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Returns whether nothing has made this obsolete. */
  async run(what: string, task: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    this.giveUp();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.say(what);
    try {
      await task(signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    } finally {
      if (!signal.aborted) this.#status.textContent = "";
    }
    return !signal.aborted;
  }

  /** What is under way from now on. */
  say(what: string): void {
    this.#status.textContent = `${what} …`;
  }

  giveUp(): void {
    this.#controller.abort();
  }
}
