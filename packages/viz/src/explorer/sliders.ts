// A slider for each direction: name, value, position, and a button that sets it back.

import type { DirectionSet } from "@vielbein/core";

/** Largest step either way, in units. */
export const REACH = 3;

export interface SliderEvents {
  /** A slider was moved to `t`. */
  moved(k: number, t: number): void;
  selected(k: number): void;
}

interface Row {
  readonly element: HTMLElement;
  readonly name: HTMLLabelElement;
  readonly value: HTMLElement;
  readonly input: HTMLInputElement;
  readonly output: HTMLOutputElement;
  readonly back: HTMLButtonElement;
}

export class Sliders {
  readonly #host: HTMLElement;
  readonly #name: string;
  readonly #events: SliderEvents;
  #rows: Row[] = [];

  /** @param name tells the sliders of several hosts apart. */
  constructor(host: HTMLElement, name: string, events: SliderEvents) {
    this.#host = host;
    this.#name = name;
    this.#events = events;
  }

  clear(): void {
    this.#rows = [];
    this.#host.replaceChildren();
  }

  /** One for each of the first `count` directions. Those that are there stay, with the focus: one may be in a hand. */
  fill(set: DirectionSet, count: number): void {
    for (const { element } of this.#rows.splice(count)) element.remove();
    while (this.#rows.length < count) {
      const row = this.#row(this.#rows.length);
      this.#rows.push(row);
      this.#host.append(row.element);
    }
    for (const [k, row] of this.#rows.entries()) label(row, set, k);
  }

  show(steps: readonly number[], selected: number): void {
    this.#rows.forEach(({ element, input, output, back }, k) => {
      const t = steps[k] ?? 0;
      if (input.valueAsNumber !== t) input.valueAsNumber = t;
      fillTrack(input);
      output.value = t === 0 ? "0" : t.toFixed(2).replace("-", "−");
      back.disabled = t === 0;
      element.classList.toggle("selected", k === selected);
    });
  }

  #row(k: number): Row {
    const element = document.createElement("div");
    const name = document.createElement("label");
    const value = document.createElement("span");
    const input = document.createElement("input");
    const output = document.createElement("output");
    const back = document.createElement("button");
    element.className = "row";
    name.className = "name";
    name.htmlFor = input.id = `slider-${this.#name}-${k}`;
    value.className = "value";
    Object.assign(input, { type: "range", min: -REACH, max: REACH, step: 0.05, value: "0" });
    input.addEventListener("input", () => this.#events.moved(k, input.valueAsNumber));
    input.addEventListener("focus", () => this.#events.selected(k));
    input.addEventListener("dblclick", () => this.#events.moved(k, 0));
    back.textContent = "↺";
    back.title = "Back to zero";
    back.addEventListener("click", () => this.#events.moved(k, 0));
    element.append(name, value, input, output, back);
    return { element, name, value, input, output, back };
  }
}

/** What the row says of direction k. */
function label({ name, value, back }: Row, { names, values }: DirectionSet, k: number): void {
  name.textContent = name.title = names[k];
  back.setAttribute("aria-label", `Set ${names[k]} back to zero`);
  const number = values?.values[k];
  value.textContent = number === undefined ? "" : `${symbolOf(values!.kind)} ${number.toPrecision(3)}`;
  value.title = number === undefined ? "" : values!.kind;
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
