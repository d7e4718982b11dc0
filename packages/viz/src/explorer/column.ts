// One method's directions: a heading, a row for each direction, and what saves them. Columns stand side by side; what
// their sliders add to the code adds up.

import { type Edit, type StepUnit, unitLengths } from "./code.ts";
import type { DirectionKind, ExplorerDirections } from "./engine.ts";
import { KINDS, labelsOf, noteOf } from "./kinds.ts";
import { distinct, plainName } from "./names.ts";
import { Sliders } from "./sliders.ts";
import { routeText } from "./spectrum-view.ts";
import type { SlidersLayout, StepCell } from "./steps.ts";

/** Directions shown at first, and added by each press of the button. */
const SHOWN = 12;

export interface ColumnEvents {
  /** Slider `k` was moved to `t`. */
  moved(kind: DirectionKind, k: number, t: number): void;
  selected(kind: DirectionKind, k: number): void;
  renamed(kind: DirectionKind, k: number, name: string): void;
  kept(kind: DirectionKind, k: number): void;
  /** The pointer rests on direction k, or on none. */
  pointed(kind: DirectionKind, k: number | undefined): void;
  /** More sliders are wanted. */
  more(kind: DirectionKind): void;
  save(kind: DirectionKind): void;
}

export class Column {
  readonly kind: DirectionKind;
  readonly element: HTMLElement = document.createElement("section");
  directions: ExplorerDirections | undefined;
  steps: number[] = [];
  #lengths: Float64Array = new Float64Array();
  #shown = SHOWN;
  /** Where the sliders will stand once there are any. */
  #wanted: readonly number[] = [];
  /** What was there before a search that may be given up. */
  #before: { readonly directions: ExplorerDirections; readonly steps: number[] } | undefined;
  readonly #sliders: Sliders;
  readonly #rows: HTMLElement = document.createElement("div");
  readonly #route: HTMLElement = document.createElement("span");
  readonly #note: HTMLElement = document.createElement("p");
  readonly #more: HTMLButtonElement;
  readonly #save: HTMLButtonElement;

  constructor(kind: DirectionKind, events: ColumnEvents) {
    this.kind = kind;
    const { label, title } = KINDS[kind];
    this.#sliders = new Sliders(this.#rows, kind, {
      moved: (k, t) => events.moved(kind, k, t),
      selected: (k) => events.selected(kind, k),
      renamed: (k, name) => events.renamed(kind, k, name),
      kept: (k) => events.kept(kind, k),
      pointed: (k) => events.pointed(kind, k),
    });
    this.#more = button("More", `More directions: ${label}`, () => events.more(kind));
    this.#save = button("Save", `Save directions: ${label}`, () => events.save(kind));
    this.#more.className = "more";
    this.#save.className = "save";
    this.#note.className = "note";
    this.element.className = "column";
    this.element.dataset.kind = kind;
    this.element.setAttribute("aria-label", label);
    this.element.append(this.#header(label, title), this.#rows, this.#note, this.#more);
    this.clear("");
    this.wait();
  }

  /** What the sliders add, if there are any. */
  get edit(): Edit | undefined {
    const { directions, steps } = this;
    const lengths = this.#lengths;
    return directions && { set: directions.set, steps, lengths };
  }

  get isMoved(): boolean {
    return this.steps.some((t) => t !== 0);
  }

  /** Whether its directions are still looked for. */
  get isWaiting(): boolean {
    return this.element.classList.contains("stale");
  }

  /** Whether it waits, and had nothing before. */
  get isLost(): boolean {
    return this.isWaiting && !this.#before;
  }

  get cells(): readonly StepCell[] {
    return this.isWaiting ? [] : this.#sliders.cells;
  }

  /** Where the sliders stand, or will stand. */
  get statedSteps(): readonly number[] {
    return this.isWaiting ? this.#wanted : this.steps;
  }

  /** Its directions are no more; what is shown of them stays, dimmed, until others come. */
  wait(wanted: readonly number[] = []): void {
    this.#wanted = wanted;
    const { directions, steps } = this;
    if (directions) this.#before = { directions, steps };
    this.directions = undefined;
    this.steps = [];
    this.#dim(true);
    this.#save.disabled = true;
  }

  /** The search was given up: what was there before is valid still, or there is nothing. */
  resume(isValid: boolean, why: string, unit: StepUnit): void {
    if (!this.isWaiting) return;
    if (isValid && this.#before) this.take(this.#before.directions, this.#before.steps, unit);
    else this.clear(why);
  }

  take(directions: ExplorerDirections, steps: readonly number[], unit: StepUnit): void {
    // The address may have moved sliders further down.
    this.#shown = Math.max(this.#shown, steps.length);
    const total = directions.set.names.length;
    const count = Math.min(this.#shown, total);
    this.#before = undefined;
    this.#dim(false);
    this.directions = directions;
    this.steps = Array.from({ length: count }, (_, k) => steps[k] ?? 0);
    this.#sliders.fill(directions.set, count, labelsOf(directions));
    this.#route.textContent = this.#route.title = routeText(directions.route);
    const note = noteOf(this.kind, directions);
    this.#note.hidden = note === "";
    this.#note.textContent = note;
    this.#more.hidden = count >= total;
    this.#save.disabled = false;
    this.measure(unit);
  }

  /** The direction k under another name. */
  rename(k: number, name: string, unit: StepUnit): void {
    const { directions } = this;
    if (!directions) return;
    const others = directions.set.names.toSpliced(k, 1);
    const plain = distinct([...others, plainName(name, `d${k}`)]).at(-1) ?? "";
    const names = directions.set.names.with(k, plain);
    this.take({ ...directions, set: { ...directions.set, names } }, this.steps, unit);
  }

  grow(unit: StepUnit): void {
    this.#shown += SHOWN;
    if (this.directions) this.take(this.directions, this.steps, unit);
  }

  arrange(layout: SlidersLayout, unit: StepUnit): void {
    this.#sliders.arrange(layout);
    if (this.directions) this.take(this.directions, this.steps, unit);
  }

  /** Without directions, and why. */
  clear(why: string): void {
    this.#before = undefined;
    this.#dim(false);
    this.directions = undefined;
    this.steps = [];
    this.#sliders.clear();
    this.#route.textContent = "";
    this.#note.hidden = false;
    this.#note.textContent = why;
    this.#more.hidden = true;
    this.#save.disabled = true;
  }

  /** Puts the sliders that there are. */
  putSteps(steps: readonly number[]): void {
    this.steps = this.steps.map((_, k) => steps[k] ?? 0);
  }

  measure(unit: StepUnit): void {
    if (this.directions) this.#lengths = unitLengths(this.directions, unit, this.steps.length);
  }

  reset(): void {
    this.steps = this.steps.map(() => 0);
  }

  /** @param selected index of the selected direction, −1 for none. */
  show(selected: number): void {
    this.#sliders.show(this.steps, selected);
  }

  #dim(isWaiting: boolean): void {
    this.element.classList.toggle("stale", isWaiting);
    this.element.ariaBusy = String(isWaiting);
  }

  #header(label: string, title: string): HTMLElement {
    const header = document.createElement("div");
    header.className = "heading";
    const heading = document.createElement("h2");
    heading.textContent = label;
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = title;
    this.#route.className = "route";
    header.append(heading, this.#route, this.#save, hint);
    return header;
  }
}

function button(text: string, label: string, pressed: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.textContent = text;
  element.title = label;
  element.setAttribute("aria-label", label);
  element.addEventListener("click", pressed);
  return element;
}
