// What is drawn: the picture, latest first; the strip, once the sliders rest; the spectrum. What is of another code is
// dimmed until it is drawn again.

import type { RgbaImage } from "../images/image.ts";
import { codeAt, type LayerRange } from "./code.ts";
import type { Column } from "./column.ts";
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
  /** The codes of the strip's pictures. */
  #stripPoints: Float32Array | undefined;
  #spectrum: ExplorerSpectrum | undefined;
  /** The code of the picture. */
  #shown: Float32Array | undefined;

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

  /** Another code is on its way: what is shown is not of it. */
  expect({ isPicture }: { readonly isPicture: boolean }): void {
    const { picture, spectrumFigure, stripFigure } = this.#view;
    const stale = isPicture ? [picture, spectrumFigure, stripFigure] : [spectrumFigure];
    for (const part of stale) mark(part, true);
    if (isPicture) this.forget();
  }

  /** It will not come: what is shown is all there is. */
  resume(): void {
    const { picture, spectrumFigure, stripFigure } = this.#view;
    for (const part of [picture, spectrumFigure, stripFigure]) mark(part, false);
  }

  get spectrum(): ExplorerSpectrum | undefined {
    return this.#spectrum;
  }

  /** Draws the picture of a code, and says when it is there. */
  draw(
    latent: () => Float32Array,
    signal: AbortSignal,
    shown: (latent: Float32Array, image: RgbaImage) => void,
  ): void {
    this.#stripWork.abort();
    this.#frames.run(async () => {
      try {
        const code = latent();
        if (this.#shown?.length === code.length && code.every((x, i) => x === this.#shown?.[i])) return;
        const [image] = await this.#engine.render(code, 1, { signal });
        paint(this.#view.canvas, image);
        mark(this.#view.picture, false);
        this.#shown = code;
        shown(code, image);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  showSpectrum(spectrum: ExplorerSpectrum): void {
    this.#spectrum = spectrum;
    mark(this.#view.spectrumFigure, false);
    this.drawSpectrum();
  }

  drawSpectrum(): void {
    // That of another code stays as it is, dimmed, until this one's is there.
    if (!this.#spectrum || this.#view.spectrumFigure.classList.contains("stale")) return;
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
    const points = this.along(stripSteps(), place);
    const isShown = points?.every((x, i) => x === this.#stripPoints?.[i]);
    mark(this.#view.stripFigure, !isShown && this.#stripPoints !== undefined);
    if (!isShown) this.#stripTimer = setTimeout(() => void this.#drawStrip(place), REST);
  }

  /** The code of a direction at a step, the other sliders staying; undefined where it is not there. */
  codeAtStep(column: Column, k: number, t: number, { anchor, layers }: Place): Float32Array | undefined {
    const chosen = column.edit;
    // While directions are looked for, the selected one may not be there yet.
    if (!chosen || k >= chosen.steps.length) return undefined;
    const others = this.#columns.edits.filter(({ set }) => set !== chosen.set);
    return codeAt(anchor, [...others, { ...chosen, steps: chosen.steps.with(k, t) }], layers);
  }

  /**
   * Codes `[steps.length, dim]` along the selected direction, the other sliders staying; undefined without directions.
   */
  along(steps: readonly number[], place: Place): Float32Array | undefined {
    const { kind, k } = this.#columns.selection;
    const column = this.#columns.column(kind);
    const points = new Float32Array(steps.length * place.anchor.length);
    for (const [i, t] of steps.entries()) {
      const code = column && this.codeAtStep(column, k, t, place);
      if (!code) return undefined;
      points.set(code, i * place.anchor.length);
    }
    return points;
  }

  giveUp(): void {
    clearTimeout(this.#stripTimer);
    this.#stripWork.abort();
  }

  /** What the pictures were of is no more, since they are drawn by another layout. */
  forget(): void {
    this.#stripPoints = undefined;
    this.#shown = undefined;
  }

  async #drawStrip(place: Place): Promise<void> {
    const steps = stripSteps();
    const points = this.along(steps, place);
    const view = this.#view;
    view.animation.disabled = !points;
    if (!points) return;
    const { kind, k } = this.#columns.selection;
    const { set } = this.#columns.column(kind)?.directions ?? {};
    this.#stripWork = new AbortController();
    try {
      const { signal } = this.#stripWork;
      this.#strip.show(await this.#engine.render(points, steps.length, { signal }));
      this.#stripPoints = points;
      mark(view.stripFigure, false);
      view.stripTitle.textContent = `Traversal of ${set?.names[k]} (${set?.method}), steps of the slider`;
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** Dims what is of another code, and says so. */
function mark(part: HTMLElement, isStale: boolean): void {
  part.classList.toggle("stale", isStale);
  part.ariaBusy = String(isStale);
}
