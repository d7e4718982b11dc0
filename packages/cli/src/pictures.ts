// Pictures of what a map yields: the options that say how a tensor is an image, and pixels of one range for all of them.

import type { Space } from "@vielbein/core";
import {
  detectLayout,
  type ImageLayout,
  type LayoutName,
  measureRange,
  type PixelRange,
  type RgbaImage,
  toRgba,
} from "@vielbein/viz";
import { type Command, Option } from "commander";
import { range } from "./arguments.ts";

export interface PictureOptions {
  layout?: LayoutName;
  imageRange?: PixelRange;
}

export function addPictureOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--layout <layout>", "axes of the image (default: from its shape)").choices([
        "chw",
        "hwc",
        "hw",
      ]),
    )
    .option("--image-range <low,high>", "values shown black and white (default: measured)", range);
}

/** How the points of `space` are images; throws where they are none. */
export function layoutOf(space: Space, { layout }: PictureOptions): ImageLayout {
  return detectLayout(space.shape, layout ? { layout } : {});
}

/** The values shown black and white: as the options say, or measured on `values`. */
export function pixelRange(values: Float32Array, { imageRange }: PictureOptions): PixelRange {
  return imageRange ?? measureRange(values);
}

/** The images of points `[count, dim]` of `space`. */
export function imagesOf(
  points: Float32Array,
  { dim }: Space,
  layout: ImageLayout,
  pixels: PixelRange,
): RgbaImage[] {
  return Array.from({ length: points.length / dim }, (_, i) =>
    toRgba(points.subarray(i * dim, (i + 1) * dim), layout, pixels),
  );
}

/** Rows of images from rows of points `[count, dim]` of `space`, and the values shown black and white in all of them. */
export function paint(
  rows: readonly Float32Array[],
  space: Space,
  layout: ImageLayout,
  options: PictureOptions,
): { readonly images: readonly RgbaImage[][]; readonly pixels: PixelRange } {
  const pixels = pixelRange(joined(rows), options);
  return { images: rows.map((row) => imagesOf(row, space, layout, pixels)), pixels };
}

/** `−1 … 1`, for a footer. */
export function describeRange(pixels: PixelRange): string {
  return pixels.map((value) => +value.toPrecision(3)).join(" … ");
}

/** Arrays end to end. */
export function joined(rows: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    result.set(row, at);
    at += row.length;
  }
  return result;
}
