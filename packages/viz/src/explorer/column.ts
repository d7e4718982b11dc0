// One method's directions: a heading, a slider for each direction, and what saves them. Columns stand side by side;
// what their sliders add to the code adds up.

import { type Edit, type StepUnit, unitLengths } from "./code.ts";
import type { DirectionKind, ExplorerDirections } from "./engine.ts";
import { Sliders } from "./sliders.ts";
import { routeText } from "./spectrum-view.ts";

/** Directions shown at first, and added by each press of the button. */
const SHOWN = 12;

export const KINDS: Readonly<Record<DirectionKind, { readonly label: string; readonly title: string }>> = {
  basis: { label: "Local Basis", title: "Singular vectors of the Jacobian at this code" },
  sefa: { label: "SeFa", title: "Closed-form factorisation of the weights" },
  pca: { label: "PCA", title: "Principal components of samples (GANSpace)" },
  metric: { label: "Metric axes", title: "Axes of the metric, averaged over samples" },
  file: { label: "File", title: "Directions that were opened" },
};

export interface ColumnEvents {
  /** Slider `k` was moved to `t`. */
  moved(kind: DirectionKind, k: number, t: number): void;
  selected(kind: DirectionKind, k: number): void;
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
  readonly #sliders: Sliders;
  readonly #route: HTMLElement = document.createElement("span");
  readonly #note: HTMLElement = document.createElement("p");
  readonly #more: HTMLButtonElement;
  readonly #save: HTMLButtonElement;

  constructor(kind: DirectionKind, events: ColumnEvents) {
    this.kind = kind;
    const { label, title } = KINDS[kind];
    const heading = document.createElement("h3");
    heading.textContent = label;
    heading.title = title;
    const rows = document.createElement("div");
    this.#sliders = new Sliders(rows, kind, {
      moved: (k, t) => events.moved(kind, k, t),
      selected: (k) => events.selected(kind, k),
    });
    this.#more = button("More", `More directions: ${label}`, () => events.more(kind));
    this.#save = button("Save", `Save directions: ${label}`, () => events.save(kind));
    this.#more.className = "more";
    this.#save.className = "save";
    this.#note.className = "note";
    this.element.className = "column";
    this.element.dataset.kind = kind;
    this.element.setAttribute("aria-label", label);
    const header = document.createElement("div");
    header.className = "heading";
    this.#route.className = "route";
    header.append(heading, this.#route, this.#save);
    this.element.append(header, rows, this.#note, this.#more);
    this.clear("…");
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

  take(directions: ExplorerDirections, steps: readonly number[], unit: StepUnit): void {
    // The address may have moved sliders further down.
    this.#shown = Math.max(this.#shown, steps.length);
    const total = directions.set.names.length;
    const count = Math.min(this.#shown, total);
    this.directions = directions;
    this.steps = Array.from({ length: count }, (_, k) => steps[k] ?? 0);
    this.#sliders.fill(directions.set, count);
    this.#route.textContent = this.#route.title = routeText(directions.route);
    this.#note.hidden = true;
    this.#more.hidden = count >= total;
    this.#save.disabled = false;
    this.measure(unit);
  }

  grow(unit: StepUnit): void {
    this.#shown += SHOWN;
    if (this.directions) this.take(this.directions, this.steps, unit);
  }

  /** Without directions, and why. */
  clear(why: string): void {
    this.directions = undefined;
    this.steps = [];
    this.#sliders.clear();
    this.#route.textContent = "";
    this.#note.hidden = false;
    this.#note.textContent = why;
    this.#more.hidden = true;
    this.#save.disabled = true;
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
}

function button(text: string, label: string, pressed: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.textContent = text;
  element.title = label;
  element.setAttribute("aria-label", label);
  element.addEventListener("click", pressed);
  return element;
}
