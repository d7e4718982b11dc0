// What lies over the picture: the picture before the edit, how far the two are apart, or where a direction acts.

import type { ExplorerEngine } from "../engine.ts";
import { Latest } from "../latest.ts";
import { paint } from "../picture.ts";

/** What is to be seen over the picture. */
export type LensMode = "before" | "difference" | "heat";

export interface LensView {
  readonly picture: HTMLElement;
  readonly lens: HTMLCanvasElement;
  readonly lensName: HTMLElement;
}

/** What there is to look at. */
export interface LensSubject {
  /** The code shown, and the one before the edit. */
  readonly latent: Float32Array;
  readonly anchor: Float32Array;
  /** The selected direction, if there is one. */
  readonly direction: Float32Array | undefined;
  readonly name: string;
}

const NAMES: Readonly<Record<LensMode, (subject: LensSubject) => string>> = {
  before: () => "before",
  difference: () => "difference to before",
  heat: ({ name }) => `where ${name} acts`,
};

export class Lens {
  readonly #view: LensView;
  readonly #engine: ExplorerEngine;
  readonly #subject: () => LensSubject | undefined;
  readonly #fail: (error: unknown) => void;
  readonly #frames = new Latest();
  #chosen: LensMode | undefined;
  #held = false;
  /** A direction that the pointer rests on. */
  #pointed: Pick<LensSubject, "direction" | "name"> | undefined;

  constructor(
    view: LensView,
    engine: ExplorerEngine,
    subject: () => LensSubject | undefined,
    fail: (error: unknown) => void,
  ) {
    this.#view = view;
    this.#engine = engine;
    this.#subject = subject;
    this.#fail = fail;
  }

  get chosen(): LensMode | undefined {
    return this.#chosen;
  }

  /** Looks that way until told otherwise. */
  choose(mode: LensMode | undefined): void {
    this.#chosen = mode;
    this.update();
  }

  /** Shows the picture before the edit as long as something is held down. */
  hold(isHeld: boolean): void {
    if (this.#held === isHeld) return;
    this.#held = isHeld;
    this.update();
  }

  /** Shows where a direction acts as long as the pointer rests on it. */
  point(pointed: Pick<LensSubject, "direction" | "name"> | undefined): void {
    this.#pointed = pointed;
    this.update();
  }

  /** Draws what there is to see now; the picture itself where there is nothing. */
  update(): void {
    const { picture, lens } = this.#view;
    const mode = this.#mode;
    if (!mode) {
      delete picture.dataset.lens;
      lens.hidden = true;
      return;
    }
    this.#frames.run(() => this.#draw());
  }

  get #mode(): LensMode | undefined {
    if (this.#held) return "before";
    return this.#pointed ? "heat" : this.#chosen;
  }

  async #draw(): Promise<void> {
    const mode = this.#mode;
    const subject = this.#subject();
    if (!mode || !subject) return;
    try {
      const seen = mode === "heat" && this.#pointed ? { ...subject, ...this.#pointed } : subject;
      const image = await this.#imageOf(mode, seen);
      if (!image || mode !== this.#mode) return;
      paint(this.#view.lens, image);
      this.#view.lens.hidden = false;
      this.#view.picture.dataset.lens = mode;
      this.#view.lensName.textContent = NAMES[mode](seen);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #imageOf(mode: LensMode, { latent, anchor, direction }: LensSubject) {
    switch (mode) {
      case "before":
        return (await this.#engine.render(anchor, 1))[0];
      case "difference":
        return this.#engine.difference(latent, anchor);
      case "heat":
        return direction && this.#engine.heat(latent, direction);
    }
  }
}
