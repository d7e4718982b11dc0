// The parts of the page that the explorer reads and fills, by their names in the template.

import { explorerStyles } from "./styles.ts";
import { TEMPLATE } from "./template.ts";

export interface View {
  readonly root: ShadowRoot;
  readonly name: HTMLElement;
  readonly runtime: HTMLElement;
  readonly from: HTMLSelectElement;
  readonly to: HTMLSelectElement;
  readonly modelFile: HTMLInputElement;
  readonly canvas: HTMLCanvasElement;
  readonly hint: HTMLElement;
  readonly newSample: HTMLButtonElement;
  readonly seed: HTMLInputElement;
  readonly png: HTMLButtonElement;
  readonly truncation: HTMLInputElement;
  readonly truncationValue: HTMLOutputElement;
  readonly dimension: HTMLElement;
  readonly spectrum: HTMLElement;
  readonly kinds: HTMLElement;
  readonly recompute: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
  readonly follow: HTMLInputElement;
  readonly unit: HTMLSelectElement;
  readonly sliders: HTMLElement;
  readonly note: HTMLElement;
  readonly more: HTMLButtonElement;
  readonly directionsFile: HTMLInputElement;
  readonly saveDirections: HTMLButtonElement;
  readonly stripTitle: HTMLElement;
  readonly strip: HTMLElement;
  readonly status: HTMLElement;
  readonly error: HTMLElement;
}

export function makeView(root: ShadowRoot): View {
  const style = document.createElement("style");
  style.textContent = explorerStyles();
  const template = document.createElement("template");
  template.innerHTML = TEMPLATE;
  root.replaceChildren(style, template.content);
  const get = <T extends HTMLElement>(id: string): T => root.getElementById(id) as T;
  for (const id of ["open-model", "open-directions"]) pressable(get(id));
  return {
    root,
    name: get("name"),
    runtime: get("runtime"),
    from: get("from"),
    to: get("to"),
    modelFile: get("model-file"),
    canvas: get("canvas"),
    hint: get("hint"),
    newSample: get("new"),
    seed: get("seed"),
    png: get("png"),
    truncation: get("truncation"),
    truncationValue: get("truncation-value"),
    dimension: get("dimension"),
    spectrum: get("spectrum"),
    kinds: get("kinds"),
    recompute: get("recompute"),
    reset: get("reset"),
    follow: get("follow"),
    unit: get("unit"),
    sliders: get("sliders"),
    note: get("note"),
    more: get("more"),
    directionsFile: get("directions-file"),
    saveDirections: get("save-directions"),
    stripTitle: get("strip-title"),
    strip: get("strip"),
    status: get("status"),
    error: get("error"),
  };
}

/** A label around a hidden file field, pressed by keys as a button is. */
function pressable(label: HTMLElement): void {
  label.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    label.querySelector("input")!.click();
  });
}

/** Fills a list with names of spaces and their dimensions. */
export function fillSpaces(
  select: HTMLSelectElement,
  spaces: readonly { readonly name: string; readonly dim: number }[],
  chosen: string,
): void {
  select.replaceChildren(
    ...spaces.map(({ name, dim }) => {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = `${name} (${dim})`;
      option.selected = name === chosen;
      return option;
    }),
  );
}
