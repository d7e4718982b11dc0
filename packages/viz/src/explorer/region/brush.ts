// Marking a region on the picture, by pointer and by keys: a rectangle, a lasso, a brush, an eraser.

import type { RegionMask } from "./mask.ts";
import { type Cell, disc, filled, type Marks, polygon, rectangle } from "./shapes.ts";

export type BrushTool = "rectangle" | "lasso" | "brush" | "eraser";

export interface BrushEvents {
  /** The mask has changed: something is being drawn, or is drawn. */
  changed(isDone: boolean): void;
  /** The keys' cursor has moved, to a place in words, or has gone. */
  moved(where?: string): void;
}

/** The brush's radius, as a share of the longer side. */
const RADIUS = 0.05;
/** Cells of a step by keys, without and with Shift. */
const STEP = [1, 8] as const;
const ARROWS: Readonly<Record<string, Cell>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Brush {
  tool: BrushTool | undefined;
  #mask: RegionMask;
  readonly #events: BrushEvents;
  readonly #surface: HTMLElement;
  /** Corners of what is being drawn, and the mask before it. */
  #stroke: { readonly cells: Cell[]; readonly before: RegionMask } | undefined;
  /** Where the keys have got to. */
  #cursor: Cell | undefined;

  /** @param surface lies over the picture, whose mask this is, and can have the focus. */
  constructor(surface: HTMLElement, mask: RegionMask, events: BrushEvents) {
    this.#surface = surface;
    this.#mask = mask;
    this.#events = events;
  }

  get mask(): RegionMask {
    return this.#mask;
  }

  get cursor(): Cell | undefined {
    return this.#cursor;
  }

  /** Another mask than the one that was drawn. */
  reset(mask: RegionMask): void {
    this.#mask = mask;
    this.#stroke = undefined;
    this.#cursor = undefined;
  }

  /** Listens to the surface until the signal. */
  listen(signal: AbortSignal): void {
    const on = <Type extends keyof HTMLElementEventMap>(
      type: Type,
      react: (event: HTMLElementEventMap[Type]) => void,
    ): void => this.#surface.addEventListener(type, react, { signal });
    on("pointerdown", (event) => {
      if (!this.tool || event.button !== 0) return;
      event.preventDefault();
      this.#surface.focus();
      this.#surface.setPointerCapture(event.pointerId);
      this.#begin(this.#cellAt(event), event.shiftKey);
    });
    on("pointermove", (event) => {
      if (this.#stroke && this.#surface.hasPointerCapture(event.pointerId)) this.#extend(this.#cellAt(event));
    });
    on("pointerup", () => this.#end());
    on("pointercancel", () => this.#end());
    on("keydown", (event) => this.#press(event));
    on("blur", () => {
      this.#cursor = undefined;
      this.#events.moved();
    });
  }

  #begin(cell: Cell, isAdded: boolean): void {
    const isWhole = this.tool === "rectangle" || this.tool === "lasso";
    const before =
      isWhole && !isAdded ? { ...this.#mask, data: new Uint8Array(this.#mask.data.length) } : this.#mask;
    this.#stroke = { cells: [cell], before };
    this.#draw();
  }

  #extend(cell: Cell): void {
    const cells = this.#stroke?.cells;
    if (!cells) return;
    if (this.tool === "rectangle") cells[1] = cell;
    else cells.push(cell);
    this.#draw();
  }

  #end(): void {
    if (!this.#stroke) return;
    this.#stroke = undefined;
    this.#events.changed(true);
  }

  #draw(): void {
    if (!this.#stroke) return;
    const { cells, before } = this.#stroke;
    this.#mask = filled(before, this.#marks(cells), this.tool === "eraser" ? 0 : 1);
    this.#events.changed(false);
  }

  #marks(cells: readonly Cell[]): Marks {
    const radius = RADIUS * Math.max(this.#mask.width, this.#mask.height);
    switch (this.tool) {
      case "rectangle":
        return rectangle(cells[0], cells.at(-1) ?? cells[0]);
      case "lasso":
        return polygon(cells);
      default:
        return disc(cells, radius);
    }
  }

  /** Arrows move the cursor; Enter or the space bar begins, marks a corner or a spot, and ends. */
  #press(event: KeyboardEvent): void {
    if (!this.tool) return;
    const arrow = ARROWS[event.key];
    const isMark = event.key === "Enter" || event.key === " ";
    if (!arrow && !isMark && !(event.key === "Escape" && this.#stroke)) return;
    event.preventDefault();
    event.stopPropagation();
    const { width, height } = this.#mask;
    const [x, y] = this.#cursor ?? [Math.floor(width / 2), Math.floor(height / 2)];
    if (arrow) {
      const step = STEP[Number(event.shiftKey)];
      const within = (at: number, size: number): number => Math.min(size - 1, Math.max(0, at));
      this.#cursor = [within(x + step * arrow[0], width), within(y + step * arrow[1], height)];
      if (this.#stroke && this.tool === "rectangle") this.#extend(this.#cursor);
    } else if (isMark) this.#markAt([x, y]);
    else this.#end();
    const [column, row] = this.#cursor ?? [x, y];
    this.#events.moved(`column ${column + 1} of ${width}, row ${row + 1} of ${height}`);
  }

  #markAt(cell: Cell): void {
    this.#cursor = cell;
    const last = this.#stroke?.cells.at(-1);
    const isWhole = this.tool === "brush" || this.tool === "eraser";
    if (!this.#stroke) {
      this.#begin(cell, isWhole);
      // A spot is whole at once; a rectangle has another corner, a lasso more.
      if (isWhole) this.#end();
    } else if (this.tool === "lasso" && String(last) !== String(cell)) this.#extend(cell);
    else this.#end();
  }

  /** The cell under the pointer: the picture is as large as fits, in the middle of the surface. */
  #cellAt({ clientX, clientY }: PointerEvent): Cell {
    const { width, height } = this.#mask;
    const box = this.#surface.getBoundingClientRect();
    const scale = Math.min(box.width / width, box.height / height);
    const x = (clientX - box.left - (box.width - scale * width) / 2) / scale;
    const y = (clientY - box.top - (box.height - scale * height) / 2) / scale;
    const within = (at: number, size: number): number => Math.min(size - 1, Math.max(0, Math.floor(at)));
    return [within(x, width), within(y, height)];
  }
}
