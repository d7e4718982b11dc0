// From the numbers of an image tensor to 8-bit RGBA pixels, and to a size the eye can read.

import { VielbeinError } from "@vielbein/core";
import type { ImageLayout } from "./image-layout.ts";
import type { PixelRange } from "./image-range.ts";

/** 8-bit pixels, row-major from the top left, `data` of length `4 · width · height`, alpha not premultiplied. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/**
 * Maps one image tensor to 8-bit RGBA: `range` to 0 … 255, linearly, values outside it clipped.
 * Grey images are replicated to the three colours; the alpha of four-channel images is mapped like a colour.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` when `values` is not one image of that layout,
 * `INVALID_ARGUMENT` for an empty range, `NOT_FINITE` for a NaN.
 */
export function toRgba(values: Float32Array, layout: ImageLayout, range: PixelRange): RgbaImage {
  const { channels, height, width } = layout;
  const pixels = width * height;
  if (values.length !== pixels * channels) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Image: ${channels} × ${height} × ${width} needs ${pixels * channels} values, got ${
        values.length
      }. Pass one image without its batch.`,
    );
  }
  const [low, high] = range;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Image: the range must be finite with low < high, got [${low}, ${high}]. Use measureRange on the images.`,
    );
  }
  const scale = 255 / (high - low);
  const [pixelStride, channelStride] = layout.layout === "chw" ? [1, pixels] : [channels, 1];
  const data = new Uint8ClampedArray(4 * pixels);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 4; c++) {
      if (c === 3 && channels < 4) {
        data[4 * p + 3] = 255;
        continue;
      }
      const value = values[p * pixelStride + (channels === 1 ? 0 : c) * channelStride];
      if (Number.isNaN(value)) {
        throw new VielbeinError(
          "NOT_FINITE",
          `Image: every pixel must be a number, got NaN in row ${Math.floor(p / width)}, column ${
            p % width
          }. The generator left its domain there: take a smaller step.`,
        );
      }
      data[4 * p + c] = (value - low) * scale;
    }
  }
  return { width, height, data };
}

/**
 * The tensor of an image: the inverse of {@link toRgba}, up to its rounding. Grey tensors get the luma of colours
 * (ITU-R BT.601); alpha is left out unless the layout has four channels.
 *
 * @returns `[channels · height · width]`.
 * @throws {VielbeinError} `SHAPE_MISMATCH` when the image has another size than the layout.
 */
export function fromRgba(image: RgbaImage, layout: ImageLayout, [low, high]: PixelRange): Float32Array {
  const { channels, height, width } = layout;
  if (image.width !== width || image.height !== height) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Image: it is ${image.width} × ${image.height}, and ${width} × ${height} is needed. Resize it.`,
    );
  }
  const pixels = width * height;
  const [pixelStride, channelStride] = layout.layout === "chw" ? [1, pixels] : [channels, 1];
  const values = new Float32Array(pixels * channels);
  for (let p = 0; p < pixels; p++) {
    const rgba = image.data.subarray(4 * p, 4 * p + 4);
    for (let c = 0; c < channels; c++) {
      const level = channels === 1 ? 0.299 * rgba[0] + 0.587 * rgba[1] + 0.114 * rgba[2] : rgba[c];
      values[p * pixelStride + c * channelStride] = low + (level / 255) * (high - low);
    }
  }
  return values;
}

/** Whether every pixel hides what is behind it. */
export function isOpaque({ data }: RgbaImage): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** The image as it looks before white: opaque, each colour weighted by its alpha. */
export function overWhite({ width, height, data }: RgbaImage): RgbaImage {
  const result = data.slice();
  for (let i = 0; i < result.length; i += 4) {
    const alpha = data[i + 3] / 255;
    for (let c = 0; c < 3; c++) result[i + c] = alpha * data[i + c] + (1 - alpha) * 255;
    result[i + 3] = 255;
  }
  return { width, height, data: result };
}

/**
 * Enlarges by a whole factor, every pixel to a square of `factor × factor`, so that small images stay
 * exact and crisp in every viewer.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` unless `factor` is a positive integer.
 */
export function upscale(image: RgbaImage, factor: number): RgbaImage {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Image: the factor must be a positive integer, got ${factor}. Round it.`,
    );
  }
  const width = image.width * factor;
  const height = image.height * factor;
  const source = new Uint32Array(image.data.slice().buffer);
  const target = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++) target[y * width + x] = source[row + Math.floor(x / factor)];
  }
  return { width, height, data: new Uint8ClampedArray(target.buffer) };
}

/**
 * Reduces by a whole factor, every square of `factor × factor` pixels to its mean; the remainder at
 * the right and lower edge is cut off. Colours are weighted by alpha.
 */
export function downscale(image: RgbaImage, factor: number): RgbaImage {
  const width = Math.floor(image.width / factor);
  const height = Math.floor(image.height / factor);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0, 0];
      for (let k = 0; k < factor * factor; k++) {
        const from = 4 * ((y * factor + Math.floor(k / factor)) * image.width + x * factor + (k % factor));
        const alpha = image.data[from + 3];
        for (let c = 0; c < 3; c++) sum[c] += image.data[from + c] * alpha;
        sum[3] += alpha;
      }
      const to = 4 * (y * width + x);
      for (let c = 0; c < 3; c++) data[to + c] = sum[3] === 0 ? 0 : sum[c] / sum[3];
      data[to + 3] = sum[3] / (factor * factor);
    }
  }
  return { width, height, data };
}

/**
 * Images beneath one another, `gap` pixels of white between them.
 *
 * @param images at least one, of equal width.
 */
export function stackImages(images: readonly RgbaImage[], gap: number): RgbaImage {
  const width = images[0].width;
  const height = images.reduce((sum, image) => sum + image.height + gap, -gap);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  let y = 0;
  for (const image of images) {
    data.set(image.data, 4 * width * y);
    y += image.height + gap;
  }
  return { width, height, data };
}

/** Reduces by a whole factor so that the longer side is at most `side` pixels; smaller images stay as they are. */
export function shrinkTo(image: RgbaImage, side: number): RgbaImage {
  const factor = Math.ceil(Math.max(image.width, image.height) / side);
  return factor > 1 ? downscale(image, Math.min(factor, image.width, image.height)) : image;
}
