// The parts of the page that the explorer reads and fills, by their names in the template.

import type { ShelfView } from "./keep/shelf.ts";
import type { TimelineView } from "./keep/timeline.ts";
import type { LensView } from "./look/lens.ts";
import type { RegionView } from "./region/region-layer.ts";
import { explorerStyles } from "./styles/index.ts";
import { TEMPLATE } from "./template.ts";
import type { WorkView } from "./work.ts";

export interface View extends WorkView, LensView, RegionView, ShelfView, TimelineView {
  readonly frame: HTMLElement;
  readonly body: HTMLElement;
  readonly empty: HTMLElement;
  readonly openFirst: HTMLButtonElement;
  readonly name: HTMLElement;
  readonly runtime: HTMLElement;
  readonly from: HTMLSelectElement;
  readonly to: HTMLSelectElement;
  readonly layout: HTMLSelectElement;
  readonly openModel: HTMLButtonElement;
  readonly modelFile: HTMLInputElement;
  readonly legend: HTMLElement;
  readonly looks: HTMLElement;
  readonly before: HTMLButtonElement;
  readonly newSample: HTMLButtonElement;
  readonly seed: HTMLInputElement;
  readonly png: HTMLButtonElement;
  readonly truncation: HTMLInputElement;
  readonly truncationName: HTMLElement;
  readonly truncationValue: HTMLOutputElement;
  readonly truncationHint: HTMLElement;
  readonly inputs: HTMLElement;
  readonly region: HTMLElement;
  readonly spectrumFigure: HTMLElement;
  readonly spectrumTitle: HTMLElement;
  readonly route: HTMLElement;
  readonly dimension: HTMLElement;
  readonly spectrum: HTMLElement;
  readonly kinds: HTMLElement;
  readonly views: HTMLElement;
  readonly undo: HTMLButtonElement;
  readonly redo: HTMLButtonElement;
  readonly recompute: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
  readonly layers: HTMLElement;
  readonly firstLayer: HTMLInputElement;
  readonly lastLayer: HTMLInputElement;
  readonly follow: HTMLInputElement;
  readonly unit: HTMLSelectElement;
  readonly panel: HTMLElement;
  readonly openDirections: HTMLButtonElement;
  readonly directionsFile: HTMLInputElement;
  readonly animation: HTMLButtonElement;
  readonly stripFigure: HTMLElement;
  readonly stripTitle: HTMLElement;
  readonly strip: HTMLElement;
  readonly copyLink: HTMLButtonElement;
  readonly copyCommand: HTMLButtonElement;
  readonly copyCode: HTMLButtonElement;
  readonly copyHint: HTMLElement;
  readonly error: HTMLElement;
  readonly errorText: HTMLElement;
  /** The form of what a checkpoint does not say. */
  readonly asked: HTMLFormElement;
  readonly askedName: HTMLElement;
  readonly answer: HTMLInputElement;
  readonly dismiss: HTMLButtonElement;
  readonly remarks: HTMLElement;
}

/** Fills the root with the page. Its parts are found by their ids: `modelFile` is `#model-file`. */
export function makeView(root: ShadowRoot): View {
  const style = document.createElement("style");
  style.textContent = explorerStyles();
  const template = document.createElement("template");
  template.innerHTML = TEMPLATE;
  root.replaceChildren(style, template.content);
  const frame = root.querySelector(".explorer");
  const named = [...root.querySelectorAll("[id]")].map((part) => [nameOf(part.id), part]);
  const parts = Object.fromEntries(named);
  return { ...parts, frame, newSample: parts.new, tools: parts.regionTools } as View;
}

/** `model-file` as `modelFile`. */
function nameOf(id: string): string {
  return id.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
