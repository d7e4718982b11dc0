// Pictures of a map's outputs: the options that say how a tensor is a picture, and pixels of one range for all of them.

import type { Space } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import {
  type ContactSheet,
  layoutKeys,
  measureExtent,
  measureRange,
  type RgbaImage,
  type Shrinking,
  SIGNAL_DENSITY,
  shownBy,
  toRgba,
} from "@vielbein/viz";
import { definedItems } from "../kit/defined.ts";
import type { OptionsOf } from "../kit/options.ts";
import type { Task } from "../kit/task.ts";
import type { CodeOptions } from "./codes.ts";
import type { Distance } from "./distance.ts";
import {
  describeLayout,
  layoutEntry,
  layoutOf,
  layoutOptions,
  type PictureLayout,
  remarkOnGuess,
} from "./layouts.ts";
import type { LoadedModel } from "./model.ts";
import { describePixels, type Pixels, pixelOptions, pixelsEntry, pixelsOf } from "./pixels.ts";
import type { GeneratorTask } from "./task.ts";

export const pictureOptions = { ...layoutOptions, ...pixelOptions };

export type PictureOptions = OptionsOf<typeof pictureOptions>;

/** How the outputs of a map are drawn. */
export interface Drawing extends PictureLayout {
  /** Undefined for classes, whose colours stand for themselves. */
  readonly pixels: Pixels | undefined;
}

/**
 * How the outputs of a map, or of maps that follow each other, are drawn; says so where that is a guess.
 *
 * @param known what is known already; nothing is said about a known layout.
 */
export async function drawingAlong(
  { loaded, options, signal }: DrawingTask,
  path: OnnxMap | readonly [OnnxMap, OnnxMap],
  known: Partial<Pick<Distance, "layout" | "pixels">> = {},
): Promise<Drawing> {
  const { to } = "length" in path ? path[1] : path;
  const found = known.layout ?? layoutOf(loaded, to, options);
  if (!known.layout) remarkOnGuess(loaded, to, found);
  const shows = shownBy(found.layout);
  if (known.pixels || shows === "classes") return { ...found, pixels: known.pixels };
  const measure = shows === "signal" ? measureExtent : measureRange;
  return { ...found, pixels: await pixelsOf(loaded, path, options, signal, measure) };
}

type DrawingTask = Pick<Task<CodeOptions & PictureOptions>, "options" | "signal"> & {
  readonly loaded: LoadedModel;
};

/** How a generator's outputs are drawn: as the features of the distance are given them, where there are features. */
export function drawingOf(
  task: GeneratorTask<CodeOptions & PictureOptions> & { readonly distance?: Distance },
): Promise<Drawing> {
  return drawingAlong(task, task.generator, task.distance);
}

/** What the provenance records about a drawing; nothing where none was made. */
export function drawingEntry(drawing: Drawing | undefined): object {
  return { ...layoutEntry(drawing), ...pixelsEntry(drawing?.pixels) };
}

/**
 * The layout, where the shape does not show it, and the pixels, for captions: `hw:28,28, guessed`, `pixels 0 … 1,
 * measured`.
 */
export function describeDrawing(drawing: Drawing): string[] {
  const shows = shownBy(drawing.layout);
  const pixels = shows === "classes" ? undefined : drawing.pixels;
  const what = shows === "signal" ? "values" : "pixels";
  return definedItems([describeLayout(drawing), pixels && describePixels(pixels, what)]);
}

/** The images of points `[count, dim]` of `space`. */
export function imagesOf(points: Float32Array, { dim }: Space, drawing: Drawing): RgbaImage[] {
  return Array.from({ length: points.length / dim }, (_, i) => imageOf(rowAt(points, i, dim), drawing));
}

/** The image of one point. */
export function imageOf(point: Float32Array, { layout: found, pixels }: Drawing): RgbaImage {
  return toRgba(point, found, pixels?.range ?? [0, 1]);
}

/** What a sheet of such images needs besides them. */
export function sheetLook(drawing: PictureLayout): Pick<ContactSheet, "legend" | "density" | "shrinking"> {
  const { layout: found } = drawing;
  const isFine = shownBy(found) === "signal";
  const density = isFine ? SIGNAL_DENSITY : undefined;
  return { legend: layoutKeys(found), density, shrinking: shrinkingOf(drawing) };
}

/** How such images are reduced: the mean of the colours of two classes may be that of a third. */
export function shrinkingOf({ layout: found }: PictureLayout): Shrinking {
  return shownBy(found) === "classes" ? "middle" : "mean";
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
