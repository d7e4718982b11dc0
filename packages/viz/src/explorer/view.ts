// The parts of the page that the explorer reads and fills, by their names in the template.

import type { Space } from "@vielbein/core";
import { type LayerRange, layerCount } from "./code.ts";
import type { ExplorerLayout, ExplorerModel, ExplorerTruncation } from "./engine.ts";
import { fillInputs } from "./inputs.ts";
import type { PageState } from "./page-state.ts";
import { fillTrack } from "./sliders.ts";
import { explorerStyles } from "./styles.ts";
import { TEMPLATE } from "./template.ts";

export interface View {
  readonly frame: HTMLElement;
  readonly name: HTMLElement;
  readonly runtime: HTMLElement;
  readonly from: HTMLSelectElement;
  readonly to: HTMLSelectElement;
  readonly layout: HTMLSelectElement;
  readonly modelFile: HTMLInputElement;
  readonly canvas: HTMLCanvasElement;
  readonly hint: HTMLElement;
  readonly legend: HTMLElement;
  readonly newSample: HTMLButtonElement;
  readonly seed: HTMLInputElement;
  readonly png: HTMLButtonElement;
  readonly truncation: HTMLInputElement;
  readonly truncationName: HTMLElement;
  readonly truncationValue: HTMLOutputElement;
  readonly inputs: HTMLElement;
  readonly spectrumTitle: HTMLElement;
  readonly route: HTMLElement;
  readonly dimension: HTMLElement;
  readonly spectrum: HTMLElement;
  readonly kinds: HTMLElement;
  readonly recompute: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
  readonly layers: HTMLElement;
  readonly firstLayer: HTMLInputElement;
  readonly lastLayer: HTMLInputElement;
  readonly follow: HTMLInputElement;
  readonly unit: HTMLSelectElement;
  readonly panel: HTMLElement;
  readonly directionsFile: HTMLInputElement;
  readonly animation: HTMLButtonElement;
  readonly stripTitle: HTMLElement;
  readonly strip: HTMLElement;
  readonly status: HTMLElement;
  readonly error: HTMLElement;
  readonly remarks: HTMLElement;
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
    frame: root.querySelector(".explorer") as HTMLElement,
    name: get("name"),
    runtime: get("runtime"),
    from: get("from"),
    to: get("to"),
    layout: get("layout"),
    modelFile: get("model-file"),
    canvas: get("canvas"),
    hint: get("hint"),
    legend: get("legend"),
    newSample: get("new"),
    seed: get("seed"),
    png: get("png"),
    truncation: get("truncation"),
    truncationName: get("truncation-name"),
    truncationValue: get("truncation-value"),
    inputs: get("inputs"),
    spectrumTitle: get("spectrum-title"),
    route: get("route"),
    dimension: get("dimension"),
    spectrum: get("spectrum"),
    kinds: get("kinds"),
    recompute: get("recompute"),
    reset: get("reset"),
    layers: get("layers"),
    firstLayer: get("first-layer"),
    lastLayer: get("last-layer"),
    follow: get("follow"),
    unit: get("unit"),
    panel: get("panel"),
    directionsFile: get("directions-file"),
    animation: get("animation"),
    stripTitle: get("strip-title"),
    strip: get("strip"),
    status: get("status"),
    error: get("error"),
    remarks: get("remarks"),
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

/** Name, engine, spaces and further inputs of the model. */
export function fillModel(view: View, model: ExplorerModel): void {
  view.name.textContent = model.name;
  view.runtime.textContent = model.runtime;
  view.hint.hidden = true;
  view.remarks.hidden = model.remarks.length === 0;
  view.remarks.textContent = model.remarks
    .map((remark) => `${remark.charAt(0).toUpperCase()}${remark.slice(1)}.`)
    .join(" ");
  fillSpaces(view.from, model.froms, model.from.name);
  fillSpaces(view.to, model.tos, model.to.name);
  fillLayouts(view, model.layout);
  fillInputs(view.inputs, model);
  fillTruncation(view, model.truncation);
}

function fillTruncation({ truncationName }: View, { kind, space }: ExplorerTruncation): void {
  truncationName.textContent = kind === "scale" ? `scale of ${space}` : "truncation";
  truncationName.parentElement!.title = {
    mean: `ψ: pulls the sample toward the mean of ${space}`,
    scale: `Scales samples of ${space}: the model has no mapping network whose mean they could be pulled toward`,
    graph: `ψ: pulls ${space} toward its mean, inside the generator: directions are those of the truncated one`,
  }[kind];
}

/** The choice of layouts, where there is one, and what colours stand for. */
function fillLayouts({ frame, layout: select, legend }: View, layouts: ExplorerLayout): void {
  const { layout, shows, possible, keys } = layouts;
  legend.hidden = keys.length === 0;
  legend.replaceChildren(...keys.map(keyOf));
  frame.dataset.shows = shows;
  select.replaceChildren(...possible.map((text) => choiceOf(text, text, text === layout)));
  select.parentElement!.hidden = possible.length < 2;
}

/** The fields of a state of the page. */
export function fillFields(view: View, { seed, truncation, unit }: PageState): void {
  view.seed.value = String(seed);
  view.truncation.valueAsNumber = truncation;
  fillTrack(view.truncation);
  view.truncationValue.value = truncation.toFixed(2);
  view.unit.value = unit;
}

/** Fills a list with names of spaces and their dimensions. */
function fillSpaces(
  select: HTMLSelectElement,
  spaces: readonly { readonly name: string; readonly dim: number }[],
  chosen: string,
): void {
  select.replaceChildren(
    ...spaces.map(({ name, dim }) => choiceOf(name, `${name} (${dim})`, name === chosen)),
  );
}

function keyOf({ label, colour }: ExplorerLayout["keys"][number]): HTMLElement {
  const key = document.createElement("span");
  key.textContent = label;
  key.style.setProperty("--key", colour);
  return key;
}

function choiceOf(value: string, text: string, isChosen: boolean): HTMLOptionElement {
  const option = document.createElement("option");
  option.value = value;
  option.textContent = text;
  option.selected = isChosen;
  return option;
}

/** Shows the fields where the space has layers. Returns the range in force; undefined for all layers. */
export function fillLayers(
  view: View,
  space: Pick<Space, "shape">,
  wanted: LayerRange | undefined,
): LayerRange | undefined {
  const count = layerCount(space);
  const { layers, firstLayer, lastLayer } = view;
  layers.hidden = count === 0;
  firstLayer.max = lastLayer.max = String(count - 1);
  const [first, last] = wanted && wanted[1] < count ? wanted : [0, count - 1];
  firstLayer.value = String(first);
  lastLayer.value = String(last);
  return first > 0 || last < count - 1 ? [first, last] : undefined;
}

/** The range in the fields, put in order and within the space. */
export function layersIn(view: View, space: Pick<Space, "shape">): LayerRange | undefined {
  const top = layerCount(space) - 1;
  const within = (input: HTMLInputElement): number =>
    Math.min(top, Math.max(0, Math.floor(input.valueAsNumber || 0)));
  const first = within(view.firstLayer);
  return fillLayers(view, space, [first, Math.max(first, within(view.lastLayer))]);
}
