// How the numbers of one output are a picture: images with channels first, channels last or none, sheets of channels,
// maps of classes, curves. A layout is written as one word, with the extents of its axes where the shape of the output
// does not have them: `hwc`, `hw:28,28`, `classes:10,16,16`, `signal:2,4096`.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";

/** What a picture shows, and the axes that its words name. */
const LAYOUTS = {
  chw: { shows: "image", channelsLast: false, axes: 3 },
  hwc: { shows: "image", channelsLast: true, axes: 3 },
  hw: { shows: "image", channelsLast: false, axes: 2 },
  sheet: { shows: "sheet", channelsLast: false, axes: 3 },
  "sheet-hwc": { shows: "sheet", channelsLast: true, axes: 3 },
  classes: { shows: "classes", channelsLast: false, axes: 3 },
  "classes-hwc": { shows: "classes", channelsLast: true, axes: 3 },
  signal: { shows: "signal", channelsLast: false, axes: 2 },
} as const;

/**
 * `chw`, `hwc`, `hw`: one image. `sheet`: a grey tile for each channel. `classes`: at every pixel the channel that is
 * largest there, in a colour of its own. `signal`: a curve for each channel.
 */
export type LayoutName = keyof typeof LAYOUTS;

export const LAYOUT_NAMES: readonly LayoutName[] = Object.keys(LAYOUTS) as LayoutName[];

/** A layout as it is asked for. */
export interface LayoutChoice {
  /** Name of the layout. */
  readonly name: LayoutName;
  /** In the order of the axes; without them, those of the output's shape. */
  readonly extents?: readonly number[] | undefined;
}

/** How the numbers of an output are a picture or a signal. */
export interface ImageLayout {
  /** Name of the layout. */
  readonly layout: LayoutName;
  /** Whether the channels of a pixel, or of a moment, lie beside each other. */
  readonly channelsLast: boolean;
  /** For an image, 1 (grey), 3 (RGB) or 4 (RGBA). */
  readonly channels: number;
  /** Pixels; 1 for signals. */
  readonly height: number;
  /** Pixels; for signals, the number of samples. */
  readonly width: number;
}

/** What a picture of this layout shows. */
export function shownBy(given: Pick<ImageLayout, "layout">): "image" | "sheet" | "classes" | "signal" {
  requireKind("shownBy: given", "layout", given);
  const { layout } = given;
  return LAYOUTS[layout].shows;
}

/** Reads `NAME` or `NAME:EXTENT,EXTENT,…`, with one or two extents for a signal; undefined for anything else. */
export function parseLayout(text: string): LayoutChoice | undefined {
  const [, word, list] = /^\s*([a-z-]+)(?::(\d+(?:,\d+)*))?\s*$/.exec(text) ?? [];
  const name = LAYOUT_NAMES.find((each) => each === word);
  if (name === undefined) return undefined;
  if (list === undefined) return { name };
  const extents = list.split(",").map(Number);
  const { axes } = LAYOUTS[name];
  const isCounted = extents.length === axes || (name === "signal" && extents.length === 1);
  return isCounted && extents.every((n) => n > 0) && Number.isSafeInteger(sizeOf(extents))
    ? { name, extents }
    : undefined;
}

/** What {@link parseLayout} takes, for messages. */
export const LAYOUT_GRAMMAR: string = `${LAYOUT_NAMES.slice(0, -1).join(", ")} or ${LAYOUT_NAMES.at(-1)}, where need be with extents, such as chw:3,64,64 or hw:28,28`;

/** The text that {@link parseLayout} reads, with all extents. */
export function formatLayout(layout: ImageLayout): string {
  requireKind("formatLayout: layout", "layout", layout);
  return `${layout.layout}:${axesOf(layout).join(",")}`;
}

/** The same for a layout as it was asked for. */
export function formatChoice(choice: LayoutChoice): string {
  requireKind("formatChoice: choice", "object", choice);
  const { name, extents } = choice;
  return extents ? `${name}:${extents.join(",")}` : name;
}

/** The extents of the axes, in the order of the values. */
export function axesOf({ layout, channelsLast, channels, height, width }: ImageLayout): number[] {
  const plane = shownBy({ layout }) === "signal" ? [width] : [height, width];
  if (layout === "hw" || (layout === "signal" && channels === 1)) return plane;
  return channelsLast ? [...plane, channels] : [channels, ...plane];
}

/** The number of values of one output. */
export function sizeOf(extents: readonly number[]): number {
  return extents.reduce((product, extent) => product * extent, 1);
}

/** Distances in memory, in values: from a pixel to the next, from a channel to the next. */
export function stridesOf({ channelsLast, channels, height, width }: ImageLayout): {
  readonly pixel: number;
  readonly channel: number;
} {
  return channelsLast ? { pixel: channels, channel: 1 } : { pixel: 1, channel: height * width };
}

/**
 * The layout with these extents, as many as the name has axes. Of a signal's two, the smaller is the number of curves.
 */
export function layoutWith(layout: LayoutName, extents: readonly number[]): ImageLayout {
  const [a, b, c] = extents;
  if (layout === "hw") return { layout, channelsLast: false, channels: 1, height: a, width: b };
  if (layout === "signal") {
    const [channels, width] = b === undefined ? [1, a] : [Math.min(a, b), Math.max(a, b)];
    return { layout, channelsLast: b !== undefined && a > b, channels, height: 1, width };
  }
  const { channelsLast } = LAYOUTS[layout];
  const [channels, height, width] = channelsLast ? [c, a, b] : [a, b, c];
  return { layout, channelsLast, channels, height, width };
}

/** How many axes a layout names. */
export function axisCount(name: LayoutName): number {
  return LAYOUTS[name].axes;
}

/**
 * The layout that a model states in its metadata under `vielbein.layout`, if any.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for a text that is not a layout.
 */
export function statedLayout(metadata: ReadonlyMap<string, string>): LayoutChoice | undefined {
  requireKind("statedLayout: metadata", "metadata", metadata);
  const text = metadata.get("vielbein.layout");
  if (text === undefined) return undefined;
  const choice = parseLayout(text);
  if (choice) return choice;
  throw new VielbeinError(
    "INVALID_MODEL",
    `vielbein.layout: expected ${LAYOUT_GRAMMAR} in the metadata, got "${text}". Correct it.`,
  );
}
