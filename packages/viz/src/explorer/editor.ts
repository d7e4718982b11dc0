// The code that is shown, x = x₀ + Σ tₖ·ℓₖ·vₖ, and what moves it: the anchor x₀, the columns of directions vₖ with their
// sliders tₖ, and the layers on which these act. What is seen follows.

import type { RgbaImage } from "../images/image.ts";
import { codeAt, type LayerRange, type StepUnit } from "./code.ts";
import { Columns } from "./columns.ts";
import type { DirectionKind, ExplorerDirections, ExplorerEngine, ExplorerModel } from "./engine.ts";
import { fillLayers, layersIn } from "./fill-view.ts";
import { Sight } from "./look/sight.ts";
import { FRESH, type StepsByKind } from "./page-state.ts";
import type { Place } from "./stage.ts";
import type { SlidersLayout } from "./steps.ts";
import type { View } from "./view.ts";

export interface EditorEvents {
  /** Aborted when what is drawn is obsolete. */
  signal(): AbortSignal;
  /** Another code is shown, and its picture. */
  change(latent: Float32Array, image: RgbaImage): void;
  /** Anything was edited. */
  edited(): void;
  /** Other columns are wanted. */
  toggled(kinds: readonly DirectionKind[]): void;
  /** A column's directions are to be saved. */
  save(directions: ExplorerDirections): void;
  /** One of them is to be kept. */
  keep(directions: ExplorerDirections, k: number): void;
  failed(error: unknown): void;
}

export class Editor {
  readonly columns: Columns;
  readonly sight: Sight;
  /** x₀, `[from.dim]`. */
  anchor: Float32Array = new Float32Array();
  /** The layers that are edited, where it is not all. */
  #layers: LayerRange | undefined;
  readonly #view: View;
  readonly #events: EditorEvents;

  constructor(view: View, engine: ExplorerEngine, events: EditorEvents) {
    this.#view = view;
    this.#events = events;
    this.columns = new Columns(
      view.kinds,
      view.panel,
      {
        moved: (kind, k, t) => this.#move(kind, k, t),
        selected: (kind, k) => this.#select(kind, k),
        renamed: (kind, k, name) => this.#rename(kind, k, name),
        kept: (kind, k) => this.#with(kind, (directions) => events.keep(directions, k)),
        pointed: (kind, k) => this.sight.point(kind, k),
        more: (kind) => {
          this.columns.column(kind)?.grow(this.unit);
          this.refresh();
        },
        save: (kind) => this.#with(kind, events.save),
      },
      events.toggled,
    );
    this.sight = new Sight(view, engine, this.columns, {
      place: () => this.place,
      latent: () => this.latent,
      isSearching: () => this.columns.all.some(({ isWaiting }) => isWaiting),
      chosen: (t) => this.#move(this.columns.selection.kind, this.columns.selection.k, t),
      failed: events.failed,
    });
    this.columns.choose(FRESH.kinds);
  }

  /** x, `[from.dim]`. */
  get latent(): Float32Array {
    return codeAt(this.anchor, this.columns.edits, this.#layers);
  }

  get place(): Place {
    return { anchor: this.anchor, layers: this.#layers };
  }

  get unit(): StepUnit {
    return this.#view.unit.value as StepUnit;
  }

  reset(): void {
    this.columns.reset();
    this.refresh();
  }

  /** Puts the sliders of all columns, in a unit. */
  putSteps(steps: StepsByKind, unit: StepUnit): void {
    this.#view.unit.value = unit;
    for (const column of this.columns.all) column.putSteps(steps[column.kind] ?? []);
    this.measure();
  }

  /** Another unit: sliders keep their values, and the image moves. */
  measure(): void {
    this.columns.measure(this.unit);
    this.refresh();
  }

  /** Edits act on these layers, or on those in the fields, from now on. */
  takeLayers({ from }: ExplorerModel, wanted: LayerRange | "fields" | undefined): void {
    this.#layers = wanted === "fields" ? layersIn(this.#view, from) : fillLayers(this.#view, from, wanted);
  }

  /** Rows as sliders between pictures, or as grids of pictures. */
  arrangeRows(layout: SlidersLayout): void {
    this.columns.arrange(layout, this.unit);
    this.refresh();
  }

  refresh(): void {
    this.columns.show();
    this.redraw();
  }

  redraw(): void {
    this.sight.draw(this.#events.signal(), this.#events.change);
    this.#events.edited();
  }

  #with(kind: DirectionKind, react: (directions: ExplorerDirections) => void): void {
    const directions = this.columns.directions.get(kind);
    if (directions) react(directions);
  }

  #move(kind: DirectionKind, k: number, t: number): void {
    const column = this.columns.column(kind);
    if (!column?.directions) return;
    column.steps[k] = t;
    this.columns.selection = { kind, k };
    this.refresh();
  }

  #select(kind: DirectionKind, k: number): void {
    const { selection } = this.columns;
    if (kind === selection.kind && k === selection.k) return;
    this.columns.selection = { kind, k };
    this.columns.show();
    this.sight.turn();
  }

  #rename(kind: DirectionKind, k: number, name: string): void {
    this.columns.column(kind)?.rename(k, name, this.unit);
    this.columns.show();
  }
}
