// The elements of one direction's row.

import { cellSteps, REACH, type SliderEvents, type SlidersLayout, type StepCell } from "./steps.ts";

export interface SliderRow {
  readonly element: HTMLElement;
  readonly name: HTMLInputElement;
  readonly value: HTMLElement;
  readonly input: HTMLInputElement;
  readonly output: HTMLOutputElement;
  readonly back: HTMLButtonElement;
  readonly keep: HTMLButtonElement;
  readonly cells: readonly StepCell[];
}

/** The row of direction k. `host` tells the sliders of several hosts apart. */
export function rowOf(host: string, k: number, layout: SlidersLayout, events: SliderEvents): SliderRow {
  const element = document.createElement("div");
  element.className = layout === "grid" ? "row tiles" : "row";
  const name = nameField(k, events);
  const value = document.createElement("span");
  value.className = "value";
  const title = document.createElement("div");
  title.className = "title-of";
  title.append(name, value);
  title.addEventListener("pointerenter", () => events.pointed(k));
  title.addEventListener("pointerleave", () => events.pointed(undefined));
  const input = document.createElement("input");
  input.id = `slider-${host}-${k}`;
  Object.assign(input, { type: "range", min: -REACH, max: REACH, step: 0.05, value: "0" });
  input.addEventListener("input", () => events.moved(k, input.valueAsNumber));
  input.addEventListener("focus", () => events.selected(k));
  input.addEventListener("dblclick", () => events.moved(k, 0));
  const output = document.createElement("output");
  const back = tool("↺", "Back to zero", "back", () => events.moved(k, 0));
  const keep = tool("☆", "Keep on the shelf", "keep", () => events.kept(k));
  const cells = cellSteps(layout).map((t) => ({ k, t, canvas: document.createElement("canvas") }));
  const isGrid = layout === "grid";
  const pictures = cells.map((cell) => cellButton(cell, isGrid, () => events.moved(k, cell.t)));
  const [low, high] = pictures;
  const middle = isGrid ? pictures : [low, input, high];
  element.append(title, ...middle, output, back, keep);
  return { element, name, value, input, output, back, keep, cells };
}

/** A press goes to the step; beside a slider, keys have that. */
function cellButton({ canvas }: StepCell, isFocusable: boolean, pressed: () => void): HTMLElement {
  const button = document.createElement("button");
  button.className = "cell";
  button.tabIndex = isFocusable ? 0 : -1;
  canvas.width = canvas.height = 1;
  button.append(canvas);
  button.addEventListener("click", pressed);
  return button;
}

function nameField(k: number, events: SliderEvents): HTMLInputElement {
  const name = document.createElement("input");
  name.type = "text";
  name.className = "name";
  name.spellcheck = false;
  name.title = "Type another name";
  name.addEventListener("focus", () => events.selected(k));
  name.addEventListener("change", () => events.renamed(k, name.value.trim()));
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") name.blur();
  });
  return name;
}

function tool(text: string, title: string, name: string, pressed: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.textContent = text;
  button.title = title;
  button.className = `tool ${name}`;
  button.addEventListener("click", pressed);
  return button;
}
