// One thing at a time: what the explorer does makes all earlier work obsolete. The page says what it is, how far it is,
// and lets the person cancel what takes a while.

/** Milliseconds after which work is worth a bar and a button. */
const NOTICEABLE = 300;

export interface WorkView {
  /** Shows the name of the work while it is under way. */
  readonly status: HTMLElement;
  readonly progress: HTMLProgressElement;
  readonly cancel: HTMLButtonElement;
}

export class Work {
  readonly #view: WorkView;
  readonly #fail: (error: unknown) => void;
  #controller = new AbortController();
  #beside: AbortController | undefined;
  /** What is under way, other than beside it. */
  #running: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(view: WorkView, fail: (error: unknown) => void) {
    this.#view = view;
    this.#fail = fail;
  }

  /** Aborted when what is under way is obsolete. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether something is under way that another run would end. */
  get isUnderWay(): boolean {
    return this.#running !== undefined;
  }

  /** Returns whether nothing has made this obsolete, and the person has not cancelled it. */
  async run(what: string, task: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    this.giveUp();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#running = what;
    this.say(what);
    this.#timer = setTimeout(() => this.#showBar(true), NOTICEABLE);
    try {
      await task(signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    } finally {
      if (!signal.aborted) {
        this.#running = undefined;
        this.#rest();
      }
    }
    return !signal.aborted;
  }

  /** Runs what makes nothing obsolete, one at a time. */
  async beside(what: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#beside?.abort(givenUp());
    const controller = new AbortController();
    this.#beside = controller;
    this.say(what);
    this.#showBar(true);
    try {
      await task(controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) this.#fail(error);
    } finally {
      if (this.#beside === controller) {
        this.#beside = undefined;
        if (this.#running === undefined) this.#rest();
        else this.say(this.#running);
      }
    }
  }

  /** What is under way from now on. */
  say(what: string): void {
    this.#view.status.textContent = `${what} …`;
    this.#view.progress.setAttribute("aria-label", what);
    this.#view.progress.removeAttribute("value");
  }

  /** @param share of the work that is done, from 0 to 1. */
  tell(share: number): void {
    this.#view.progress.value = share;
  }

  /** Ends what is under way, as obsolete or because the person wants it. */
  giveUp(): void {
    this.#controller.abort(givenUp());
    this.#beside?.abort(givenUp());
    this.#running = undefined;
    this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#view.status.textContent = "";
    this.#showBar(false);
  }

  #showBar(isShown: boolean): void {
    this.#view.progress.hidden = this.#view.cancel.hidden = !isShown;
  }
}

function givenUp(): DOMException {
  return new DOMException("Given up.", "AbortError");
}
