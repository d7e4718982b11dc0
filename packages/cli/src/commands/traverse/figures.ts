// What `traverse` draws: the sheet, single frames, the animation.

import { join } from "node:path";
import type { DirectionSet, Provenance } from "@vielbein/core";
import {
  contactSheet,
  encodeAnimatedPng,
  encodePng,
  pingPong,
  type RgbaImage,
  stackImages,
  upscale,
} from "@vielbein/viz";
import { footerOf, originOf } from "../../inputs/captions.ts";
import type { LoadedModel } from "../../inputs/model.ts";
import { type Drawing, sheetLook } from "../../inputs/pictures.ts";
import { type Changes, changesText } from "../../inputs/region.ts";
import { definedItems } from "../../kit/defined.ts";
import { makeFolder } from "../../kit/folders.ts";
import { spacesText } from "../../kit/names.ts";
import { writeNamed, writeWhole } from "../../kit/output.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import type { Task } from "../../kit/task.ts";
import { info } from "../../kit/terminal.ts";
import type { Columns, Route, Strip, WalkOptions } from "./walks.ts";

/** A local direction, and what is seen along it. */
export interface DrawnStrip extends Strip {
  readonly k: number;
  readonly singularValue: number;
}

/** What the pictures show. */
export interface TraversalSheet {
  readonly strips: readonly DrawnStrip[];
  /** A row for each strip, an image for each column. */
  readonly images: readonly (readonly RgbaImage[])[];
  readonly columns: Columns;
  readonly provenance: Provenance;
  readonly drawing: Drawing;
  /** Of directions of a region: how far each moves it and the rest. */
  readonly changes: readonly Changes[] | undefined;
  /** The directions, where a file gave them. */
  readonly file: DirectionSet | undefined;
}

export function sheetOf(
  {
    loaded,
    route: { head, tail },
    options,
  }: { readonly loaded: LoadedModel; readonly route: Route; readonly options: WalkOptions },
  { strips, images, columns, provenance, drawing, changes, file }: TraversalSheet,
): string {
  const spaces = tail ? [head.from, head.to, tail.to] : [head.from, head.to];
  const subtitle = definedItems([
    spacesText(...spaces),
    options.path === "linear" ? undefined : options.path,
    options.layers && `layers ${options.layers.join(", ")}`,
    `${originOf(provenance)}, sample ${options.sample}`,
  ]);
  return contactSheet({
    title: `${loaded.file}: ${file ? `directions of ${file.method}` : "local directions"}`,
    subtitle: subtitle.join(" · "),
    columnTitle: columns.title,
    columnLabels: columns.labels,
    rows: strips.map(({ k, singularValue }, row) => ({
      label: file?.names[k] ?? `direction ${k}`,
      sublabel: changes?.[k]
        ? changesText(changes[k])
        : `${file ? "‖J·v‖" : "σ"} = ${singularValue.toPrecision(3)}`,
      images: images[row] ?? [],
    })),
    ...sheetLook(drawing),
    footer: footerOf(provenance, drawing),
  });
}

/** What single frames are called. */
export const FRAME_NAMES: RegExp = /^direction-\d+-\d+\.png$/;

/** Writes every image to the folder of --frames, if one is named. */
export async function writeFrames(
  { options: { frames }, terminal, signal }: Task<{ readonly frames?: string | undefined }>,
  { strips, images, columns }: TraversalSheet,
): Promise<void> {
  if (frames === undefined) return;
  await makeFolder(frames);
  const digits = String(columns.positions.length - 1).length;
  for (const [row, { k }] of strips.entries()) {
    for (const [i, image] of (images[row] ?? []).entries()) {
      const name = `direction-${k}-${String(i).padStart(digits, "0")}.png`;
      await writeWhole(join(frames, name), await endingAtOnce(() => encodePng(image), signal), terminal);
    }
  }
  info(terminal, `wrote ${strips.length} × ${columns.positions.length} images to ${frames}`);
}

/** Least length of the longer side of an animation's pictures, and the space between them, in pixels. */
const MIN_SIDE = 128;
const GAP = 4;

/** Writes the file of --animate, if one is named. */
export async function writeAnimation(
  {
    options: { animate, delay },
    terminal,
    signal,
  }: Task<{ readonly animate?: string | undefined; readonly delay: number }>,
  { images }: TraversalSheet,
): Promise<void> {
  await writeNamed(animate, () => endingAtOnce(() => animation(images, delay), signal), terminal);
}

/** The columns one after another, forwards and backwards, as an animated PNG. */
function animation(images: readonly (readonly RgbaImage[])[], delay: number): Uint8Array {
  const count = images[0]?.length ?? 0;
  const pictures = Array.from({ length: count }, (_, i) => {
    const column = images.flatMap((row) => row.slice(i, i + 1));
    return stackImages(
      column.map((image) => upscale(image, Math.ceil(MIN_SIDE / Math.max(image.width, image.height)))),
      GAP,
    );
  });
  return encodeAnimatedPng(pingPong(pictures), { delay });
}
