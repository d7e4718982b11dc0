// What was, for undo and redo: the states of the page that people stayed at, not those that a drag passed through.

/** Milliseconds within which changes count as one. */
const TOGETHER = 500;

export class History<State> {
  readonly #isSame: (a: State, b: State) => boolean;
  readonly #now: () => number;
  #states: State[] = [];
  #at = -1;
  #changed = Number.NEGATIVE_INFINITY;

  constructor(isSame: (a: State, b: State) => boolean, now: () => number = () => performance.now()) {
    this.#isSame = isSame;
    this.#now = now;
  }

  get canUndo(): boolean {
    return this.#at > 0;
  }

  get canRedo(): boolean {
    return this.#at < this.#states.length - 1;
  }

  /** Notes a state; what was undone before it is no more. Those that follow each other quickly are one. */
  note(state: State): void {
    const present = this.#states[this.#at];
    if (present !== undefined && this.#isSame(present, state)) return;
    const now = this.#now();
    const isOne = now - this.#changed < TOGETHER && this.#at > 0;
    this.#changed = now;
    this.#states = [...this.#states.slice(0, isOne ? this.#at : this.#at + 1), state].slice(-LONGEST);
    this.#at = this.#states.length - 1;
  }

  /** The state before; undefined where there is none. */
  undo(): State | undefined {
    return this.#go(-1);
  }

  redo(): State | undefined {
    return this.#go(1);
  }

  /** Nothing was. */
  clear(): void {
    this.#states = [];
    this.#at = -1;
  }

  #go(step: number): State | undefined {
    const state = this.#states[this.#at + step];
    if (state === undefined) return undefined;
    this.#at += step;
    this.#changed = Number.NEGATIVE_INFINITY;
    return state;
  }
}

/** States that are kept. */
const LONGEST = 200;
