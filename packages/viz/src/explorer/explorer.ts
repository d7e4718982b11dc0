// The explorer: a model, the code that is edited, and the search for directions at the anchor. What takes longer than a
// picture is a task; a task makes earlier ones obsolete, and what they would have replaced holds on or is found anew.

import { Editor } from "./editor.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  ExplorerRegion,
  SpacesChoice,
} from "./engine.ts";
import { errorText } from "./error-text.ts";
import type { ExplorerEvents } from "./events.ts";
import { fillFields, fillModel } from "./fill-view.ts";
import { Finder } from "./finder.ts";
import { isSameButSteps, type PageState, type StepsByKind } from "./page-state.ts";
import { pageStateOf, readFitting, spacesOf } from "./page-state-of.ts";
import type { View } from "./view.ts";
import { Work } from "./work.ts";

/** Why a column has no directions after a search was given up. */
const GIVEN_UP = "The search was given up. “Recompute here” looks again.";

export class Explorer {
  readonly engine: ExplorerEngine;
  readonly editor: Editor;
  model: ExplorerModel | undefined;
  /** Whether the anchor is not the sample of the seed. */
  isMoved = false;
  /** The region that is marked. */
  region: ExplorerRegion | undefined;
  readonly #view: View;
  readonly #events: ExplorerEvents;
  readonly #work: Work;
  readonly #finder: Finder;
  /** What held before the present task. */
  #before: { readonly model: ExplorerModel | undefined; readonly anchor: Float32Array } | undefined;

  constructor(view: View, engine: ExplorerEngine, events: ExplorerEvents) {
    this.#view = view;
    this.engine = engine;
    this.#events = events;
    const failed = (error: unknown): void => this.fail(error);
    this.#work = new Work(view, failed);
    this.editor = new Editor(view, engine, {
      signal: () => this.#work.signal,
      change: events.change,
      edited: () => {
        this.followNow();
        events.pageState(this.pageState);
      },
      toggled: (kinds) => void this.show(kinds),
      save: events.save,
      keep: events.keep,
      failed,
    });
    this.#finder = new Finder(engine, this.editor.columns, {
      unit: () => this.editor.unit,
      showSpectrum: (found) => this.editor.sight.showSpectrum(found),
      refresh: () => this.editor.refresh(),
      tell: (share) => this.#work.tell(share),
      error: events.error,
    });
  }

  /** The directions at hand, by column. */
  get directions(): ReadonlyMap<DirectionKind, ExplorerDirections> {
    return this.editor.columns.directions;
  }

  get pageState(): PageState {
    return pageStateOf(this.#view, this.editor.columns, this.editor.place, this);
  }

  /**
   * Reads a model and restores a state of the page with it; where the two do not fit, a fresh one, and says why. Returns
   * what went wrong, which the page says too.
   */
  async load(
    file: ExplorerFile | Promise<ExplorerFile>,
    name: string,
    pageState: PageState,
  ): Promise<{ readonly failure?: unknown }> {
    let failure: unknown;
    if (!this.model) this.#view.name.textContent = name;
    await this.#task(`Reading ${name}`, true, async (signal) => {
      try {
        const read = await file;
        signal.throwIfAborted();
        const { model, restored, misfit } = await readFitting(this.engine, read, pageState, signal);
        this.#enter(model);
        this.#events.model(model, read);
        await this.#restore(restored, signal);
        if (misfit) throw misfit;
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    return { failure };
  }

  async choose(spaces: SpacesChoice): Promise<void> {
    const { layers: _, ...pageState } = this.#afresh();
    const isLatest = await this.#task("Opening the spaces", true, async (signal) => {
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
    this.editor.sight.forget();
    this.editor.redraw();
  }

  /** The sample of the seed and truncation in the fields. */
  async resample(): Promise<void> {
    const pageState = this.#afresh();
    await this.#task("Sampling", true, async (signal) => {
      const inForce = this.model?.truncation;
      if (inForce?.kind === "graph" && inForce.psi !== pageState.truncation)
        this.#enter(await this.engine.choose(spacesOf(pageState), { signal }));
      await this.#restore(pageState, signal);
    });
  }

  /** A state that the page was in before, of the same model. */
  async revisit(pageState: PageState): Promise<void> {
    if (isSameButSteps(pageState, this.pageState)) {
      this.editor.putSteps(pageState.steps, pageState.unit);
      return;
    }
    await this.#task("Going back", true, async (signal) => {
      if (JSON.stringify(spacesOf(pageState)) !== JSON.stringify(spacesOf(this.pageState)))
        this.#enter(await this.engine.choose(spacesOf(pageState), { signal }));
      await this.#restore(pageState, signal);
    });
  }

  /** Takes a code as the anchor; the directions are found again there. */
  async goTo(latent: Float32Array): Promise<void> {
    await this.#task("Finding directions", false, async (signal) => {
      this.editor.anchor = latent.slice();
      this.isMoved = true;
      this.editor.redraw();
      await this.#find({}, signal);
    });
  }

  /** Gives up what is under way. */
  cancel(): void {
    this.#work.giveUp();
    this.#resume();
  }

  /** Columns of these kinds, side by side. The sliders of a column that goes away go with it. */
  async show(kinds: readonly DirectionKind[]): Promise<void> {
    const { steps } = this.pageState;
    this.editor.columns.choose(kinds);
    this.editor.refresh();
    await this.#search("Finding directions", (signal) => this.#find(steps, signal));
  }

  /** Directions of a file in a column of their own. */
  async open(file: Uint8Array, name: string): Promise<void> {
    await this.#search(`Opening ${name}`, async (signal) => {
      await this.#finder.open(file, name, this.editor.anchor, signal);
      const { steps } = this.pageState;
      await this.#find({ ...steps, file: [] }, signal);
    });
  }

  /** Directions of the region that is marked, in a column of their own; undefined for none. */
  mark(region: ExplorerRegion | undefined): void {
    this.region = region;
    if (region) {
      this.#finder.mark(this.editor.anchor, region, this.#work.signal);
      this.editor.refresh();
    } else {
      this.editor.columns.withdraw("region");
      void this.show(this.editor.columns.kinds);
    }
  }

  /** Whether directions of a region are found so quickly that they can follow it while it is drawn. */
  get isRegionQuick(): boolean {
    return this.#finder.isRegionQuick;
  }

  followNow(): void {
    if (!this.model || !this.#view.follow.checked) return;
    this.editor.sight.follow(this.#work.signal, (found) => this.#events.basis(found, this.directions));
  }

  /** Runs work that the person may cancel, and that leaves the directions as they are. */
  async work(
    what: string,
    run: (signal: AbortSignal, tell: (share: number) => void) => Promise<void>,
  ): Promise<void> {
    await this.#work.beside(what, (signal) => run(signal, (share) => this.#work.tell(share)));
  }

  dispose(): void {
    this.editor.sight.dispose();
    this.#work.giveUp();
    this.engine.dispose();
  }

  fail(error: unknown): void {
    if (error instanceof Error && error.name === "AbortError") return;
    this.#view.error.hidden = false;
    this.#view.asked.hidden = true;
    this.#view.errorText.textContent = errorText(error);
    this.#events.error(error);
  }

  /** The state of the page without what the sliders and the buttons did to the code. */
  #afresh(): PageState {
    const { anchor: _, ...pageState } = this.pageState;
    return { ...pageState, steps: {} };
  }

  /** Runs what leads to another code, so that what is shown is not of it. Returns whether nothing made it obsolete. */
  #task(what: string, isPicture: boolean, run: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    this.#before = { model: this.model, anchor: this.editor.anchor };
    this.editor.columns.wait();
    this.editor.sight.expect(isPicture);
    return this.#search(what, run);
  }

  /** Runs what makes earlier work obsolete, and leaves nothing waiting. */
  async #search(what: string, run: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    this.#view.error.hidden = true;
    const interrupts = this.#work.isUnderWay;
    const isLatest = await this.#work.run(what, run);
    if (!isLatest) return false;
    const { columns, anchor } = this.editor;
    // A task that failed may have ended a search that holds still, before or after its first directions.
    const isCutShort = columns.isAnyLost || (interrupts && !this.#finder.hasFoundAt(anchor));
    if (this.model && this.#isValid && isCutShort) {
      if (!columns.isAnyLost) this.#resume();
      await this.#work.run("Finding directions", (signal) => this.#find(this.pageState.steps, signal));
    }
    this.#resume();
    return true;
  }

  /** Whether the code is the one before the present task. */
  get #isValid(): boolean {
    return this.#before?.model === this.model && this.#before?.anchor === this.editor.anchor;
  }

  /** What still waits gets what it had, if that holds still. */
  #resume(): void {
    const { columns, sight, unit } = this.editor;
    columns.resume(this.#isValid, this.model ? GIVEN_UP : "", unit);
    sight.resume();
    columns.show();
  }

  #enter(model: ExplorerModel): void {
    this.model = model;
    fillModel(this.#view, model);
  }

  async #restore(pageState: PageState, signal: AbortSignal): Promise<void> {
    const { seed, truncation, kinds, steps, anchor, layers, region } = pageState;
    const { editor } = this;
    fillFields(this.#view, pageState);
    if (this.model) editor.takeLayers(this.model, layers);
    editor.anchor = anchor?.slice() ?? (await this.engine.sample(seed, truncation, { signal }));
    this.isMoved = anchor !== undefined;
    this.region = region;
    this.#events.region(region);
    editor.columns.restart(kinds, steps);
    // The picture need not wait for the directions.
    editor.redraw();
    this.#work.say("Finding directions");
    await this.#find(steps, signal);
  }

  /** Directions at the anchor for all columns that wait for some. */
  async #find(steps: StepsByKind, signal: AbortSignal): Promise<void> {
    if (!this.model) return;
    await this.#finder.find(this.editor.anchor, steps, this.region, signal);
    const { spectrum } = this.editor.sight;
    if (spectrum) this.#events.basis(spectrum, this.directions);
  }
}
