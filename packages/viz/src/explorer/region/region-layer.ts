// The region on the picture: its outline over the picture, the tools that change it, and what the page is told of it.

import type { OutsideRule } from "@vielbein/core";
import type { ExplorerRegion } from "../engine.ts";
import { paint } from "../picture.ts";
import { Brush, type BrushTool } from "./brush.ts";
import { isEmpty, maskFor, type RegionMask, shareInside } from "./mask.ts";

/** Opacity of the shade, of 255. */
const VEIL = 96;

export interface RegionView {
  readonly picture: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly surface: HTMLCanvasElement;
  readonly tools: HTMLElement;
  readonly outside: HTMLSelectElement;
  readonly clearRegion: HTMLButtonElement;
  readonly regionNote: HTMLElement;
}

export class RegionLayer {
  readonly #view: RegionView;
  readonly #brush: Brush;
  readonly #resized: ResizeObserver;
  /** Of the picture that the region is of, once there is one. */
  #size: string | undefined;

  /** @param changed is told the region while it is drawn, and when it is drawn. */
  constructor(
    view: RegionView,
    changed: (region: ExplorerRegion | undefined, isDone: boolean) => void,
    signal: AbortSignal,
  ) {
    this.#view = view;
    this.#brush = new Brush(view.surface, maskFor(64, 64), {
      changed: (isDone) => {
        this.#draw();
        changed(this.region, isDone);
      },
      moved: (where) => {
        this.#draw();
        view.surface.setAttribute("aria-label", where === undefined ? "Region" : `Region, ${where}`);
      },
    });
    this.#brush.listen(signal);
    this.#resized = new ResizeObserver(() => this.#draw());
    this.#resized.observe(view.surface);
    for (const button of this.#buttons) {
      button.addEventListener("click", () => {
        const tool = button.dataset.tool as BrushTool;
        this.#take(this.#brush.tool === tool ? undefined : tool);
      });
    }
    view.outside.addEventListener("change", () => this.region && changed(this.region, true));
    view.clearRegion.addEventListener("click", () => {
      this.show(undefined);
      changed(undefined, true);
    });
  }

  /** What is marked; undefined where nothing is. */
  get region(): ExplorerRegion | undefined {
    const { mask } = this.#brush;
    if (isEmpty(mask)) return undefined;
    return { mask, outside: this.#view.outside.value as OutsideRule };
  }

  /** Shows a region, or none, on a picture of this size. */
  show(region: ExplorerRegion | undefined): void {
    const { canvas, outside } = this.#view;
    this.#brush.reset(region?.mask ?? maskFor(canvas.width, canvas.height));
    this.#size = undefined;
    if (region) outside.value = region.outside;
    this.#draw();
  }

  /** Returns whether the region is of this picture: one of another size has no use for it, and it goes. */
  fit(width: number, height: number): boolean {
    const size = `${width} × ${height}`;
    if (size === this.#size) return true;
    const isLost = this.#size !== undefined && this.region !== undefined;
    this.#size = size;
    if (isLost || !this.region) this.#brush.reset(maskFor(width, height));
    this.#draw();
    return !isLost;
  }

  dispose(): void {
    this.#resized.disconnect();
  }

  get #buttons(): readonly HTMLButtonElement[] {
    return [...this.#view.tools.querySelectorAll<HTMLButtonElement>("button[data-tool]")];
  }

  #take(tool: BrushTool | undefined): void {
    this.#brush.tool = tool;
    for (const button of this.#buttons) button.ariaPressed = String(button.dataset.tool === tool);
    const { surface, picture } = this.#view;
    picture.classList.toggle("marking", tool !== undefined);
    surface.tabIndex = tool ? 0 : -1;
    if (tool) surface.focus({ preventScroll: true });
    this.#draw();
  }

  #draw(): void {
    const { surface, regionNote, clearRegion } = this.#view;
    const { mask, cursor, tool } = this.#brush;
    const isMarked = !isEmpty(mask);
    clearRegion.disabled = !isMarked;
    regionNote.textContent = noteOf(mask, tool);
    const { clientWidth, clientHeight } = surface;
    const density = globalThis.devicePixelRatio || 1;
    surface.width = Math.max(1, Math.round(clientWidth * density));
    surface.height = Math.max(1, Math.round(clientHeight * density));
    const pen = surface.getContext("2d");
    if (!pen || !(isMarked || cursor)) return;
    const scale = Math.min(surface.width / mask.width, surface.height / mask.height);
    pen.translate((surface.width - scale * mask.width) / 2, (surface.height - scale * mask.height) / 2);
    pen.scale(scale, scale);
    if (isMarked) outline(pen, mask, density / scale);
    if (cursor) cross(pen, cursor, density / scale);
  }
}

function noteOf(mask: RegionMask, tool: BrushTool | undefined): string {
  if (!isEmpty(mask)) return `${(100 * shareInside(mask)).toPrecision(2)} % of the picture`;
  if (!tool) return "";
  return "Draw on the picture; by keys: arrows, then Enter";
}

/** @param dot a pixel of the page, in cells. */
function outline(pen: CanvasRenderingContext2D, { width, height, data }: RegionMask, dot: number): void {
  const isIn = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
  const edges = new Path2D();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [dx, dy, x0, y0, x1, y1] of SIDES) {
        if (!isIn(x, y) || isIn(x + dx, y + dy)) continue;
        edges.moveTo(x + x0, y + y0);
        edges.lineTo(x + x1, y + y1);
      }
    }
  }
  pen.imageSmoothingEnabled = false;
  pen.drawImage(veil({ width, height, data }), 0, 0);
  pen.lineCap = "round";
  for (const [colour, size] of [
    ["#ffffff", 4],
    ["#d55e00", 2],
  ] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = size * dot;
    pen.stroke(edges);
  }
}

/** A shade over what is outside, a pixel for each cell: drawn larger it has no seams. */
function veil({ width, height, data }: RegionMask): HTMLCanvasElement {
  const shade = new Uint8ClampedArray(4 * width * height);
  data.forEach((cell, at) => {
    shade[4 * at + 3] = cell ? 0 : VEIL;
  });
  const canvas = document.createElement("canvas");
  paint(canvas, { width, height, data: shade });
  return canvas;
}

/** Where the neighbour of a cell's side is, and the ends of that side. */
const SIDES = [
  [-1, 0, 0, 0, 0, 1],
  [1, 0, 1, 0, 1, 1],
  [0, -1, 0, 0, 1, 0],
  [0, 1, 0, 1, 1, 1],
] as const;

function cross(pen: CanvasRenderingContext2D, [x, y]: readonly [number, number], dot: number): void {
  const path = new Path2D();
  path.rect(x - 0.5, y - 0.5, 2, 2);
  for (const [colour, size] of [
    ["#000000", 4],
    ["#ffffff", 2],
  ] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = size * dot;
    pen.stroke(path);
  }
}
