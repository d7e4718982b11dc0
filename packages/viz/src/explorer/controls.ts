// The controls of the page, joined to the explorer: buttons, fields, files that are chosen or dropped.

import type { ExplorerDirections } from "./engine.ts";
import type { Explorer } from "./explorer.ts";
import type { VielbeinExplorer } from "./host.ts";
import { axisOf, valuesIn } from "./inputs.ts";
import { download } from "./picture.ts";
import type { View } from "./view.ts";

/** Hands a column's directions to the person, in the file format of the command line. */
export async function saveDirections(explorer: Explorer, { set }: ExplorerDirections): Promise<void> {
  try {
    const bytes = await explorer.engine.save(set);
    const method = set.method.replace(/[^a-z]+/gi, "-").toLowerCase();
    download(new Blob([bytes as BlobPart]), `${stem(explorer)}-${method}.safetensors`);
  } catch (error) {
    explorer.fail(error);
  }
}

/** Joins the controls to the explorer, until the signal. */
export function listen(host: VielbeinExplorer, view: View, explorer: Explorer, signal: AbortSignal): void {
  const on: On = (target, type, react) => target.addEventListener(type, react, { signal });
  listenToSample(on, view, explorer);
  listenToSpaces(on, view, explorer);
  listenToDirections(on, view, explorer);
  listenToSaving(on, host, view, explorer);
  listenToFiles(on, host, view, explorer);
}

type On = (target: EventTarget, type: string, react: (event: Event) => void) => void;

/** Which sample is shown: seed and truncation. */
function listenToSample(on: On, view: View, explorer: Explorer): void {
  const sampled = (): void => void explorer.resample();
  on(view.newSample, "click", () => {
    view.seed.value = String(Number(view.seed.value) + 1);
    sampled();
  });
  on(view.seed, "change", () => {
    view.seed.value = String(Math.max(0, Math.floor(Number(view.seed.value) || 0)));
    sampled();
  });
  on(view.truncation, "input", () => {
    view.truncationValue.value = view.truncation.valueAsNumber.toFixed(2);
    sampled();
  });
}

/** Which map is explored: its spaces, how its outputs are drawn, and the values of further inputs. */
function listenToSpaces(on: On, view: View, explorer: Explorer): void {
  on(view.from, "change", () => void explorer.choose({ from: view.from.value }));
  on(view.to, "change", () => void explorer.choose({ from: view.from.value, to: view.to.value }));
  on(view.layout, "change", () => void explorer.arrange(view.layout.value));
  on(view.inputs, "change", ({ target }) => {
    const field = target as HTMLInputElement;
    const axis = axisOf(field);
    if (axis !== undefined) {
      const extents = {
        ...explorer.model?.extents,
        [axis]: Math.max(1, Math.floor(field.valueAsNumber || 1)),
      };
      void explorer.choose({ extents });
      return;
    }
    try {
      const set = { ...explorer.model?.set, [field.name]: valuesIn(field) };
      void explorer.choose({ from: view.from.value, to: view.to.value, set });
    } catch (error) {
      explorer.fail(error);
    }
  });
}

/** What the directions are taken at, measured in and applied to. */
function listenToDirections(on: On, view: View, explorer: Explorer): void {
  on(view.recompute, "click", () => void explorer.goTo(explorer.latent));
  on(view.reset, "click", () => explorer.reset());
  on(view.follow, "change", () => explorer.followNow());
  on(view.unit, "change", () => explorer.measure());
  for (const field of [view.firstLayer, view.lastLayer]) on(field, "change", () => explorer.chooseLayers());
}

/** Pictures to keep: the image, and the animation of a direction. */
function listenToSaving(on: On, host: VielbeinExplorer, view: View, explorer: Explorer): void {
  on(view.png, "click", () => {
    view.canvas.toBlob((blob) => blob && download(blob, `${stem(explorer)}-seed${view.seed.value}.png`));
  });
  on(view.animation, "click", async () => {
    view.animation.disabled = true;
    view.status.textContent = "Animating …";
    try {
      download(await host.exportAnimation(), `${stem(explorer)}-seed${view.seed.value}-traversal.png`);
    } catch (error) {
      explorer.fail(error);
    } finally {
      view.animation.disabled = false;
      view.status.textContent = "";
    }
  });
}

/** Files that are chosen, or dropped on the element. */
function listenToFiles(on: On, host: VielbeinExplorer, view: View, explorer: Explorer): void {
  const openModel = (file: File): unknown => host.open(file, file.name);
  const openDirections = async (file: File): Promise<void> =>
    explorer.open(new Uint8Array(await file.arrayBuffer()));
  const chosen = (input: HTMLInputElement, react: (file: File) => unknown): void =>
    on(input, "change", () => {
      const file = input.files?.[0];
      // So that choosing the same file again counts as a change.
      if (file) void react(file);
      input.value = "";
    });
  chosen(view.modelFile, openModel);
  chosen(view.directionsFile, openDirections);
  const isOver = (over: boolean): unknown => view.frame.classList.toggle("over", over);
  on(host, "dragover", (event) => {
    event.preventDefault();
    isOver(true);
  });
  on(host, "dragleave", () => isOver(false));
  on(host, "drop", (event) => {
    event.preventDefault();
    isOver(false);
    const file = (event as DragEvent).dataTransfer?.files[0];
    if (file) void (file.name.endsWith(".safetensors") ? openDirections(file) : openModel(file));
  });
}

function stem(explorer: Explorer): string {
  return (explorer.model?.name ?? "image").replace(/\.onnx$/i, "");
}
