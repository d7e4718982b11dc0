// The shelf: directions that are kept, those of the model that is open first.

import { type DirectionSet, displacementOf } from "@vielbein/core";
import type { ExplorerModel } from "../engine.ts";
import { plainName } from "../names.ts";
import { type KeptDirection, type ShelfStore, setOf, textOf } from "./shelf-store.ts";

export interface ShelfView {
  readonly shelf: HTMLElement;
  readonly shelfHint: HTMLElement;
  readonly useShelf: HTMLButtonElement;
  readonly saveShelf: HTMLButtonElement;
}

export interface ShelfEvents {
  /** The kept directions of the present space are to be moved along. */
  used(set: DirectionSet): void;
  /** They are to be saved as a file. */
  saved(set: DirectionSet): void;
  failed(error: unknown): void;
}

export class Shelf {
  readonly #view: ShelfView;
  readonly #store: ShelfStore;
  readonly #events: ShelfEvents;
  #model: ExplorerModel | undefined;

  constructor(view: ShelfView, store: ShelfStore, events: ShelfEvents) {
    this.#view = view;
    this.#store = store;
    this.#events = events;
    view.useShelf.addEventListener("click", () => this.#with((set) => events.used(set)));
    view.saveShelf.addEventListener("click", () => this.#with((set) => events.saved(set)));
    this.#fill();
  }

  /** The model and the space whose directions can be used. */
  show(model: ExplorerModel): void {
    this.#model = model;
    this.#fill();
  }

  /** Puts the direction k of a set on the shelf. */
  keep(set: DirectionSet, k: number): void {
    const model = this.#model;
    if (!model) return;
    const { name, dim, shape } = set.space;
    const kept: KeptDirection = {
      id: `${Date.now().toString(36)}-${this.#store.all().length}`,
      name: set.names[k],
      method: set.method,
      model: { name: model.name, sha256: model.sha256 },
      space: { name, dim, shape: [...shape] },
      vector: textOf(displacementOf(set, k)),
    };
    this.#put([...this.#store.all(), kept]);
  }

  #with(react: (set: DirectionSet) => void): void {
    const set = this.#model && setOf(this.#usable, this.#model.from);
    if (set) react(set);
  }

  get #usable(): readonly KeptDirection[] {
    return this.#store.all().filter((kept) => this.#isUsable(kept));
  }

  #isUsable({ model, space }: KeptDirection): boolean {
    const present = this.#model;
    return present?.sha256 === model.sha256 && present.from.name === space.name;
  }

  #put(kept: readonly KeptDirection[]): void {
    try {
      this.#store.put(kept);
    } catch {
      const message =
        "The browser has no room for more directions. Save the shelf as a file, then remove some.";
      this.#events.failed(new Error(message));
    }
    this.#fill();
  }

  #fill(): void {
    const { shelf, shelfHint, useShelf, saveShelf } = this.#view;
    const all = this.#store.all();
    const usable = all.filter((kept) => this.#isUsable(kept));
    const others = all.filter((kept) => !this.#isUsable(kept));
    useShelf.disabled = saveShelf.disabled = usable.length === 0;
    shelfHint.textContent = hintOf(usable.length, others.length);
    shelf.replaceChildren(...[...usable, ...others].map((kept) => this.#item(kept, usable.includes(kept))));
  }

  #item(kept: KeptDirection, isUsable: boolean): HTMLElement {
    const item = document.createElement("li");
    item.classList.toggle("elsewhere", !isUsable);
    const name = document.createElement("input");
    name.type = "text";
    name.value = kept.name;
    name.setAttribute("aria-label", `Name of ${kept.name}`);
    name.addEventListener("change", () => {
      const renamed = { ...kept, name: plainName(name.value, kept.name) };
      this.#put(this.#store.all().map((each) => (each.id === kept.id ? renamed : each)));
    });
    const origin = document.createElement("span");
    origin.textContent = `${kept.method} · ${kept.model.name}, ${kept.space.name}`;
    const remove = document.createElement("button");
    remove.textContent = "✕";
    remove.className = "tool";
    remove.title = "Take off the shelf";
    remove.setAttribute("aria-label", `Take ${kept.name} off the shelf`);
    remove.addEventListener("click", () => this.#put(this.#store.all().filter(({ id }) => id !== kept.id)));
    item.append(name, origin, remove);
    return item;
  }
}

function hintOf(usable: number, others: number): string {
  if (usable + others === 0) return "A star keeps a direction here, for other samples and later visits.";
  const rest = others > 0 ? `, ${others} of other models or spaces` : "";
  return `${usable} of this space${rest}. “Use here” gives them a column.`;
}
