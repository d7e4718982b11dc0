// The explorer itself: a code x = x₀ + Σ tₖ·ℓₖ·vₖ, where x₀ is the anchor, at which the directions vₖ were found, and tₖ are
// the sliders. Pictures follow the sliders, latest first; what takes longer waits until they rest, and is given up when
// they move again.

import { codeAt, type StepUnit, unitLengths } from "./code.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerModel,
  ExplorerSpectrum,
  SpacesChoice,
} from "./engine.ts";
import { Latest } from "./latest.ts";
import { paint } from "./picture.ts";
import type { Session } from "./session.ts";
import { fillTrack, Sliders } from "./sliders.ts";
import { dimensionText, spectrumView } from "./spectrum-view.ts";
import { Strip, stripSteps } from "./strip.ts";
import { Tabs } from "./tabs.ts";
import { fillSpaces, type View } from "./view.ts";

/** Directions shown at first, and added by each press of the button. */
const SHOWN = 12;
/** Milliseconds without movement before the strip is drawn. */
const REST = 120;

/** What the element tells the page. */
export interface ExplorerEvents {
  /** Another code is shown. */
  change(latent: Float32Array): void;
  basis(spectrum: ExplorerSpectrum, directions: ExplorerDirections | undefined): void;
  error(error: unknown): void;
  /** The session is another: for the address. */
  session(session: Session): void;
}

export class Explorer {
  readonly engine: ExplorerEngine;
  model: ExplorerModel | undefined;
  directions: ExplorerDirections | undefined;
  private readonly view: View;
  private readonly events: ExplorerEvents;
  private readonly sliders: Sliders;
  private readonly tabs: Tabs;
  private readonly strip: Strip;
  private readonly frames = new Latest();
  private readonly spectra = new Latest();
  /** Gives up what is under way for a state that is no more. */
  private work = new AbortController();
  private stripWork = new AbortController();
  private stripTimer: ReturnType<typeof setTimeout> | undefined;
  private anchor: Float32Array = new Float32Array();
  /** Whether the anchor is not the sample of the seed. */
  private isMoved = false;
  private steps: number[] = [];
  private lengths: Float64Array = new Float64Array();
  private selected = 0;
  private shown = SHOWN;
  private kind: DirectionKind = "basis";
  private spectrum: ExplorerSpectrum | undefined;
  /** Bytes of the directions that were opened last. */
  private file: Uint8Array | undefined;

  constructor(view: View, engine: ExplorerEngine, events: ExplorerEvents) {
    this.view = view;
    this.engine = engine;
    this.events = events;
    this.sliders = new Sliders(view.sliders, {
      moved: (k, t) => this.move(k, t),
      selected: (k) => this.select(k),
    });
    this.tabs = new Tabs(view.kinds, (kind) => {
      if (kind !== this.kind || !this.directions) void this.find(kind);
    });
    this.strip = new Strip(view.strip, (t) => this.move(this.selected, t));
    this.tabs.select(this.kind);
  }

  /** The code shown, `[from.dim]`. */
  get latent(): Float32Array {
    return codeAt(this.anchor, this.directions, this.steps, this.lengths);
  }

  get session(): Session {
    const { seed, truncation, unit } = this.view;
    const { model } = this;
    const isDefault =
      !model || (model.from.name === model.froms[0]!.name && model.to.name === model.tos.at(-1)!.name);
    return {
      seed: Number(seed.value),
      truncation: truncation.valueAsNumber,
      kind: this.kind,
      unit: unit.value as StepUnit,
      steps: this.steps,
      ...(isDefault ? {} : { from: model.from.name, to: model.to.name }),
      ...(this.isMoved || (this.kind === "file" && this.steps.some((t) => t !== 0))
        ? { anchor: this.kind === "file" ? this.latent : this.anchor }
        : {}),
    };
  }

  /** Reads a model and takes up a session with it. */
  async load(name: string, bytes: Uint8Array, session: Session): Promise<void> {
    await this.task(`Reading ${name}`, async (signal) => {
      const spaces: SpacesChoice = pickSpaces(session);
      this.enter(await this.engine.load({ name, bytes }, spaces, signal));
      await this.restore(session, signal);
    });
  }

  async choose(spaces: SpacesChoice): Promise<void> {
    const session = this.afresh();
    await this.task("Opening the spaces", async (signal) => {
      this.enter(await this.engine.choose(spaces, signal));
      await this.restore(session, signal);
    });
    // A choice that failed is not the one in force.
    if (this.model) this.enter(this.model);
  }

  /** The sample of the seed and truncation in the fields. */
  async resample(): Promise<void> {
    const session = this.afresh();
    await this.task("Sampling", (signal) => this.restore(session, signal));
  }

  /** Takes a code as the anchor; the directions are found anew there. */
  async goTo(latent: Float32Array): Promise<void> {
    this.anchor = latent.slice();
    this.isMoved = true;
    this.steps = this.steps.map(() => 0);
    await this.find(this.kind);
  }

  recompute(): Promise<void> {
    return this.goTo(this.latent);
  }

  reset(): void {
    this.steps = this.steps.map(() => 0);
    this.refresh();
  }

  /** Directions of a kind at the anchor; what the sliders had done becomes part of the anchor where the kind changes. */
  async find(kind: DirectionKind, steps: readonly number[] = []): Promise<void> {
    if (kind !== this.kind && this.steps.some((t) => t !== 0)) {
      this.anchor = this.latent;
      this.isMoved = true;
    }
    this.steps = [];
    await this.task("Finding directions", (signal) => this.findNow(kind, steps, signal));
  }

  /** Directions of a file, at the code shown. */
  async open(file: Uint8Array): Promise<void> {
    await this.task("Opening directions", async (signal) => {
      const point = this.latent;
      const opened = await this.engine.open(file, point, signal);
      this.isMoved ||= this.steps.some((t) => t !== 0);
      this.anchor = point;
      this.file = file;
      this.take("file", opened, []);
    });
  }

  showMore(): void {
    this.shown += SHOWN;
    this.take(this.kind, this.directions!, this.steps);
  }

  /** Another unit: sliders keep their values, and the image moves. */
  measure(): void {
    if (!this.directions) return;
    this.lengths = unitLengths(this.directions, this.view.unit.value as StepUnit, this.count);
    this.refresh();
  }

  followNow(): void {
    if (!this.model || !this.view.follow.checked) return;
    this.spectra.run(async () => {
      try {
        const { spectrum } = await this.engine.basis(this.latent, this.work.signal);
        this.showSpectrum(spectrum);
        this.events.basis(spectrum, undefined);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  dispose(): void {
    clearTimeout(this.stripTimer);
    this.work.abort();
    this.engine.dispose();
  }

  fail(error: unknown): void {
    if (error instanceof Error && error.name === "AbortError") return;
    const { view } = this;
    view.error.hidden = false;
    view.error.textContent = error instanceof Error ? error.message : String(error);
    this.events.error(error);
  }

  /** The session without what the sliders and the buttons did to the code. */
  private afresh(): Session {
    const { anchor: _, ...session } = this.session;
    return { ...session, steps: [] };
  }

  private get count(): number {
    return Math.min(this.shown, this.directions?.set.names.length ?? 0);
  }

  /** Runs what makes all earlier work obsolete, and says what it is. */
  private async task(what: string, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.work.abort();
    this.stripWork.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    this.view.error.hidden = true;
    this.view.status.textContent = `${what} …`;
    try {
      await run(signal);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      if (!signal.aborted) this.view.status.textContent = "";
    }
  }

  private enter(model: ExplorerModel): void {
    const { view } = this;
    this.model = model;
    view.name.textContent = model.name;
    view.runtime.textContent = model.runtime;
    view.hint.hidden = true;
    fillSpaces(view.from, model.froms, model.from.name);
    fillSpaces(view.to, model.tos, model.to.name);
  }

  private async restore(session: Session, signal: AbortSignal): Promise<void> {
    const { seed, truncation, kind, unit, steps, anchor } = session;
    const { view } = this;
    view.seed.value = String(seed);
    view.truncation.valueAsNumber = truncation;
    fillTrack(view.truncation);
    view.truncationValue.value = truncation.toFixed(2);
    view.unit.value = unit;
    const fits = anchor?.length === this.model!.from.dim;
    this.anchor = fits ? anchor.slice() : await this.engine.sample(seed, truncation, signal);
    this.isMoved = fits;
    this.steps = [];
    this.selected = Math.max(
      0,
      steps.findIndex((t) => t !== 0),
    );
    this.directions = undefined;
    // The picture need not wait for the directions.
    this.redraw();
    await this.findNow(kind === "file" ? "basis" : kind, steps, signal);
  }

  private async findNow(kind: DirectionKind, steps: readonly number[], signal: AbortSignal): Promise<void> {
    if (!this.model) return;
    const point = this.anchor;
    this.kind = kind;
    this.tabs.select(kind);
    try {
      // The spectrum is always that of the point.
      const basis = await this.engine.basis(point, signal);
      this.showSpectrum(basis.spectrum);
      if (kind === "basis") this.take(kind, basis, steps);
      else if (kind === "file") this.take(kind, await this.engine.open(this.file!, point, signal), steps);
      else this.take(kind, await this.engine.directions(kind, point, signal), steps);
      this.events.basis(basis.spectrum, this.directions);
    } catch (error) {
      if (signal.aborted) throw error;
      this.without(error);
    }
  }

  private take(kind: DirectionKind, directions: ExplorerDirections, steps: readonly number[]): void {
    const { view } = this;
    this.kind = kind;
    this.tabs.select(kind);
    this.directions = directions;
    const { count } = this;
    this.steps = Array.from({ length: count }, (_, k) => steps[k] ?? 0);
    this.lengths = unitLengths(directions, view.unit.value as StepUnit, count);
    this.selected = Math.min(this.selected, count - 1);
    this.sliders.fill(directions.set, count);
    view.note.hidden = true;
    view.more.hidden = count >= directions.set.names.length;
    view.saveDirections.disabled = false;
    this.refresh();
  }

  /** The model has no directions of this kind. */
  private without(error: unknown): void {
    const { view } = this;
    this.directions = undefined;
    this.steps = [];
    view.sliders.replaceChildren();
    view.note.hidden = false;
    view.note.textContent = `No directions of this kind here. ${error instanceof Error ? error.message : error}`;
    view.more.hidden = true;
    view.saveDirections.disabled = true;
    this.events.error(error);
    this.refresh();
  }

  private move(k: number, t: number): void {
    if (!this.directions) return;
    this.steps[k] = t;
    this.selected = k;
    this.refresh();
  }

  private select(k: number): void {
    if (k === this.selected) return;
    this.selected = k;
    this.sliders.show(this.steps, k);
    this.drawSpectrum();
    this.restStrip();
  }

  private refresh(): void {
    this.sliders.show(this.steps, this.selected);
    this.drawSpectrum();
    this.redraw();
  }

  private redraw(): void {
    this.stripWork.abort();
    const { signal } = this.work;
    this.frames.run(async () => {
      try {
        const latent = this.latent;
        const [image] = await this.engine.render(latent, 1, signal);
        paint(this.view.canvas, image!);
        this.events.change(latent);
      } catch (error) {
        this.fail(error);
      }
    });
    this.followNow();
    this.restStrip();
    this.events.session(this.session);
  }

  private restStrip(): void {
    clearTimeout(this.stripTimer);
    this.strip.mark(this.steps[this.selected] ?? 0);
    this.stripTimer = setTimeout(() => void this.drawStrip(), REST);
  }

  private async drawStrip(): Promise<void> {
    const { directions, selected, view } = this;
    if (!directions) return;
    this.stripWork = new AbortController();
    const codes = stripSteps().map((t) => {
      const steps = this.steps.slice();
      steps[selected] = t;
      return codeAt(this.anchor, directions, steps, this.lengths);
    });
    const points = new Float32Array(codes.length * this.anchor.length);
    codes.forEach((code, i) => {
      points.set(code, i * code.length);
    });
    try {
      this.strip.show(await this.engine.render(points, codes.length, this.stripWork.signal));
      view.stripTitle.textContent = `Traversal of ${directions.set.names[selected]} (${directions.set.method}), steps of the slider`;
    } catch (error) {
      this.fail(error);
    }
  }

  private showSpectrum(spectrum: ExplorerSpectrum): void {
    this.spectrum = spectrum;
    this.drawSpectrum();
  }

  private drawSpectrum(): void {
    if (!this.spectrum) return;
    const { view } = this;
    view.spectrum.innerHTML = spectrumView(this.spectrum, this.kind === "basis" ? this.selected : -1);
    view.dimension.textContent = dimensionText(this.spectrum.dimension);
  }
}

function pickSpaces({ from, to }: Session): SpacesChoice {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
