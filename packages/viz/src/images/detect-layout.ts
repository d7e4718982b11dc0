// Which layout an output has: the one that is asked for, with the extents that its shape lacks, or what the shape
// suggests.

import { type Space, VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import {
  axesOf,
  axisCount,
  formatChoice,
  formatLayout,
  type ImageLayout,
  type LayoutChoice,
  type LayoutName,
  layoutWith,
  shownBy,
  sizeOf,
} from "./image-layout.ts";

const IMAGE_CHANNELS: readonly number[] = [1, 3, 4];
/** A guessed square is at least this wide: fewer values are rather a row of numbers. */
const LEAST_SIDE = 4;
/** Two axes are curves where there are at most this many of them, each with at least this many samples. */
const [MOST_CURVES, LONG] = [4, 8];

/** A layout that is asked for, and the words of the errors. */
export interface DetectOptions {
  /** Default: what the shape suggests. */
  readonly layout?: LayoutChoice | undefined;
  /** What errors call the output. Default `Image`. */
  readonly subject?: string | undefined;
  /** What errors call the layout, e.g. `--layout`. Default `layout`. */
  readonly option?: string | undefined;
}

/**
 * The layout of one output of this shape, without the batch axis.
 *
 * Without `layout`, the first of {@link possibleLayouts}. With `layout`, its extents are those given, in the order of
 * the values; else those of the shape; else, for an output with one axis, a square of one channel or three.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` when the shape suggests no picture, or does not fit the layout.
 */
export function detectLayout(shape: readonly number[], options: DetectOptions = {}): ImageLayout {
  requireKind("detectLayout: shape", "numbers", shape);
  const { layout: choice, subject = "Image", option = "layout" } = options;
  const possible = possibleLayouts(shape);
  const found = choice ? chosen(shape, choice) : (possible[0] ?? withoutPicture(shape));
  if (typeof found === "object") return found;
  const asked = choice ? `${option} ${formatChoice(choice)}: ` : "";
  const fitting = suggestions(shape, possible);
  const remedy =
    fitting.length > 0 ? `Possible with ${option}: ${fitting.join(", ")}.` : "Choose another output.";
  throw new VielbeinError("SHAPE_MISMATCH", `${subject} [${shape.join(", ")}]: ${asked}${found}. ${remedy}`);
}

/**
 * Layouts that a shape suggests, the likeliest first.
 *
 * - `[C, H, W]` or `[H, W, C]` with C ∈ {1, 3, 4}, or `[H, W]`: an image. Of three extents, the two that are equal are
 * height and width; where no two neighbours are equal, channels come first if either end could hold them.
 * - Other numbers of channels: sheets and maps of classes, the channels being the fewer of first and last where no two
 *   neighbours are equal.
 * - `[1, T]`, `[C, T]` or `[T, C]` with few C and many T: curves.
 * - `[N]`: a square of one channel or three, else a curve.
 */
export function possibleLayouts(shape: readonly number[]): ImageLayout[] {
  requireKind("possibleLayouts: shape", "numbers", shape);
  if (!shape.every((n) => Number.isInteger(n) && n > 0)) return [];
  const axes = withoutLeadingOnes(shape, 3);
  if (!axes) return [];
  const inner = axes.filter((extent) => extent > 1);
  const found: ImageLayout[] = [];
  if (axes.length > 1 && isLong(inner)) found.push(layoutWith("signal", inner));
  if (axes.length === 3) found.push(...channelled(axes));
  if (axes.length === 2) found.push(layoutWith("hw", axes));
  if (inner.length === 1) found.push(...squares(inner[0]));
  if (axes.length === 1 && inner.length === 1) found.push(layoutWith("signal", axes));
  return found;
}

function withoutPicture(shape: readonly number[]): string {
  return sizeOf(shape) === 1 ? "one number is no picture" : "no picture can be guessed from this shape";
}

/** Whether the axes are those of an image in this layout, so that nothing was guessed. */
export function isPlain(layout: ImageLayout, shape: readonly number[]): boolean {
  requireKind("isPlain: layout", "layout", layout);
  requireKind("isPlain: shape", "numbers", shape);
  return shownBy(layout) === "image" && axesOf(layout).join() === shape.join();
}

/** The layout that is asked for, or why it does not fit. */
function chosen(shape: readonly number[], { name, extents }: LayoutChoice): ImageLayout | string {
  const size = sizeOf(shape);
  if (extents && sizeOf(extents) !== size) {
    return `${extents.join(" × ")} is ${sizeOf(extents)} values, not ${size}`;
  }
  const axes = extents ?? extentsIn(shape, name);
  if (!axes) return "its extents do not follow from the shape and must be named";
  const layout = layoutWith(name, axes);
  if (shownBy(layout) === "image" && !IMAGE_CHANNELS.includes(layout.channels)) {
    return `an image has 1, 3 or 4 channels, not ${layout.channels}`;
  }
  if (layout.layout === "signal" && layout.width < 2) return "a signal has two samples or more";
  return layout;
}

/** The extents of a layout's axes: the shape itself, or a square of as many values. */
function extentsIn(shape: readonly number[], name: LayoutName): readonly number[] | undefined {
  const count = axisCount(name);
  const own = withoutLeadingOnes(shape, count);
  if (own?.length === count) return own;
  const inner = shape.filter((extent) => extent > 1);
  if (name === "signal" && inner.length > 0 && inner.length <= count) return inner;
  if (inner.length !== 1) return undefined;
  const square = squares(inner[0]).find(({ layout }) => layout === name);
  const side = sideOf(inner[0]);
  if (square) return axesOf(square);
  if (side !== undefined && name === "chw") return [1, side, side];
  if (side !== undefined && name === "hwc") return [side, side, 1];
  return undefined;
}

/** The shape with at most `count` axes; undefined where those before them are no ones. */
function withoutLeadingOnes(shape: readonly number[], count: number): readonly number[] | undefined {
  const surplus = Math.max(0, shape.length - count);
  return shape.slice(0, surplus).every((extent) => extent === 1) ? shape.slice(surplus) : undefined;
}

function isLong(inner: readonly number[]): boolean {
  const [curves, samples] = inner.length === 1 ? [1, inner[0]] : [Math.min(...inner), Math.max(...inner)];
  return inner.length > 0 && inner.length <= 2 && curves <= MOST_CURVES && samples >= LONG * curves;
}

/** Images, sheets and maps of classes of three axes. */
function channelled(shape: readonly number[]): ImageLayout[] {
  const [a, b, c] = shape;
  // Height and width are the two that are equal, where only two are.
  const isFirst = b === c && a !== b;
  const isLast = a === b && b !== c;
  const images = (["chw", "hwc"] as const)
    .map((name) => layoutWith(name, shape))
    .filter(
      ({ channels, channelsLast }) => IMAGE_CHANNELS.includes(channels) && !(channelsLast ? isFirst : isLast),
    );
  const areLast = images[0]?.channelsLast ?? (isLast || (!isFirst && c < a));
  const names = areLast ? (["sheet-hwc", "classes-hwc"] as const) : (["sheet", "classes"] as const);
  const sheets = names.map((name) => layoutWith(name, shape)).filter(({ channels }) => channels > 1);
  return [...images, ...sheets];
}

/** Squares of `size` values. */
function squares(size: number): ImageLayout[] {
  const [grey, colour] = [sideOf(size), sideOf(size / 3)];
  if (grey !== undefined) return [layoutWith("hw", [grey, grey])];
  if (colour === undefined) return [];
  return [layoutWith("chw", [3, colour, colour]), layoutWith("hwc", [colour, colour, 3])];
}

function sideOf(size: number): number | undefined {
  const side = Math.sqrt(size);
  return Number.isInteger(side) && side >= LEAST_SIDE ? side : undefined;
}

/** Texts of layouts that would do; of more than three axes, all but the last two are channels. */
function suggestions(shape: readonly number[], possible: readonly ImageLayout[]): string[] {
  if (possible.length > 0 || shape.length < 4 || !shape.every((n) => n > 0))
    return possible.map(formatLayout);
  const [height, width] = shape.slice(-2);
  const channels = sizeOf(shape.slice(0, -2));
  const name = IMAGE_CHANNELS.includes(channels) ? "chw" : "sheet";
  return [`${name}:${channels},${height},${width}`];
}

/** Says that a layout was guessed from the shape of an output. */
export function guessText(space: Pick<Space, "name" | "shape">, layout: ImageLayout): string {
  requireKind("guessText: space", "space", space);
  const { name, shape } = space;
  requireKind("guessText: layout", "layout", layout);
  return `"${name}" is [${shape.join(", ")}]: read as ${formatLayout(layout)}, which is a guess`;
}
