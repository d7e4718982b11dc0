// Shapes on the grid of a mask.

import type { RegionMask } from "./mask.ts";

/** Column and row. */
export type Cell = readonly [x: number, y: number];

/** Whether the middle of a cell is in the shape. */
export type Marks = (x: number, y: number) => boolean;

/** The mask with the cells of a shape set to a value. */
export function filled({ width, height, data }: RegionMask, isIn: Marks, value: 0 | 1): RegionMask {
  return {
    width,
    height,
    data: data.map((cell, at) => (isIn(at % width, Math.floor(at / width)) ? value : cell)),
  };
}

/** Between two corners, both included. */
export function rectangle([x0, y0]: Cell, [x1, y1]: Cell): Marks {
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
  return (x, y) => x >= left && x <= right && y >= top && y <= bottom;
}

/** Along a line through cells, `radius` cells to each side. */
export function disc(cells: readonly Cell[], radius: number): Marks {
  const square = Math.max(radius, 0.5) ** 2;
  return (x, y) => cells.some((cell, i) => squareTo([x, y], cell, cells[i + 1] ?? cell) <= square);
}

/** Inside a closed line through cells, by the even-odd rule, with the cells of the line themselves. */
export function polygon(cells: readonly Cell[]): Marks {
  const onLine = disc(cells, 0.5);
  return (x, y) => {
    let isIn = false;
    cells.forEach(([ax, ay], i) => {
      const [bx, by] = cells[(i + 1) % cells.length];
      const crosses = ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay);
      if (crosses) isIn = !isIn;
    });
    return isIn || onLine(x, y);
  };
}

/** Squared distance of a point from the line between a and b. */
function squareTo([x, y]: Cell, [ax, ay]: Cell, [bx, by]: Cell): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2;
}
