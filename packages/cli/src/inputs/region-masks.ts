// Parts of pictures as weights: rectangles, pictures that are white inside, arrays from 0 to 1; and their outlines.

import { VielbeinError } from "@vielbein/core";
import {
  decodeImage,
  fromRgba,
  type ImageLayout,
  type RgbaImage,
  repeatedOverChannels,
  shownBy,
  toRgba,
} from "@vielbein/viz";
import { readArray, readInput } from "./array-files.ts";
import { sha256 } from "./model.ts";

export interface Region {
  /** From 0 outside to 1 inside, `[to.dim]`, in the order of the picture's numbers. */
  readonly weights: Float32Array;
  /** The same as a picture, black to white. */
  readonly mask: RgbaImage;
  /** For the provenance. */
  readonly description: unknown;
}

/**
 * The region that a rectangle X,Y,WIDTH,HEIGHT or a file is in pictures of this layout.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` where the file has another size; `OUT_OF_RANGE` for a rectangle that leaves
 *   the picture, weights beyond [0, 1] or an empty region; what reading the file throws.
 */
export async function readRegion(text: string, layout: ImageLayout): Promise<Region> {
  if (/\.np[yz](:|$)/i.test(text)) return arrayRegion(text, layout);
  const { mask, description } = isList(text) ? rectangle(text, layout) : await maskOf(text, layout);
  return requireSome(text, { weights: fromRgba(mask, layout, [0, 1]), mask, description });
}

/** @throws {VielbeinError} `SHAPE_MISMATCH` */
export function requireImages(layout: ImageLayout): void {
  if (shownBy(layout) === "image") return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `--region: outputs are no images, but a ${layout.layout}. Name the axes of an image with --layout.`,
  );
}

/**
 * The region that numbers from 0 to 1 are: one for each pixel, or one for each number of the picture.
 *
 * @param subject what they are, for messages.
 * @throws {VielbeinError} `OUT_OF_RANGE` for numbers beyond [0, 1], and where all are 0.
 */
export function regionOf(
  subject: string,
  values: Float32Array,
  layout: ImageLayout,
  description: unknown,
): Region {
  const beyond = values.find((value) => !(value >= -ROUNDING && value <= 1 + ROUNDING));
  if (beyond !== undefined) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--region: ${subject} must be from 0 outside to 1 inside, got ${beyond}. Scale it.`,
    );
  }
  const bounded = values.map((value) => Math.min(1, Math.max(0, value)));
  const isPlane = bounded.length === layout.height * layout.width;
  const weights = isPlane ? repeatedOverChannels(bounded, layout) : bounded;
  return requireSome(subject, { weights, mask: toRgba(weights, layout, [0, 1]), description });
}

/** Whether an array of this shape has a number for each pixel, or for each number of the picture, in this order. */
export function fitsRegion(shape: readonly number[], layout: ImageLayout): boolean {
  const { channels, height, width, channelsLast } = layout;
  const essential = (extents: readonly number[]) => String(extents.filter((extent) => extent !== 1));
  const whole = channelsLast ? [height, width, channels] : [channels, height, width];
  return [[height, width], whole].some((wanted) => essential(wanted) === essential(shape));
}

/** What {@link fitsRegion} takes, for messages. */
export function regionRule({ channels, height, width, channelsLast }: ImageLayout): string {
  const whole = channelsLast ? [height, width, channels] : [channels, height, width];
  return `a region has a number for each pixel, [${height},${width}], or for each number of the picture, [${whole}]`;
}

/** What float32 leaves of a bound. */
const ROUNDING = 1e-6;

async function arrayRegion(text: string, layout: ImageLayout): Promise<Region> {
  const isWanted = (shape: readonly number[]) => fitsRegion(shape, layout);
  const found = await readArray("--region", text, isWanted, regionRule(layout));
  const { file, sha256: digest, label } = found;
  return regionOf(`"${label}"`, Float32Array.from(found.data, Number), layout, { file, sha256: digest });
}

function requireSome(subject: string, region: Region): Region {
  if (region.weights.some((weight) => weight > 0)) return region;
  throw new VielbeinError(
    "OUT_OF_RANGE",
    `--region ${subject}: nothing of the picture is inside. Widen the region.`,
  );
}

type Mask = Pick<Region, "mask" | "description">;

/** Whether all parts between commas are numbers, of whatever kind: the name of a file has a letter. */
function isList(text: string): boolean {
  const parts = text.split(",");
  return parts.length > 1 && parts.every((part) => !Number.isNaN(Number(part)) || /^\s*nan\s*$/i.test(part));
}

function rectangle(text: string, { width, height }: ImageLayout): Mask {
  const sides = /^\s*(\d+),(\d+),(\d+),(\d+)\s*$/.exec(text)?.slice(1).map(Number);
  if (!sides) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--region ${text}: a rectangle is X,Y,WIDTH,HEIGHT in whole pixels from the top left. Give these four numbers.`,
    );
  }
  const [x = 0, y = 0, w = 0, h = 0] = sides;
  if (x + w > width || y + h > height) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--region ${sides}: the rectangle leaves the picture of ${width} × ${height} pixels. Keep within it.`,
    );
  }
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const isInside = row >= y && row < y + h && column >= x && column < x + w;
      const at = 4 * (row * width + column);
      data.fill(isInside ? 255 : 0, at, at + 3);
      data[at + 3] = 255;
    }
  }
  return { mask: { width, height, data }, description: { x, y, width: w, height: h } };
}

async function maskOf(path: string, { width, height }: ImageLayout): Promise<Mask> {
  const bytes = await readInput("--region", path);
  const mask = onBlack(await decodeImage(bytes));
  if (mask.width !== width || mask.height !== height) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--region: "${path}" is ${mask.width} × ${mask.height}, the picture ${width} × ${height} pixels. Draw the region at that size.`,
    );
  }
  return { mask, description: { file: path.replace(/^.*[\\/]/, ""), sha256: sha256(bytes) } };
}

/** What is transparent is outside, as what is black. */
function onBlack({ width, height, data }: RgbaImage): RgbaImage {
  const opaque = data.map((value, at) => (at % 4 === 3 ? 255 : (value * data[at - (at % 4) + 3]!) / 255));
  return { width, height, data: opaque };
}

/** The picture with the border of the region drawn on it. */
export function outlined(image: RgbaImage, { width, height, data: inside }: RgbaImage): RgbaImage {
  const data = image.data.slice();
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && inside[4 * (y * width + x)]! >= 128;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInside(x, y)) continue;
      const isBorder =
        !isInside(x - 1, y) || !isInside(x + 1, y) || !isInside(x, y - 1) || !isInside(x, y + 1);
      if (isBorder) data.set(OUTLINE, 4 * (y * width + x));
    }
  }
  return { ...image, data };
}

/** Vermilion, opaque. */
const OUTLINE = [213, 94, 0, 255];
