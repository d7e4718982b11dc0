// The controls of the page, joined to the explorer: buttons, fields, files that are chosen or dropped.

import { hasDirections } from "./dropped.ts";
import type { Explorer } from "./explorer.ts";
import type { VielbeinExplorer } from "./host.ts";
import { axisOf, valuesIn } from "./inputs.ts";
import type { LensMode } from "./look/lens.ts";
import { encodePageState } from "./page-state.ts";
import { download } from "./picture.ts";
import type { View } from "./view.ts";

/** Joins the controls to the explorer, until the signal. */
export function listen(host: VielbeinExplorer, view: View, explorer: Explorer, signal: AbortSignal): void {
  const on: On = (target, type, react) => target.addEventListener(type, react, { signal });
  listenToSample(on, view, explorer);
  listenToSpaces(on, view, explorer);
  listenToDirections(on, view, explorer);
  listenToLooks(on, host, view, explorer);
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

/** What the directions are taken at, measured in and applied to, and how they are shown. */
function listenToDirections(on: On, view: View, explorer: Explorer): void {
  const { editor } = explorer;
  on(view.recompute, "click", () => void explorer.goTo(editor.latent));
  on(view.reset, "click", () => editor.reset());
  on(view.cancel, "click", () => explorer.cancel());
  on(view.dismiss, "click", () => {
    view.error.hidden = true;
  });
  on(view.follow, "change", () => explorer.followNow());
  on(view.unit, "change", () => editor.measure());
  on(view.views, "click", ({ target }) => {
    const layout = (target as HTMLElement).dataset.view;
    if (layout !== "sliders" && layout !== "grid") return;
    for (const button of view.views.querySelectorAll("button")) {
      button.ariaPressed = String(button.dataset.view === layout);
    }
    view.panel.dataset.view = layout;
    editor.arrangeRows(layout);
  });
  for (const field of [view.firstLayer, view.lastLayer]) {
    on(field, "change", () => {
      if (!explorer.model) return;
      editor.takeLayers(explorer.model, "fields");
      editor.refresh();
    });
  }
}

/** What lies over the picture: the one before the edit while something is held, or what was chosen. */
function listenToLooks(on: On, host: VielbeinExplorer, view: View, explorer: Explorer): void {
  const { lens } = explorer.editor.sight;
  const hold = (isHeld: boolean): void => {
    lens.hold(isHeld);
    view.before.ariaPressed = String(isHeld);
  };
  on(view.before, "pointerdown", () => hold(true));
  for (const type of ["pointerup", "pointerleave", "pointercancel", "blur"]) {
    on(view.before, type, () => hold(false));
  }
  const isKey = (event: Event): boolean => {
    const { key, ctrlKey, metaKey, altKey } = event as KeyboardEvent;
    const isOnButton = event.composedPath()[0] === view.before && (key === " " || key === "Enter");
    return isOnButton || (key.toLowerCase() === "b" && !ctrlKey && !metaKey && !altKey && !isTyping(event));
  };
  on(host, "keydown", (event) => isKey(event) && hold(true));
  on(host, "keyup", (event) => isKey(event) && hold(false));
  on(view.looks, "click", ({ target }) => {
    const mode = (target as HTMLElement).dataset.lens as LensMode | undefined;
    if (!mode) return;
    lens.choose(lens.chosen === mode ? undefined : mode);
    for (const button of view.looks.querySelectorAll<HTMLElement>("[data-lens]")) {
      button.ariaPressed = String(button.dataset.lens === lens.chosen);
    }
  });
}

/** Whether keys go into a field. */
export function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  return (
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["range", "checkbox"].includes(target.type))
  );
}

/** Pictures to keep: the image, and the animation of a direction; each with the state of the page in it. */
function listenToSaving(on: On, host: VielbeinExplorer, view: View, explorer: Explorer): void {
  const save = async (picture: Blob, name: string): Promise<void> => {
    const state = encodePageState(explorer.pageState);
    // Only whoever saves a picture loads what writes into one.
    const { withPngText } = await import("../images/png.ts");
    const png = new Uint8Array(await picture.arrayBuffer());
    const stated = state === undefined ? png : withPngText(png, "vielbein.address", state);
    download(
      new Blob([stated as BlobPart], { type: picture.type }),
      `${stem(explorer)}-seed${view.seed.value}${name}`,
    );
  };
  on(view.png, "click", () => view.canvas.toBlob((blob) => blob && void save(blob, ".png")));
  on(view.animation, "click", async () => {
    view.animation.disabled = true;
    await explorer.work("Animating", async () => save(await host.exportAnimation(), "-traversal.png"));
    view.animation.disabled = false;
  });
}

/** Files that are chosen, or dropped on the element. */
function listenToFiles(on: On, host: VielbeinExplorer, view: View, explorer: Explorer): void {
  const openModel = (file: File): unknown => void host.loadModel(file).catch(() => undefined);
  const openDirections = async (file: File): Promise<void> =>
    explorer.open(new Uint8Array(await file.arrayBuffer()), file.name);
  const openAny = async (file: File): Promise<unknown> =>
    (await hasDirections(file)) ? openDirections(file) : openModel(file);
  const chosen = (input: HTMLInputElement, react: (file: File) => unknown): void =>
    on(input, "change", () => {
      const file = input.files?.[0];
      // So that choosing the same file again counts as a change.
      if (file) void react(file);
      input.value = "";
    });
  chosen(view.modelFile, openAny);
  for (const button of [view.openModel, view.openFirst]) on(button, "click", () => view.modelFile.click());
  on(view.openDirections, "click", () => view.directionsFile.click());
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
    if (file) void openAny(file);
  });
}

/** The model's name, for names of files. */
export function stem(explorer: Explorer): string {
  return (explorer.model?.name ?? "image").replace(/\.onnx$/i, "");
}
