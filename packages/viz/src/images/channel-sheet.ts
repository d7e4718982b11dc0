// Sheets of channels: every channel of an output as a grey tile, row by row in one picture, a thin gap between them.

import type { ImageLayout } from "./image-layout.ts";

/** Where the tiles lie, in pixels. */
export interface TileGrid {
  readonly columns: number;
  readonly rows: number;
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

/** Gaps are one pixel on this many of a tile. */
const PIXELS_PER_GAP = 32;

/** About square; among widths up to twice that, the one that leaves the fewest places empty. */
export function tileGrid({ channels, height, width }: ImageLayout): TileGrid {
  const least = Math.min(channels, Math.ceil(Math.sqrt((channels * height) / width)));
  const empty = (columns: number) => columns * Math.ceil(channels / columns) - channels;
  let columns = least;
  for (let wider = least + 1; wider <= Math.min(channels, 2 * least); wider++) {
    if (empty(wider) < empty(columns)) columns = wider;
  }
  const rows = Math.ceil(channels / columns);
  const gap = Math.max(1, Math.round(Math.max(width, height) / PIXELS_PER_GAP));
  return {
    columns,
    rows,
    gap,
    width: columns * (width + gap) - gap,
    height: rows * (height + gap) - gap,
  };
}

/** Calls `visit` for every value: its channel and pixel, and the index of its pixel in the picture of the sheet. */
export function eachOfTiles(
  layout: ImageLayout,
  visit: (channel: number, pixel: number, place: number) => void,
): void {
  const { channels, height, width } = layout;
  const { columns, gap, width: whole } = tileGrid(layout);
  for (let channel = 0; channel < channels; channel++) {
    const left = (channel % columns) * (width + gap);
    const top = Math.floor(channel / columns) * (height + gap);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const row = top + Math.floor(pixel / width);
      visit(channel, pixel, row * whole + left + (pixel % width));
    }
  }
}
