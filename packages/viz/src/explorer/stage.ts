// What is drawn: the picture, latest first; the strip, once the sliders rest; the spectrum.

import { codeAt, type LayerRange } from "./code.ts";
import type { Columns } from "./columns.ts";
import type { ExplorerEngine, ExplorerSpectrum } from "./engine.ts";
import { Latest } from "./latest.ts";
import { paint } from "./picture.ts";
import { dimensionText, routeText, spectrumTitle, spectrumView } from "./spectrum-view.ts";
import { Strip, stripSteps } from "./strip.ts";
import type { View } from "./view.ts";

/** Milliseconds without movement before the strip is drawn. */
const REST = 120;

/** Where the sliders start, and on which layers they act. */
export interface Place {
  readonly anchor: Float32Array;
  readonly layers: LayerRange | undefined;
}

export class Stage {
  readonly #view: View;
  readonly #engine: ExplorerEngine;
  readonly #columns: Columns;
  readonly #fail: (error: unknown) => void;
  readonly #frames = new Latest();
  readonly #strip: Strip;
  #stripWork = new AbortController();
  #stripTimer: ReturnType<typeof setTimeout> | undefined;
  #spectrum: ExplorerSpectrum | undefined;

  /** @param chosen is told the step of the strip that was clicked. */
  constructor(
    view: View,
    engine: ExplorerEngine,
    columns: Columns,
    chosen: (t: number) => void,
    fail: (error: unknown) => void,
  ) {
    this.#view = view;
    this.#engine = engine;
    this.#columns = columns;
    this.#fail = fail;
    this.#strip = new Strip(view.strip, chosen);
  }

  /** Draws the picture of a code, and says when it is there. */
  draw(latent: () => Float32Array, signal: AbortSignal, shown: (latent: Float32Array) => void): void {
    this.#stripWork.abort();
    this.#frames.run(async () => {
      try {
        const code = latent();
        const [image] = await this.#engine.render(code, 1, { signal });
        paint(this.#view.canvas, image!);
        shown(code);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  showSpectrum(spectrum: ExplorerSpectrum): void {
    this.#spectrum = spectrum;
    this.drawSpectrum();
  }

  drawSpectrum(): void {
    if (!this.#spectrum) return;
    const { kind, k } = this.#columns.selection;
    this.#view.spectrum.innerHTML = spectrumView(this.#spectrum, kind === "basis" ? k : -1);
    this.#view.spectrumTitle.textContent = spectrumTitle(this.#spectrum);
    this.#view.route.textContent = routeText(this.#spectrum.route);
    this.#view.dimension.textContent = dimensionText(this.#spectrum.dimension);
  }

  /** Draws the strip of the selected direction once nothing has moved for a while. */
  rest(place: Place): void {
    clearTimeout(this.#stripTimer);
    const { kind, k } = this.#columns.selection;
    this.#strip.mark(this.#columns.column(kind)?.steps[k] ?? 0);
    this.#stripTimer = setTimeout(() => void this.#drawStrip(place), REST);
  }

  /**
   * Codes `[steps.length, dim]` along the selected direction, the other sliders staying; undefined without directions.
   */
  along(steps: readonly number[], { anchor, layers }: Place): Float32Array | undefined {
    const { kind, k } = this.#columns.selection;
    const chosen = this.#columns.column(kind)?.edit;
    // While directions are looked for, the selected one may not be there yet.
    if (!chosen || k >= chosen.steps.length) return undefined;
    const others = this.#columns.edits.filter(({ set }) => set !== chosen.set);
    const points = new Float32Array(steps.length * anchor.length);
    steps.forEach((t, i) => {
      const moved = { ...chosen, steps: chosen.steps.with(k, t) };
      points.set(codeAt(anchor, [...others, moved], layers), i * anchor.length);
    });
    return points;
  }

  giveUp(): void {
    clearTimeout(this.#stripTimer);
    this.#stripWork.abort();
  }

  async #drawStrip(place: Place): Promise<void> {
    const steps = stripSteps();
    const points = this.along(steps, place);
    const view = this.#view;
    const columns = this.#columns;
    view.animation.disabled = !points;
    if (!points) return;
    const { kind, k } = columns.selection;
    const { set } = columns.column(kind)!.directions!;
    this.#stripWork = new AbortController();
    try {
      const { signal } = this.#stripWork;
      this.#strip.show(await this.#engine.render(points, steps.length, { signal }));
      view.stripTitle.textContent = `Traversal of ${set.names[k]} (${set.method}), steps of the slider`;
    } catch (error) {
      this.#fail(error);
    }
  }
}
