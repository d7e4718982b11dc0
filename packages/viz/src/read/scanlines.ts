// The rows of a PNG (ISO/IEC 15948 §7 to §9): Adam7 interlacing, and the filters that store each byte as the difference
// to a prediction from its neighbours.

import { invalidPng } from "./png-chunks.ts";
import type { PngHeader } from "./png-header.ts";

/** A picture whose rows stand one after another: the whole, or one of the seven of an interlaced file. */
export interface Pass {
  readonly width: number;
  readonly height: number;
  /** Pixel (x, y) of the pass is (left + x · across, top + y · down) of the image. */
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  /** Bytes of a row without that of its filter. */
  readonly stride: number;
}

/** Left, top, across, down of the seven passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function passesOf({ width, height, isInterlaced, channels, depth }: PngHeader): Pass[] {
  return (isInterlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    .map(([left, top, across, down]) => {
      const columns = Math.ceil((width - left) / across);
      const stride = Math.ceil((columns * channels * depth) / 8);
      return { width: columns, height: Math.ceil((height - top) / down), left, top, across, down, stride };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/**
 * Hands the rows of a pass to `use`, from the top, without their filters; `filtered` is overwritten.
 *
 * @param pixelBytes bytes of a pixel, 1 where several share one.
 */
export function eachRow(
  filtered: Uint8Array,
  { height, stride }: Pass,
  pixelBytes: number,
  use: (row: Uint8Array, y: number) => void,
): void {
  let above: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const undo = FILTERS[filtered[start]];
    if (!undo)
      throw invalidPng(`row ${y} has the filter ${filtered[start]}, which does not exist`, "Check the file.");
    const row = filtered.subarray(start + 1, start + 1 + stride);
    undo(row, above, pixelBytes);
    use(row, y);
    above = row;
  }
}

type Filter = (row: Uint8Array, above: Uint8Array, pixelBytes: number) => void;

/** None, left, above, their mean, Paeth. */
const FILTERS: readonly Filter[] = [
  () => {},
  (row, _, n) => {
    for (let i = n; i < row.length; i++) row[i] = row[i] + row[i - n];
  },
  (row, above) => {
    for (let i = 0; i < row.length; i++) row[i] = row[i] + above[i];
  },
  (row, above, n) => {
    for (let i = 0; i < row.length; i++) row[i] = row[i] + (((i < n ? 0 : row[i - n]) + above[i]) >> 1);
  },
  (row, above, n) => {
    for (let channel = 0; channel < Math.min(n, row.length); channel++) {
      // Neighbours stay at hand from pixel to pixel: twice as fast as reading them again.
      let [left, corner] = [0, 0];
      for (let i = channel; i < row.length; i += n) {
        const up = above[i];
        left = (row[i] + paeth(left, up, corner)) & 0xff;
        row[i] = left;
        corner = up;
      }
    }
  },
];

/** Of three neighbours, that nearest to left + above − corner; the first of equals. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
