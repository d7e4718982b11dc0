// Pictures of what a map yields: the options that say how a tensor is an image, and pixels of one range for all of them.

import type { Space } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import { detectLayout, type ImageLayout, type RgbaImage, toRgba } from "@vielbein/viz";
import { choice, type OptionsOf } from "../kit/options.ts";
import type { CodeOptions } from "./codes.ts";
import type { Distance } from "./distance.ts";
import { type Pixels, pixelOptions, pixelsEntry, pixelsOf } from "./pixels.ts";
import type { GeneratorTask } from "./task.ts";

export const pictureOptions = {
  layout: choice("--layout <layout>", "axes of the image (default: from its shape)", ["chw", "hwc", "hw"]),
  ...pixelOptions,
};

export type PictureOptions = OptionsOf<typeof pictureOptions>;

/** How the points of `space` are images; throws where they are none. */
export function layoutOf(space: Space, { layout }: PictureOptions): ImageLayout {
  return detectLayout(space.shape, { layout });
}

/** How the outputs of a map are drawn. */
export interface Drawing {
  readonly layout: ImageLayout;
  readonly pixels: Pixels;
}

/** With the pixels that the features of the distance are given, where there are features. */
export async function drawingOf(
  task: GeneratorTask<CodeOptions & PictureOptions> & { readonly distance?: Distance },
): Promise<Drawing> {
  const { loaded, generator, distance, options, signal } = task;
  const layout = layoutOf(generator.to, options);
  return { layout, pixels: distance?.pixels ?? (await pixelsOf(loaded, generator, options, signal)) };
}

/** What the provenance has of a drawing; nothing where none was made. */
export function drawingEntry(drawing: Drawing | undefined): object {
  return { layout: drawing?.layout.layout, ...pixelsEntry(drawing?.pixels) };
}

/** The images of points `[count, dim]` of `space`. */
export function imagesOf(points: Float32Array, { dim }: Space, { layout, pixels }: Drawing): RgbaImage[] {
  return Array.from({ length: points.length / dim }, (_, i) =>
    toRgba(rowAt(points, i, dim), layout, pixels.range),
  );
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
