// A row for each direction: its name, which can be changed, its value, a slider between pictures of its two ends, and
// buttons that set it back and keep it. In a grid, pictures of all steps stand in place of the slider.

import type { DirectionSet } from "@vielbein/core";
import { rowOf, type SliderRow } from "./slider-row.ts";
import { type SliderEvents, type SlidersLayout, type StepCell, stepText } from "./steps.ts";

export class Sliders {
  readonly #host: HTMLElement;
  readonly #name: string;
  readonly #events: SliderEvents;
  #layout: SlidersLayout = "sliders";
  #rows: SliderRow[] = [];

  /** @param name tells the sliders of several hosts apart. */
  constructor(host: HTMLElement, name: string, events: SliderEvents) {
    this.#host = host;
    this.#name = name;
    this.#events = events;
  }

  get cells(): readonly StepCell[] {
    return this.#rows.flatMap(({ cells }) => cells);
  }

  clear(): void {
    this.#rows = [];
    this.#host.replaceChildren();
  }

  /** Rows as sliders or as a grid; they are made anew. */
  arrange(layout: SlidersLayout): void {
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.clear();
  }

  /** One for each of the first `count` directions. Those that are there stay, with the focus: one may be in a hand. */
  fill(set: DirectionSet, count: number, labels: readonly string[]): void {
    for (const { element } of this.#rows.splice(count)) element.remove();
    while (this.#rows.length < count) {
      const row = rowOf(this.#name, this.#rows.length, this.#layout, this.#events);
      this.#rows.push(row);
      this.#host.append(row.element);
    }
    for (const [k, row] of this.#rows.entries()) label(row, set, k, labels[k] ?? "");
  }

  show(steps: readonly number[], selected: number): void {
    this.#rows.forEach(({ element, input, output, back, cells }, k) => {
      const t = steps[k] ?? 0;
      if (input.valueAsNumber !== t) input.valueAsNumber = t;
      fillTrack(input);
      output.value = stepText(t);
      back.disabled = t === 0;
      element.classList.toggle("selected", k === selected);
      for (const cell of cells) cell.canvas.parentElement!.ariaCurrent = String(cell.t === t);
    });
  }
}

/** What the row says of direction k. */
function label(row: SliderRow, { names, values }: DirectionSet, k: number, note: string): void {
  const { name, value, input, back, keep, cells } = row;
  const title = names[k];
  if (name.value !== title && !name.matches(":focus")) name.value = title;
  name.setAttribute("aria-label", `Name of ${title}`);
  input.setAttribute("aria-label", `Step along ${title}`);
  back.setAttribute("aria-label", `Set ${title} back to zero`);
  keep.setAttribute("aria-label", `Keep ${title} on the shelf`);
  for (const { t, canvas } of cells) {
    canvas.parentElement!.setAttribute("aria-label", `${title} at ${stepText(t)}`);
  }
  const number = values?.values[k];
  value.textContent =
    note || (number === undefined ? "" : `${symbolOf(values!.kind)} ${number.toPrecision(3)}`);
  value.title = values?.kind ?? "";
}

/** Tells the style sheet where zero and the thumb are. */
export function fillTrack(input: HTMLInputElement): void {
  const [low, high] = [Number(input.min), Number(input.max)];
  const percent = (value: number): string => `${(100 * (value - low)) / (high - low)}%`;
  input.style.setProperty("--at", percent(input.valueAsNumber));
  input.style.setProperty("--zero", percent(0));
}

function symbolOf(kind: string): string {
  return { "singular value": "σ", eigenvalue: "λ", "standard deviation": "sd" }[kind] ?? kind;
}
