// The timeline: codes that are kept as keyframes, and the film through them.

import type { ExplorerEngine } from "../engine.ts";
import { download, paint } from "../picture.ts";
import { framesArchive, recordWebm } from "./film.ts";
import { wayThrough } from "./interpolate.ts";

export interface TimelineView {
  readonly timeline: HTMLElement;
  readonly timelineHint: HTMLElement;
  readonly addFrame: HTMLButtonElement;
  readonly play: HTMLButtonElement;
  readonly saveApng: HTMLButtonElement;
  readonly saveWebm: HTMLButtonElement;
  readonly saveFrames: HTMLButtonElement;
}

export interface TimelineEvents {
  /** The code that is to be added. */
  latent(): Float32Array;
  /** Goes to a keyframe's code. */
  chosen(code: Float32Array): void;
  /** Runs work that the person may cancel. */
  task(what: string, run: (signal: AbortSignal, tell: (share: number) => void) => Promise<void>): void;
  /** What files are called. */
  stem(): string;
}

/** Frames from a keyframe to the next, and milliseconds of each. */
const STEPS = 16;
const FRAME = 80;
/** Pixels of a keyframe's picture. */
const SIDE = 96;
/** Frames in one call of the engine. */
const TOGETHER = 4;

export class Timeline {
  readonly #view: TimelineView;
  readonly #engine: ExplorerEngine;
  readonly #events: TimelineEvents;
  readonly #canvas: () => HTMLCanvasElement;
  #frames: readonly { readonly code: Float32Array; readonly canvas: HTMLCanvasElement }[] = [];

  /** @param canvas where the film is played. */
  constructor(
    view: TimelineView,
    engine: ExplorerEngine,
    canvas: () => HTMLCanvasElement,
    events: TimelineEvents,
  ) {
    this.#view = view;
    this.#engine = engine;
    this.#events = events;
    this.#canvas = canvas;
    view.addFrame.addEventListener("click", () => this.add(events.latent()));
    view.play.addEventListener("click", () =>
      this.#run("Playing", (signal, tell) => this.#play(signal, tell)),
    );
    view.saveApng.addEventListener("click", () => this.#run("Animating", (signal) => this.#saveApng(signal)));
    view.saveWebm.addEventListener("click", () =>
      this.#run("Filming", async (signal, tell) => {
        download(await recordWebm(this.#images(signal, tell), FRAME), `${events.stem()}-timeline.webm`);
      }),
    );
    view.saveFrames.addEventListener("click", () =>
      this.#run("Drawing frames", async (signal, tell) => {
        download(await framesArchive(this.#images(signal, tell)), `${events.stem()}-frames.zip`);
      }),
    );
    this.#fill();
  }

  /** Keyframes of another space are no codes here. */
  clear(): void {
    this.#frames = [];
    this.#fill();
  }

  add(code: Float32Array): void {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    this.#frames = [...this.#frames, { code: code.slice(), canvas }];
    this.#fill();
    this.#run("Adding a keyframe", async (signal) => {
      const [image] = await this.#engine.thumbnails(code, 1, SIDE, { signal });
      paint(canvas, image);
    });
  }

  /** Frames of the film in order. */
  async *#images(signal: AbortSignal, tell: (share: number) => void) {
    const codes = this.#codes();
    for (let first = 0; first < codes.length; first += TOGETHER) {
      const some = codes.slice(first, first + TOGETHER);
      yield* await this.#engine.render(joined(some), some.length, { signal });
      tell((first + some.length) / codes.length);
    }
  }

  async #play(signal: AbortSignal, tell: (share: number) => void): Promise<void> {
    for await (const image of this.#images(signal, tell)) {
      paint(this.#canvas(), image);
      await new Promise((resolve) => setTimeout(resolve, FRAME));
      signal.throwIfAborted();
    }
    const last = this.#frames.at(-1);
    if (last) this.#events.chosen(last.code);
  }

  async #saveApng(signal: AbortSignal): Promise<void> {
    const codes = this.#codes();
    const bytes = await this.#engine.animate(joined(codes), codes.length, "once", { signal });
    download(new Blob([bytes as BlobPart], { type: "image/png" }), `${this.#events.stem()}-timeline.png`);
  }

  #codes(): Float32Array[] {
    return wayThrough(
      this.#frames.map(({ code }) => code),
      STEPS,
    );
  }

  #run(...[what, run]: Parameters<TimelineEvents["task"]>): void {
    this.#events.task(what, run);
  }

  #fill(): void {
    const { timeline, timelineHint, play, saveApng, saveWebm, saveFrames } = this.#view;
    const count = this.#frames.length;
    for (const button of [play, saveApng, saveWebm, saveFrames]) button.disabled = count < 2;
    saveWebm.hidden = !globalThis.MediaRecorder?.isTypeSupported("video/webm");
    const frames = (count - 1) * STEPS + 1;
    timelineHint.textContent =
      count < 2
        ? "Two pictures or more make a film: from each to the next in a straight line."
        : `${count} keyframes, ${frames} frames, ${((frames * FRAME) / 1000).toFixed(1)} s.`;
    timeline.replaceChildren(...this.#frames.map((_, i) => this.#item(i)));
  }

  #item(i: number): HTMLElement {
    const item = document.createElement("li");
    const { code, canvas } = this.#frames[i];
    const goTo = document.createElement("button");
    goTo.className = "cell";
    goTo.append(canvas);
    goTo.setAttribute("aria-label", `Go to keyframe ${i + 1}`);
    goTo.addEventListener("click", () => this.#events.chosen(code));
    const remove = document.createElement("button");
    remove.className = "tool";
    remove.textContent = "✕";
    remove.setAttribute("aria-label", `Remove keyframe ${i + 1}`);
    remove.addEventListener("click", () => {
      this.#frames = this.#frames.toSpliced(i, 1);
      this.#fill();
    });
    const earlier = document.createElement("button");
    earlier.className = "tool";
    earlier.textContent = "←";
    earlier.disabled = i === 0;
    earlier.setAttribute("aria-label", `Move keyframe ${i + 1} forward`);
    earlier.addEventListener("click", () => {
      const moved = this.#frames[i];
      this.#frames = this.#frames.toSpliced(i, 1).toSpliced(i - 1, 0, moved);
      this.#fill();
    });
    item.append(goTo, earlier, remove);
    return item;
  }
}

/** Codes end to end. */
function joined(codes: readonly Float32Array[]): Float32Array {
  const dim = codes[0]?.length ?? 0;
  const points = new Float32Array(codes.length * dim);
  for (const [i, code] of codes.entries()) points.set(code, i * dim);
  return points;
}
