// Fills the parts of the page with what a model and a state of the page say.

import type { Space } from "@vielbein/core";
import { type LayerRange, layerCount } from "./code.ts";
import type { ExplorerLayout, ExplorerModel, ExplorerTruncation } from "./engine.ts";
import { fillInputs } from "./inputs.ts";
import type { PageState } from "./page-state.ts";
import { fillTrack } from "./sliders.ts";
import { spaceText } from "./space-text.ts";
import type { View } from "./view.ts";

/** Name, engine, spaces and further inputs of the model. */
export function fillModel(view: View, model: ExplorerModel): void {
  view.name.textContent = model.name;
  view.runtime.textContent = model.runtime;
  view.empty.hidden = true;
  view.body.hidden = false;
  view.region.hidden = model.layout.shows !== "image";
  view.remarks.hidden = model.remarks.length === 0;
  view.remarks.textContent = model.remarks
    .map((remark) => `${remark.charAt(0).toUpperCase()}${remark.slice(1)}.`)
    .join(" ");
  fillSpaces(view.from, model, model.froms, model.from.name);
  fillSpaces(view.to, model, model.tos, model.to.name);
  fillLayouts(view, model.layout);
  fillInputs(view.inputs, model);
  fillTruncation(view, model.truncation);
}

function fillTruncation({ truncationName, truncationHint }: View, { kind, space }: ExplorerTruncation): void {
  truncationName.textContent = kind === "scale" ? `scale of ${space}` : "truncation";
  truncationHint.textContent = {
    mean: `below 1 nearer to the mean of ${space}: more usual pictures, fewer different ones`,
    scale: `scales samples of ${space}: the model has no mapping network with a mean to pull them to`,
    graph: `below 1 nearer to the mean of ${space}, inside the generator: more usual pictures, fewer different ones`,
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

/** Fills a list with spaces, as people call them. */
function fillSpaces(
  select: HTMLSelectElement,
  model: ExplorerModel,
  spaces: readonly Space[],
  chosen: string,
): void {
  select.replaceChildren(
    ...spaces.map((space) => choiceOf(space.name, spaceText(space, model), space.name === chosen)),
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
