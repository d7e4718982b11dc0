// The explorer itself: a code x = x₀ + Σ tₖ·ℓₖ·vₖ, where x₀ is the anchor, at which the directions vₖ of all columns
// were found, and tₖ are the sliders. Pictures follow the sliders; what takes longer is given up when its state is no
// more.

import { VielbeinError } from "@vielbein/core";
import { symmetricSteps } from "@vielbein/core/paths";
import { codeAt, type LayerRange, type StepUnit } from "./code.ts";
import { Columns } from "./columns.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  SpacesChoice,
} from "./engine.ts";
import type { ExplorerEvents } from "./events.ts";
import { fillColumns } from "./fill-columns.ts";
import { Latest } from "./latest.ts";
import { FRESH, type PageState, type StepsByKind } from "./page-state.ts";
import { pageStateOf, readFitting, spacesOf } from "./page-state-of.ts";
import { REACH } from "./sliders.ts";
import { type Place, Stage } from "./stage.ts";
import { fillFields, fillLayers, fillModel, layersIn, type View } from "./view.ts";
import { Work } from "./work.ts";

export class Explorer {
  readonly engine: ExplorerEngine;
  model: ExplorerModel | undefined;
  readonly #view: View;
  readonly #events: ExplorerEvents;
  readonly #columns: Columns;
  readonly #stage: Stage;
  readonly #spectra = new Latest();
  readonly #work: Work;
  #anchor: Float32Array = new Float32Array();
  /** Whether the anchor is not the sample of the seed. */
  isMoved = false;
  /** Those that are edited, where it is not all. */
  #layers: LayerRange | undefined;
  /** Bytes of the directions that were opened last. */
  #file: Uint8Array | undefined;

  constructor(view: View, engine: ExplorerEngine, events: ExplorerEvents) {
    this.#view = view;
    this.engine = engine;
    this.#events = events;
    this.#work = new Work(view.status, (error) => this.fail(error));
    const columnEvents = {
      moved: (kind: DirectionKind, k: number, t: number) => this.#move(kind, k, t),
      selected: (kind: DirectionKind, k: number) => this.#select(kind, k),
      more: (kind: DirectionKind) => {
        this.#columns.column(kind)?.grow(this.#unit);
        this.#refresh();
      },
      save: (kind: DirectionKind) => {
        const directions = this.directions.get(kind);
        if (directions) events.save(directions);
      },
    };
    this.#columns = new Columns(view.kinds, view.panel, columnEvents, (kinds) => void this.show(kinds));
    const go = (t: number): void => this.#move(this.#columns.selection.kind, this.#columns.selection.k, t);
    this.#stage = new Stage(view, engine, this.#columns, go, (error) => this.fail(error));
    this.#columns.choose(FRESH.kinds);
  }

  /** The code shown, `[from.dim]`. */
  get latent(): Float32Array {
    return codeAt(this.#anchor, this.#columns.edits, this.#layers);
  }

  /** The directions at hand, by column. */
  get directions(): ReadonlyMap<DirectionKind, ExplorerDirections> {
    return this.#columns.directions;
  }

  get pageState(): PageState {
    return pageStateOf(this.#view, this.#columns, this.#place, this);
  }

  /** Reads a model and restores a state of the page with it; where the two do not fit, a fresh one, and says why. */
  async load(file: ExplorerFile, pageState: PageState): Promise<void> {
    await this.#task(`Reading ${file.name}`, async (signal) => {
      const { model, restored, misfit } = await readFitting(this.engine, file, pageState, signal);
      this.#enter(model);
      await this.#restore(restored, signal);
      if (misfit) throw misfit;
    });
  }

  async choose(spaces: SpacesChoice): Promise<void> {
    const { layers: _, ...pageState } = this.#afresh();
    const isLatest = await this.#task("Opening the spaces", async (signal) => {
      this.#enter(await this.engine.choose({ ...spaces, truncation: pageState.truncation }, { signal }));
      await this.#restore(pageState, signal);
    });
    // A choice that failed is not the one in force.
    if (this.model && isLatest) this.#enter(this.model);
  }

  /** Draws outputs by another layout; codes and directions stay. */
  async arrange(layout: string): Promise<void> {
    try {
      this.#enter(await this.engine.arrange(layout, { signal: this.#work.signal }));
    } catch (error) {
      if (this.model) this.#enter(this.model);
      return this.fail(error);
    }
    this.#redraw();
  }

  /** The sample of the seed and truncation in the fields. */
  async resample(): Promise<void> {
    const pageState = this.#afresh();
    await this.#task("Sampling", async (signal) => {
      const inForce = this.model?.truncation;
      if (inForce?.kind === "graph" && inForce.psi !== pageState.truncation) {
        this.#enter(await this.engine.choose(spacesOf(pageState), { signal }));
      }
      await this.#restore(pageState, signal);
    });
  }

  /** Takes a code as the anchor; the directions are found again there. */
  async goTo(latent: Float32Array): Promise<void> {
    this.#anchor = latent.slice();
    this.isMoved = true;
    this.#columns.reset();
    await this.#task("Finding directions", (signal) => this.#find({}, signal));
  }

  reset(): void {
    this.#columns.reset();
    this.#refresh();
  }

  /** Columns of these kinds, side by side. The sliders of a column that goes away go with it. */
  async show(kinds: readonly DirectionKind[]): Promise<void> {
    const { steps } = this.pageState;
    this.#columns.choose(kinds);
    await this.#task("Finding directions", (signal) => this.#find(steps, signal));
  }

  /** Directions of a file in a column of their own. */
  async open(file: Uint8Array): Promise<void> {
    await this.#task("Opening directions", async (signal) => {
      // A file that does not fit changes nothing.
      await this.engine.open(file, this.#anchor, { signal });
      this.#file = file;
      const { steps } = this.pageState;
      this.#columns.choose([...this.#columns.kinds, "file"]);
      this.#columns.selection = { kind: "file", k: 0 };
      await this.#find({ ...steps, file: [] }, signal);
    });
  }

  /** Another unit: sliders keep their values, and the image moves. */
  measure(): void {
    this.#columns.measure(this.#unit);
    this.#refresh();
  }

  /** Edits act on the layers in the fields from now on. */
  chooseLayers(): void {
    if (!this.model) return;
    this.#layers = layersIn(this.#view, this.model.from);
    this.#refresh();
  }

  followNow(): void {
    if (!this.model || !this.#view.follow.checked) return;
    this.#spectra.run(async () => {
      try {
        const { spectrum } = await this.engine.basis(this.latent, { signal: this.#work.signal });
        this.#stage.showSpectrum(spectrum);
        this.#events.basis(spectrum, this.directions);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /**
   * Animated PNG of the selected direction, from one end of its slider to the other and back.
   *
   * @param frames one way.
   */
  async animate(frames: number): Promise<Uint8Array> {
    const points = this.#stage.along(symmetricSteps(REACH, frames), this.#place);
    if (!points)
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        "There is no direction to go along yet. Wait for the event `basis`.",
      );
    return this.engine.animate(points, frames, { signal: this.#work.signal });
  }

  dispose(): void {
    this.#stage.giveUp();
    this.#work.giveUp();
    this.engine.dispose();
  }

  fail(error: unknown): void {
    if (error instanceof Error && error.name === "AbortError") return;
    this.#view.error.hidden = false;
    this.#view.error.textContent = error instanceof Error ? error.message : String(error);
    this.#events.error(error);
  }

  get #unit(): StepUnit {
    return this.#view.unit.value as StepUnit;
  }

  get #place(): Place {
    return { anchor: this.#anchor, layers: this.#layers };
  }

  /** The state of the page without what the sliders and the buttons did to the code. */
  #afresh(): PageState {
    const { anchor: _, ...pageState } = this.pageState;
    return { ...pageState, steps: {} };
  }

  /** Runs what makes all earlier work obsolete. Returns whether nothing has made this obsolete. */
  #task(what: string, run: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    this.#stage.giveUp();
    this.#view.error.hidden = true;
    return this.#work.run(what, run);
  }

  #enter(model: ExplorerModel): void {
    this.model = model;
    fillModel(this.#view, model);
  }

  async #restore(pageState: PageState, signal: AbortSignal): Promise<void> {
    const { seed, truncation, kinds, steps, anchor, layers } = pageState;
    fillFields(this.#view, pageState);
    this.#layers = this.model && fillLayers(this.#view, this.model.from, layers);
    this.#anchor = anchor?.slice() ?? (await this.engine.sample(seed, truncation, { signal }));
    this.isMoved = anchor !== undefined;
    this.#columns.restart(kinds, steps);
    // The picture need not wait for the directions.
    this.#redraw();
    this.#work.say("Finding directions");
    await this.#find(steps, signal);
  }

  /** Directions of all columns at the anchor. */
  async #find(steps: StepsByKind, signal: AbortSignal): Promise<void> {
    if (!this.model) return;
    const { spectrum } = await fillColumns(this.engine, this.#columns, {
      anchor: this.#anchor,
      steps,
      file: this.#file,
      signal,
      unit: () => this.#unit,
      showSpectrum: (found) => this.#stage.showSpectrum(found),
      refresh: () => this.#refresh(),
      error: (error) => this.#events.error(error),
    });
    this.#events.basis(spectrum, this.directions);
  }

  #move(kind: DirectionKind, k: number, t: number): void {
    const column = this.#columns.column(kind);
    if (!column?.directions) return;
    column.steps[k] = t;
    this.#columns.selection = { kind, k };
    this.#refresh();
  }

  #select(kind: DirectionKind, k: number): void {
    const { selection } = this.#columns;
    if (kind === selection.kind && k === selection.k) return;
    this.#columns.selection = { kind, k };
    this.#columns.show();
    this.#stage.drawSpectrum();
    this.#stage.rest(this.#place);
  }

  #refresh(): void {
    this.#columns.show();
    this.#stage.drawSpectrum();
    this.#redraw();
  }

  #redraw(): void {
    this.#stage.draw(
      () => this.latent,
      this.#work.signal,
      (latent) => this.#events.change(latent),
    );
    this.followNow();
    this.#stage.rest(this.#place);
    this.#events.pageState(this.pageState);
  }
}
