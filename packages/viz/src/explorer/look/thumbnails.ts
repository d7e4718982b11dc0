// The small pictures of the rows: those that are in view are drawn once nothing moves, a few at a time; those of another
// code are dimmed until then.

import type { Column } from "../column.ts";
import type { Columns } from "../columns.ts";
import type { ExplorerEngine } from "../engine.ts";
import { paint } from "../picture.ts";
import type { StepCell } from "../steps.ts";

/** Milliseconds without movement before the pictures are drawn; longer while directions are looked for, which come first. */
const REST = 160;
const REST_MEANWHILE = 1500;
/** Pixels of their longer side, for screens of two dots per pixel. */
const SIDE = 96;
/** Pictures in one call, few enough to be given up quickly. */
const TOGETHER = 4;
/** While directions are looked for, only the first rows have pictures. */
const ROWS_MEANWHILE = 4;
/** Milliseconds of a picture beyond which they are drawn one at a time, and beyond which only the selected row is. */
const SLOW = 250;
const VERY_SLOW = 3000;

/** The code of a direction at a step, the other sliders staying as they are. */
export type CodeAtStep = (column: Column, k: number, t: number) => Float32Array | undefined;

interface Wanted {
  readonly cell: StepCell;
  readonly code: Float32Array;
}

export class Thumbnails {
  readonly #engine: ExplorerEngine;
  readonly #columns: Columns;
  readonly #codeAt: CodeAtStep;
  readonly #isSearching: () => boolean;
  readonly #fail: (error: unknown) => void;
  readonly #drawn = new WeakMap<HTMLCanvasElement, Float32Array>();
  readonly #observed = new WeakSet<HTMLCanvasElement>();
  readonly #visible = new WeakSet<Element>();
  readonly #observer: IntersectionObserver;
  #work = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cost = 0;

  constructor(
    engine: ExplorerEngine,
    columns: Columns,
    codeAt: CodeAtStep,
    isSearching: () => boolean,
    fail: (error: unknown) => void,
  ) {
    this.#engine = engine;
    this.#columns = columns;
    this.#codeAt = codeAt;
    this.#isSearching = isSearching;
    this.#fail = fail;
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#visible.add(target);
        else this.#visible.delete(target);
      }
      if (entries.some(({ isIntersecting }) => isIntersecting)) this.#schedule();
    });
  }

  /** Something has moved, or other directions are there. */
  update(): void {
    this.#work.abort();
    this.#wanted();
    this.#schedule();
  }

  /** The model draws differently: all of them are stale. */
  forget(): void {
    for (const { cell } of this.#cells()) this.#drawn.delete(cell.canvas);
    this.#cost = 0;
    this.update();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#work.abort();
    this.#observer.disconnect();
  }

  #cells(): { readonly cell: StepCell; readonly column: Column }[] {
    return this.#columns.all.flatMap((column) => column.cells.map((cell) => ({ cell, column })));
  }

  /** The pictures of another code than they should be, which are marked so. */
  #wanted(): Wanted[] {
    const { selection } = this.#columns;
    return this.#cells().flatMap(({ cell, column }) => {
      const { canvas, k, t } = cell;
      if (!this.#observed.has(canvas)) {
        this.#observed.add(canvas);
        this.#observer.observe(canvas);
      }
      const code = this.#codeAt(column, k, t);
      const drawn = this.#drawn.get(canvas);
      const isStale = !code || !drawn?.every((x, i) => x === code[i]);
      canvas.classList.toggle("stale", isStale);
      if (!code || !isStale || !this.#visible.has(canvas)) return [];
      const isSelected = column.kind === selection.kind && k === selection.k;
      if (this.#cost > VERY_SLOW && !isSelected) return [];
      return this.#isSearching() && k >= ROWS_MEANWHILE ? [] : [{ cell, code }];
    });
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const rest = this.#isSearching() ? REST_MEANWHILE : REST;
    this.#timer = setTimeout(() => void this.#draw(), rest);
  }

  async #draw(): Promise<void> {
    this.#work.abort();
    this.#work = new AbortController();
    const { signal } = this.#work;
    try {
      for (let wanted = this.#wanted(); wanted.length > 0 && !signal.aborted; wanted = this.#wanted()) {
        await this.#drawSome(wanted.slice(0, this.#cost > SLOW ? 1 : TOGETHER), signal);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #drawSome(wanted: readonly Wanted[], signal: AbortSignal): Promise<void> {
    const dim = wanted[0].code.length;
    const points = new Float32Array(wanted.length * dim);
    for (const [i, { code }] of wanted.entries()) points.set(code, i * dim);
    const start = performance.now();
    const images = await this.#engine.thumbnails(points, wanted.length, SIDE, { signal });
    this.#cost = (performance.now() - start) / wanted.length;
    for (const [i, { cell, code }] of wanted.entries()) {
      paint(cell.canvas, images[i]);
      this.#drawn.set(cell.canvas, code);
      cell.canvas.classList.remove("stale");
    }
  }
}
