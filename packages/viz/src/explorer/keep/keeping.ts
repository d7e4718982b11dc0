// What a person takes along: files of directions, the shelf, films, the address, a command, code.

import { writeNpy } from "@vielbein/linalg/npy";
import { stem } from "../controls.ts";
import type { ExplorerDirections } from "../engine.ts";
import type { Explorer } from "../explorer.ts";
import { download } from "../picture.ts";
import type { View } from "../view.ts";
import { codeFor, commandFor, type NamedEdit, type Subject } from "./copies.ts";
import { Shelf } from "./shelf.ts";
import { ShelfStore, type TextStorage } from "./shelf-store.ts";
import { Timeline } from "./timeline.ts";

export class Keeping {
  readonly shelf: Shelf;
  readonly timeline: Timeline;
  readonly #view: View;
  readonly #explorer: Explorer;

  constructor(view: View, explorer: Explorer, signal: AbortSignal) {
    this.#view = view;
    this.#explorer = explorer;
    const failed = (error: unknown): void => explorer.fail(error);
    this.shelf = new Shelf(view, new ShelfStore(memory()), {
      used: (set) =>
        void explorer.engine.save(set).then((bytes) => explorer.open(bytes, "the shelf"), failed),
      saved: (set) => void this.#saveSet(set, "shelf"),
      failed,
    });
    this.timeline = new Timeline(view, explorer.engine, () => view.canvas, {
      latent: () => explorer.editor.latent,
      chosen: (code) => void explorer.goTo(code),
      task: (what, run) => void explorer.work(what, run),
      stem: () => stem(explorer),
    });
    const on = (button: HTMLElement, pressed: () => void): void =>
      button.addEventListener("click", pressed, { signal });
    on(view.copyLink, () => this.#copy(location.href, "The address of this page"));
    on(view.copyCommand, () => this.#copyCommand());
    on(view.copyCode, () => this.#with((subject) => this.#copy(codeFor(subject), "The code")));
  }

  /** Hands a column's directions to the person, in the file format of the command line. */
  save({ set }: ExplorerDirections): void {
    void this.#saveSet(set, methodName(set.method));
  }

  async #saveSet(set: ExplorerDirections["set"], name: string): Promise<void> {
    try {
      const bytes = await this.#explorer.engine.save(set);
      download(new Blob([bytes as BlobPart]), `${stem(this.#explorer)}-${name}.safetensors`);
    } catch (error) {
      this.#explorer.fail(error);
    }
  }

  #with(react: (subject: Subject) => void): void {
    const { model, editor, isMoved } = this.#explorer;
    if (!model) return;
    const edits = editor.columns.all.flatMap(({ kind, edit }): NamedEdit[] => (edit ? [{ kind, edit }] : []));
    react({
      model,
      seed: Number(this.#view.seed.value),
      truncation: this.#view.truncation.valueAsNumber,
      isMoved,
      edits,
      layers: editor.place.layers,
      latent: editor.latent,
      fileOf: ({ edit }) => `${stem(this.#explorer)}-${methodName(edit.set.method)}.safetensors`,
    });
  }

  #copyCommand(): void {
    this.#with((subject) => {
      if (subject.isMoved) {
        const { anchor } = this.#explorer.editor;
        const bytes = writeNpy({ shape: [1, anchor.length], data: anchor });
        download(new Blob([bytes as BlobPart]), "code.npy");
      }
      const files = subject.edits.filter(({ edit }) => edit.steps.some((t) => t !== 0)).map(subject.fileOf);
      const reads =
        files.length > 0 ? `; it reads ${files.join(" and ")}, which “Save” of a column writes` : "";
      this.#copy(commandFor(subject), `The command${reads}`);
    });
  }

  #copy(text: string, what: string): void {
    const { copyHint } = this.#view;
    const shown = document.createElement("code");
    shown.textContent = text;
    navigator.clipboard?.writeText(text).then(
      () => copyHint.replaceChildren(`${what}, copied: `, shown),
      () => copyHint.replaceChildren(`${what}: `, shown),
    ) ?? copyHint.replaceChildren(`${what}: `, shown);
  }
}

function methodName(method: string): string {
  return method.replace(/[^a-z]+/gi, "-").toLowerCase();
}

/** What the browser remembers for this address; where it refuses, as in some frames, only as long as the page is open. */
function memory(): TextStorage {
  try {
    return localStorage;
  } catch {
    const texts = new Map<string, string>();
    return {
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => void texts.set(key, text),
    };
  }
}
