// Where one has been: undo and redo within the page and, where the element keeps its state in the address, the
// browser's back and forward for samples, models and methods.

import { isTyping } from "./controls.ts";
import type { ExplorerFile } from "./engine.ts";
import type { Explorer } from "./explorer.ts";
import { History } from "./history.ts";
import { decodePageState, encodePageState, FRESH, isSameButSteps, type PageState } from "./page-state.ts";
import type { View } from "./view.ts";

/** Models that are kept for going back to. */
const MODELS = 3;

/** What a checkpoint was read with, as an address has it. */
const answersOf = ({ checkpoint }: PageState): string | undefined =>
  encodePageState({ ...FRESH, checkpoint });

interface Entry {
  /** Number of the model, in the order of opening. */
  readonly vielbeinModel: number;
}

export class Visits {
  readonly #host: HTMLElement;
  readonly #view: View;
  readonly #explorer: Explorer;
  readonly #history = new History<PageState>((a, b) => encodePageState(a) === encodePageState(b));
  readonly #files = new Map<number, ExplorerFile>();
  #model = 0;
  /** The state of the browser's present entry. */
  #shown: PageState | undefined;
  /** Whether a state is being restored, which is no new one. */
  #isReturning = false;

  constructor(host: HTMLElement, view: View, explorer: Explorer, signal: AbortSignal) {
    this.#host = host;
    this.#view = view;
    this.#explorer = explorer;
    const on = (target: EventTarget, type: string, react: (event: Event) => void): void =>
      target.addEventListener(type, react, { signal });
    on(view.undo, "click", () => void this.#return(this.#history.undo()));
    on(view.redo, "click", () => void this.#return(this.#history.redo()));
    on(host, "keydown", (event) => this.#press(event as KeyboardEvent));
    on(globalThis, "popstate", (event) => void this.#arrive((event as PopStateEvent).state));
  }

  /** A model was opened: what was done to another one cannot be undone. */
  enter(file: ExplorerFile): void {
    if (this.#files.get(this.#model) === file) return;
    this.#model = Math.max(0, ...this.#files.keys()) + 1;
    this.#files.set(this.#model, file);
    const [oldest] = this.#files.keys();
    if (this.#files.size > MODELS && oldest !== undefined) this.#files.delete(oldest);
    this.#history.clear();
  }

  /** The state of the page has changed. */
  note(pageState: PageState): void {
    if (!this.#explorer.model) return;
    if (!this.#isReturning) this.#history.note(pageState);
    this.#view.undo.disabled = !this.#history.canUndo;
    this.#view.redo.disabled = !this.#history.canRedo;
    this.#remember(pageState);
  }

  /** Another sample, model or method is an entry of the browser's history of its own; a drag would make hundreds. */
  #remember(pageState: PageState): void {
    const text = this.#host.hasAttribute("hash") ? encodePageState(pageState) : undefined;
    if (text === undefined) return;
    const entry: Entry = { ...history.state, vielbeinModel: this.#model };
    const isNew =
      this.#shown !== undefined &&
      !this.#isReturning &&
      (!isSameButSteps(this.#shown, pageState) || history.state?.vielbeinModel !== this.#model);
    if (isNew) history.pushState(entry, "", `#${text}`);
    else history.replaceState(entry, "", `#${text}`);
    this.#shown = pageState;
  }

  async #return(pageState: PageState | undefined): Promise<void> {
    if (pageState) await this.#returning(() => this.#revisit(pageState));
  }

  /** A state of the same file, which is read again where other answers make another model of it. */
  async #revisit(pageState: PageState): Promise<void> {
    const file = this.#files.get(this.#model);
    const isSame = answersOf(pageState) === answersOf(this.#explorer.pageState);
    if (!file || isSame) return this.#explorer.revisit(pageState);
    await this.#explorer.load(file, file.name, pageState);
  }

  /** The browser goes back or forward. */
  async #arrive(entry: Entry | null): Promise<void> {
    if (!this.#host.hasAttribute("hash") || !this.#explorer.model) return;
    await this.#returning(async () => {
      try {
        const pageState = decodePageState(location.hash);
        const file = entry ? this.#files.get(entry.vielbeinModel) : undefined;
        if (!entry || !file || entry.vielbeinModel === this.#model) return this.#revisit(pageState);
        this.#model = entry.vielbeinModel;
        this.#history.clear();
        await this.#explorer.load(file, file.name, pageState);
      } catch (error) {
        this.#explorer.fail(error);
      }
    });
  }

  async #returning(run: () => Promise<void>): Promise<void> {
    this.#isReturning = true;
    try {
      await run();
    } finally {
      this.#isReturning = false;
      this.note(this.#explorer.pageState);
    }
  }

  #press(event: KeyboardEvent): void {
    const isRedo = (event.key === "z" && event.shiftKey) || event.key === "Z" || event.key === "y";
    if (!(event.ctrlKey || event.metaKey) || isTyping(event)) return;
    if (!isRedo && event.key !== "z") return;
    event.preventDefault();
    void this.#return(isRedo ? this.#history.redo() : this.#history.undo());
  }
}
