// The explorer itself: a code x = x₀ + Σ tₖ·ℓₖ·vₖ, where x₀ is the anchor, at which the directions vₖ of all columns
// were found, and tₖ are the sliders. Pictures follow the sliders; what takes longer is given up when its state is no
// more.

import { symmetricSteps } from "@vielbein/core/paths";
import { codeAt, type LayerRange, type StepUnit } from "./code.ts";
import { Columns } from "./columns.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  LocalBasisReply,
  SpacesChoice,
} from "./engine.ts";
import type { ExplorerEvents } from "./events.ts";
import { Latest } from "./latest.ts";
import { decodePageState, type PageState, type StepsByKind } from "./page-state.ts";
import { pageStateOf, spacesOf } from "./page-state-of.ts";
import { REACH } from "./sliders.ts";
import { type Place, Stage } from "./stage.ts";
import { fillFields, fillLayers, fillModel, layersIn, type View } from "./view.ts";

export class Explorer {
  readonly engine: ExplorerEngine;
  model: ExplorerModel | undefined;
  readonly #view: View;
  readonly #events: ExplorerEvents;
  readonly #columns: Columns;
  readonly #stage: Stage;
  readonly #spectra = new Latest();
  /** Gives up what is under way for a state that is no more. */
  #work = new AbortController();
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
    this.#columns.choose(decodePageState("").kinds);
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

  /** Reads a model and restores a state of the page with it. */
  async load(file: ExplorerFile, pageState: PageState): Promise<void> {
    await this.#task(`Reading ${file.name}`, async (signal) => {
      this.#enter(await this.engine.load(file, spacesOf(pageState), { signal }));
      await this.#restore(pageState, signal);
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
    if (!points) throw new Error("There is no direction to go along yet.");
    return this.engine.animate(points, frames, { signal: this.#work.signal });
  }

  dispose(): void {
    this.#stage.giveUp();
    this.#work.abort();
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

  /** Runs what makes all earlier work obsolete, and says what it is. Returns whether nothing has made this obsolete. */
  async #task(what: string, run: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    this.#work.abort();
    this.#stage.giveUp();
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.#view.error.hidden = true;
    this.#view.status.textContent = `${what} …`;
    try {
      await run(signal);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      if (!signal.aborted) this.#view.status.textContent = "";
    }
    return !signal.aborted;
  }

  #enter(model: ExplorerModel): void {
    this.model = model;
    fillModel(this.#view, model);
  }

  async #restore(pageState: PageState, signal: AbortSignal): Promise<void> {
    const { seed, truncation, kinds, steps, anchor, layers } = pageState;
    const view = this.#view;
    const columns = this.#columns;
    fillFields(view, pageState);
    const { from } = this.model!;
    this.#layers = fillLayers(view, from, layers);
    const fits = anchor?.length === from.dim;
    this.#anchor = fits ? anchor.slice() : await this.engine.sample(seed, truncation, { signal });
    this.isMoved = fits;
    columns.choose(kinds);
    for (const column of columns.all) column.clear("…");
    const moved = kinds.find((kind) => steps[kind]?.some((t) => t !== 0));
    columns.selection = moved
      ? { kind: moved, k: steps[moved]!.findIndex((t) => t !== 0) }
      : { kind: columns.kinds[0], k: 0 };
    // The picture need not wait for the directions.
    this.#redraw();
    await this.#find(steps, signal);
  }

  /** Directions of all columns at the anchor. */
  async #find(steps: StepsByKind, signal: AbortSignal): Promise<void> {
    if (!this.model) return;
    const { engine } = this;
    const anchor = this.#anchor;
    const columns = this.#columns;
    const file = this.#file;
    const basis = await this.#findBasis(steps.basis ?? [], signal);
    for (const column of columns.all) {
      const { kind } = column;
      if (kind === "basis") continue;
      try {
        const found =
          kind === "file"
            ? await engine.open(file!, anchor, { signal })
            : await engine.directions(kind, anchor, { signal });
        column.take(found, steps[kind] ?? [], this.#unit);
      } catch (error) {
        if (signal.aborted) throw error;
        // The model has no directions of this kind.
        column.clear(`No directions of this kind here. ${error instanceof Error ? error.message : error}`);
        this.#events.error(error);
      }
    }
    columns.settle();
    this.#refresh();
    this.#events.basis(basis.spectrum, this.directions);
  }

  /** Local Basis at the anchor: one can move along the first directions while the others are looked for. */
  async #findBasis(steps: readonly number[], signal: AbortSignal): Promise<LocalBasisReply> {
    const column = this.#columns.column("basis");
    let isMovable = false;
    const take = (found: LocalBasisReply): void => {
      this.#stage.showSpectrum(found.spectrum);
      column?.take(found, isMovable ? column.steps : steps, this.#unit);
    };
    const progress = (found: LocalBasisReply): void => {
      // The address may have moved sliders that are not there yet.
      if (found.set.names.length < steps.length) return;
      take(found);
      isMovable = true;
      this.#refresh();
    };
    const basis = await this.engine.basis(this.#anchor, { signal, progress });
    take(basis);
    return basis;
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
