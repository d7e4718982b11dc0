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

  /** One for each of the first `count` directions, all at 0. */
  fill(set: DirectionSet, count: number): void {
    this.#rows = Array.from({ length: count }, (_, k) => this.#row(set, k));
    this.#host.replaceChildren(...this.#rows.map(({ element }) => element));
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

  #row(set: DirectionSet, k: number): Row {
    const element = document.createElement("div");
    const name = document.createElement("label");
    const value = document.createElement("span");
    const input = document.createElement("input");
    const output = document.createElement("output");
    const back = document.createElement("button");
    element.className = "row";
    name.className = "name";
    name.textContent = name.title = set.names[k];
    name.htmlFor = input.id = `slider-${this.#name}-${k}`;
    value.className = "value";
    const number = set.values?.values[k];
    if (number !== undefined) {
      value.textContent = `${symbolOf(set.values!.kind)} ${number.toPrecision(3)}`;
      value.title = set.values!.kind;
    }
    Object.assign(input, { type: "range", min: -REACH, max: REACH, step: 0.05, value: "0" });
    input.addEventListener("input", () => this.#events.moved(k, input.valueAsNumber));
    input.addEventListener("focus", () => this.#events.selected(k));
    input.addEventListener("dblclick", () => this.#events.moved(k, 0));
    back.textContent = "↺";
    back.title = "Back to zero";
    back.setAttribute("aria-label", `Set ${set.names[k]} back to zero`);
    back.addEventListener("click", () => this.#events.moved(k, 0));
    element.append(name, value, input, output, back);
    return { element, input, output, back };
  }
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
