// All that is seen of a code: the picture with what lies over it, the strip, the small pictures, the spectrum.

import { displacementOf, VielbeinError } from "@vielbein/core";
import { symmetricSteps } from "@vielbein/core/paths";
import type { RgbaImage } from "../../images/image.ts";
import type { Columns } from "../columns.ts";
import type { DirectionKind, ExplorerEngine, ExplorerSpectrum } from "../engine.ts";
import { Latest } from "../latest.ts";
import { type Place, Stage } from "../stage.ts";
import { REACH } from "../steps.ts";
import type { View } from "../view.ts";
import { Lens, type LensSubject } from "./lens.ts";
import { Thumbnails } from "./thumbnails.ts";

export interface SightEvents {
  place(): Place;
  latent(): Float32Array;
  /** Whether directions are looked for. */
  isSearching(): boolean;
  /** A step of the strip was clicked. */
  chosen(t: number): void;
  failed(error: unknown): void;
}

export class Sight {
  readonly lens: Lens;
  readonly #engine: ExplorerEngine;
  readonly #columns: Columns;
  readonly #events: SightEvents;
  readonly #stage: Stage;
  readonly #thumbnails: Thumbnails;
  readonly #spectra = new Latest();

  constructor(view: View, engine: ExplorerEngine, columns: Columns, events: SightEvents) {
    this.#engine = engine;
    this.#columns = columns;
    this.#events = events;
    this.#stage = new Stage(view, engine, columns, events.chosen, events.failed);
    this.#thumbnails = new Thumbnails(
      engine,
      columns,
      (column, k, t) => this.#stage.codeAtStep(column, k, t, events.place()),
      events.isSearching,
      events.failed,
    );
    this.lens = new Lens(view, engine, () => this.#subject, events.failed);
  }

  get spectrum(): ExplorerSpectrum | undefined {
    return this.#stage.spectrum;
  }

  /** Draws everything of the code shown, the picture first. */
  draw(signal: AbortSignal, shown: (latent: Float32Array, image: RgbaImage) => void): void {
    this.#stage.drawSpectrum();
    this.#stage.draw(this.#events.latent, signal, shown);
    this.#stage.rest(this.#events.place());
    this.#thumbnails.update();
    this.lens.update();
  }

  /** Another direction is selected. */
  turn(): void {
    this.#stage.drawSpectrum();
    this.#stage.rest(this.#events.place());
    this.#thumbnails.update();
    this.lens.update();
  }

  /** The pointer rests on direction k, or on none. */
  point(kind: DirectionKind, k: number | undefined): void {
    this.lens.point(k === undefined ? undefined : this.#directionOf(kind, k));
  }

  showSpectrum(spectrum: ExplorerSpectrum): void {
    this.#stage.showSpectrum(spectrum);
  }

  /** Finds the spectrum at the code shown, and hands it on. */
  follow(signal: AbortSignal, found: (spectrum: ExplorerSpectrum) => void): void {
    this.#spectra.run(async () => {
      try {
        const { spectrum } = await this.#engine.basis(this.#events.latent(), { signal });
        this.#stage.showSpectrum(spectrum);
        found(spectrum);
      } catch (error) {
        this.#events.failed(error);
      }
    });
  }

  /** Another code is on its way. */
  expect(isPicture: boolean): void {
    this.#stage.giveUp();
    this.#stage.expect({ isPicture });
  }

  /** It will not come. */
  resume(): void {
    this.#stage.resume();
    this.#thumbnails.update();
  }

  /** The model draws in another way. */
  forget(): void {
    this.#stage.forget();
    this.#thumbnails.forget();
  }

  /**
   * Animated PNG of the selected direction, from one end of its slider to the other and back.
   *
   * @param frames one way.
   */
  async animate(frames: number): Promise<Uint8Array> {
    const points = this.#stage.along(symmetricSteps(REACH, frames), this.#events.place());
    if (!points)
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        "There is no direction to go along yet. Wait for the event `basis`.",
      );
    return this.#engine.animate(points, frames, "there and back");
  }

  dispose(): void {
    this.#stage.giveUp();
    this.#thumbnails.dispose();
  }

  get #subject(): LensSubject | undefined {
    const { anchor } = this.#events.place();
    const { kind, k } = this.#columns.selection;
    if (anchor.length === 0) return undefined;
    const selected = this.#directionOf(kind, k) ?? { direction: undefined, name: "" };
    return { latent: this.#events.latent(), anchor, ...selected };
  }

  #directionOf(kind: DirectionKind, k: number): Pick<LensSubject, "direction" | "name"> | undefined {
    const set = this.#columns.column(kind)?.directions?.set;
    if (!set || k >= set.names.length) return undefined;
    return { direction: Float32Array.from(displacementOf(set, k)), name: set.names[k] };
  }
}
