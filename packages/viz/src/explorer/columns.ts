// The columns that are shown, and the toggles that choose them; one at least.

import type { Edit, StepUnit } from "./code.ts";
import { Column, type ColumnEvents } from "./column.ts";
import type { DirectionKind, ExplorerDirections } from "./engine.ts";
import { KINDS } from "./kinds.ts";
import type { StepsByKind } from "./page-state.ts";
import type { SlidersLayout } from "./steps.ts";

/** Kinds whose toggle is there only once there is something for them to show. */
const HIDDEN: readonly DirectionKind[] = ["region", "file"];

interface Selection {
  readonly kind: DirectionKind;
  readonly k: number;
}

export class Columns {
  selection: Selection = { kind: "basis", k: 0 };
  readonly #host: HTMLElement;
  readonly #events: ColumnEvents;
  readonly #toggles = new Map<DirectionKind, HTMLButtonElement>();
  #columns: readonly Column[] = [];
  #layout: SlidersLayout = "sliders";

  /** @param toggled is told which kinds are wanted after a toggle was pressed. */
  constructor(
    picker: HTMLElement,
    host: HTMLElement,
    events: ColumnEvents,
    toggled: (kinds: readonly DirectionKind[]) => void,
  ) {
    this.#host = host;
    this.#events = events;
    for (const kind of Object.keys(KINDS) as DirectionKind[]) {
      const toggle = document.createElement("button");
      toggle.textContent = KINDS[kind].label;
      toggle.title = KINDS[kind].title;
      toggle.hidden = HIDDEN.includes(kind);
      toggle.addEventListener("click", () => {
        const { kinds } = this;
        const wanted = kinds.includes(kind) ? kinds.filter((each) => each !== kind) : [...kinds, kind];
        if (wanted.length > 0) toggled(wanted);
      });
      this.#toggles.set(kind, toggle);
    }
    picker.replaceChildren(...this.#toggles.values());
    picker.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const visible = [...this.#toggles.values()].filter((toggle) => !toggle.hidden);
      const at = visible.indexOf(event.target as HTMLButtonElement);
      visible[(at + step + visible.length) % visible.length].focus();
    });
  }

  get kinds(): DirectionKind[] {
    return this.#columns.map(({ kind }) => kind);
  }

  get all(): readonly Column[] {
    return this.#columns;
  }

  get edits(): Edit[] {
    return this.#columns.flatMap(({ edit }) => edit ?? []);
  }

  get directions(): ReadonlyMap<DirectionKind, ExplorerDirections> {
    return new Map(
      this.#columns.flatMap(({ kind, directions }) => (directions ? [[kind, directions] as const] : [])),
    );
  }

  get isMoved(): boolean {
    return this.#columns.some((column) => column.isMoved);
  }

  column(kind: DirectionKind): Column | undefined {
    return this.#columns.find((column) => column.kind === kind);
  }

  /**
   * Shows these, in the order of the toggles; columns that stay keep their sliders, those that go take theirs along.
   */
  choose(kinds: readonly DirectionKind[]): void {
    const ordered = [...this.#toggles.keys()].filter((kind) => kinds.includes(kind));
    this.#columns = ordered.map((kind) => this.column(kind) ?? this.#made(kind));
    this.#host.replaceChildren(...this.#columns.map(({ element }) => element));
    // On a narrow page the first of them is seen.
    this.#host.scrollLeft = 0;
    for (const [kind, toggle] of this.#toggles) {
      const isShown = kinds.includes(kind);
      if (isShown) toggle.hidden = false;
      toggle.ariaPressed = String(isShown);
    }
    if (!kinds.includes(this.selection.kind)) this.selection = { kind: ordered[0], k: 0 };
  }

  #made(kind: DirectionKind): Column {
    const column = new Column(kind, this.#events);
    column.arrange(this.#layout, "deviation");
    return column;
  }

  /** Rows as sliders, or as grids of pictures. */
  arrange(layout: SlidersLayout, unit: StepUnit): void {
    this.#layout = layout;
    for (const column of this.#columns) column.arrange(layout, unit);
  }

  /** A kind that there is nothing of any more has no toggle and no column. */
  withdraw(kind: DirectionKind): void {
    const others = this.kinds.filter((each) => each !== kind);
    this.choose(others.length > 0 ? others : ["basis"]);
    const toggle = this.#toggles.get(kind);
    if (toggle) toggle.hidden = true;
  }

  /** All of them are looked for again. */
  wait(steps: StepsByKind = {}): void {
    for (const column of this.#columns) column.wait(steps[column.kind]);
  }

  /** Whether one of them waits that had nothing before. */
  get isAnyLost(): boolean {
    return this.#columns.some(({ isLost }) => isLost);
  }

  /** @param isValid whether those that were there before still hold. */
  resume(isValid: boolean, why: string, unit: StepUnit): void {
    for (const column of this.#columns) column.resume(isValid, why, unit);
  }

  /** Shows these, all waiting until their directions are found; selects the first slider that will be moved. */
  restart(kinds: readonly DirectionKind[], steps: StepsByKind): void {
    this.choose(kinds);
    this.wait(steps);
    this.selection = { kind: this.#columns[0].kind, k: 0 };
    for (const kind of kinds.toReversed()) {
      const k = steps[kind]?.findIndex((t) => t !== 0) ?? -1;
      if (k >= 0) this.selection = { kind, k };
    }
  }

  /** Where the selected direction is not there, the first that is. */
  settle(): void {
    const { kind, k } = this.selection;
    if (k < (this.column(kind)?.steps.length ?? 0)) return;
    const column = this.#columns.find(({ steps }) => steps.length > 0);
    if (column) this.selection = { kind: column.kind, k: 0 };
  }

  reset(): void {
    for (const column of this.#columns) column.reset();
  }

  measure(unit: StepUnit): void {
    for (const column of this.#columns) column.measure(unit);
  }

  show(): void {
    for (const column of this.#columns) {
      column.show(column.kind === this.selection.kind ? this.selection.k : -1);
    }
  }
}
