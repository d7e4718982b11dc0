// From the numbers of an output to 8-bit RGBA pixels, by its layout, and back.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { parseHex } from "../colour.ts";
import { curvesOf, SIGNAL_SIZE, signalPicture } from "../signals/signal-picture.ts";
import { THEME } from "../theme.ts";
import { eachOfTiles, tileGrid } from "./channel-sheet.ts";
import { classesOf, classPixels } from "./class-map.ts";
import type { RgbaImage } from "./image.ts";
import { type ImageLayout, shownBy, sizeOf, stridesOf } from "./image-layout.ts";
import type { PixelRange } from "./image-range.ts";

/** Pixels of the picture of one output. */
export function pictureSize(layout: ImageLayout): { readonly width: number; readonly height: number } {
  requireKind("pictureSize: layout", "layout", layout);
  const shows = shownBy(layout);
  if (shows === "signal") return SIGNAL_SIZE;
  const { width, height } = shows === "sheet" ? tileGrid(layout) : layout;
  return { width, height };
}

/**
 * Draws one output as 8-bit RGBA. For images and sheets, `range` is mapped linearly to 0 … 255, and values outside it
 * are clipped; grey is replicated to the three colours, and the alpha of four channels is mapped like a colour. For
 * signals, `range` is what the height of the picture spans. Classes have no range.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` when `values` is not one output of that layout,
 * `INVALID_ARGUMENT` for an empty range, `NOT_FINITE` for a NaN.
 */
export function toRgba(values: Float32Array, layout: ImageLayout, range: PixelRange): RgbaImage {
  requireKind("toRgba: values", "numbers", values);
  requireKind("toRgba: layout", "layout", layout);
  requireOne(values, layout);
  const shows = shownBy(layout);
  const { width, height } = pictureSize(layout);
  if (shows === "classes") return { width, height, data: classPixels(classesOf(values, layout)) };
  requireRange(range);
  if (shows === "signal") return signalPicture(curvesOf(values, layout), range);
  const data = shows === "sheet" ? sheetPixels(values, layout, range) : imagePixels(values, layout, range);
  return { width, height, data };
}

function imagePixels(values: Float32Array, layout: ImageLayout, range: PixelRange): Uint8ClampedArray {
  const { channels, height, width } = layout;
  const strides = stridesOf(layout);
  const level = levels(values, layout, range);
  const data = new Uint8ClampedArray(4 * height * width).fill(255);
  for (let p = 0; p < height * width; p++) {
    for (let c = 0; c < Math.max(channels, 3); c++) {
      data[4 * p + c] = level(p * strides.pixel + (channels === 1 ? 0 : c) * strides.channel, p);
    }
  }
  return data;
}

function sheetPixels(values: Float32Array, layout: ImageLayout, range: PixelRange): Uint8ClampedArray {
  const { width, height } = tileGrid(layout);
  const strides = stridesOf(layout);
  const level = levels(values, layout, range);
  const ground = [...parseHex(THEME.sky), 255];
  const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => ground[i % 4]);
  eachOfTiles(layout, (c, p, place) => {
    data.fill(level(p * strides.pixel + c * strides.channel, p), 4 * place, 4 * place + 3);
  });
  return data;
}

/** The level of a value, 0 to 255 within the range, by its index and its pixel. */
function levels(
  values: Float32Array,
  { width }: ImageLayout,
  [low, high]: PixelRange,
): (index: number, pixel: number) => number {
  const scale = 255 / (high - low);
  return (index, pixel) => {
    const value = values[index];
    if (!Number.isNaN(value)) return (value - low) * scale;
    throw new VielbeinError(
      "NOT_FINITE",
      `Image: every pixel must be a number, got NaN in row ${Math.floor(pixel / width)}, column ${
        pixel % width
      }. The generator left its domain there: take a smaller step.`,
    );
  };
}

/**
 * The tensor of a picture: the inverse of {@link toRgba} for images and sheets, up to its rounding. Grey tensors get
 * the luma of colours (ITU-R BT.601); alpha is left out unless the layout has four channels.
 *
 * @returns `[channels · height · width]`, in the order of the layout.
 * @throws {VielbeinError} `SHAPE_MISMATCH` when the size of the picture is not the layout's, `INVALID_ARGUMENT` for
 * classes and signals, whose pictures do not hold their values.
 */
export function fromRgba(image: RgbaImage, layout: ImageLayout, range: PixelRange): Float32Array {
  requireKind("fromRgba: image", "picture", image);
  requireKind("fromRgba: layout", "layout", layout);
  requireKind("fromRgba: range", "range", range);
  const [low, high] = range;
  requireReadable(layout);
  const { width, height } = pictureSize(layout);
  if (image.width !== width || image.height !== height) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Image: it is ${image.width} × ${image.height}, and ${width} × ${height} is needed. Resize it.`,
    );
  }
  const { channels } = layout;
  const pixels = layout.width * layout.height;
  const strides = stridesOf(layout);
  const values = new Float32Array(pixels * channels);
  const put = (channel: number, pixel: number, level: number): void => {
    values[pixel * strides.pixel + channel * strides.channel] = low + (level / 255) * (high - low);
  };
  const luma = (place: number): number => {
    const [red, green, blue] = image.data.subarray(4 * place, 4 * place + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  };
  if (shownBy(layout) === "sheet") {
    eachOfTiles(layout, (channel, pixel, place) => put(channel, pixel, luma(place)));
    return values;
  }
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < channels; c++) put(c, p, channels === 1 ? luma(p) : image.data[4 * p + c]);
  }
  return values;
}

/**
 * A number for each pixel, repeated for each channel of it.
 *
 * @param plane `[height · width]`.
 * @returns `[channels · height · width]`, in the order of the layout.
 */
export function repeatedOverChannels(plane: Float32Array, layout: ImageLayout): Float32Array {
  requireKind("repeatedOverChannels: plane", "numbers", plane);
  requireKind("repeatedOverChannels: layout", "layout", layout);
  const strides = stridesOf(layout);
  const values = new Float32Array(plane.length * layout.channels);
  plane.forEach((value, pixel) => {
    for (let c = 0; c < layout.channels; c++) values[pixel * strides.pixel + c * strides.channel] = value;
  });
  return values;
}

/**
 * Refuses layouts whose pictures do not hold the values that they show.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`
 */
export function requireReadable(layout: ImageLayout): void {
  requireKind("requireReadable: layout", "layout", layout);
  const shows = shownBy(layout);
  if (shows !== "classes" && shows !== "signal") return;
  const what = shows === "classes" ? "a map of classes" : "curves of a signal";
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Image: a picture of ${what} (layout ${layout.layout}) does not hold the values that it is of. Give them as an array, or choose another layout.`,
  );
}

/** @throws {VielbeinError} `SHAPE_MISMATCH` for what is not one output of that layout. */
export function requireOne(values: Float32Array, { channels, height, width }: ImageLayout): void {
  const size = sizeOf([channels, height, width]);
  if (values.length === size) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `Image: ${channels} × ${height} × ${width} needs ${size} values, got ${values.length}. Pass one image without its batch.`,
  );
}

function requireRange([low, high]: PixelRange): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Image: the range must be finite with low < high, got [${low}, ${high}]. Use measureRange on the images.`,
  );
}
