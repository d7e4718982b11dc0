// 8-bit RGBA pixels, resized so that the eye can read them.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";

/** 8-bit pixels, row-major from the top left, `data` of length `4 · width · height`, alpha not premultiplied. */
export interface RgbaImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Red, green, blue and alpha of every pixel, from 0 to 255. */
  readonly data: Uint8ClampedArray;
}

/** Whether every pixel hides what is behind it. */
export function isOpaque(image: RgbaImage): boolean {
  requireKind("isOpaque: image", "picture", image);
  const { data } = image;
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** The image as it looks on white: opaque, each colour weighted by its alpha. */
export function overWhite(image: RgbaImage): RgbaImage {
  requireKind("overWhite: image", "picture", image);
  const { width, height, data } = image;
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
  requireKind("upscale: image", "picture", image);
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
 * Images one beneath another, with `gap` pixels of white between them.
 *
 * @param images at least one, of equal width.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function stackImages(images: readonly RgbaImage[], gap: number): RgbaImage {
  requireKind("stackImages: images", "pictures", images);
  if (images.length === 0 || !Number.isInteger(gap) || gap < 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `stackImages: at least one image and a gap of whole pixels are needed, got ${images.length} and ${gap}.`,
    );
  }
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

/**
 * What a smaller image has in place of several pixels: their mean, or the one in the middle, so that no new colour
 * arises.
 */
export type Shrinking = "mean" | "middle";

/** Reduces by a whole factor so that the longer side is at most `side` pixels; smaller images stay as they are. */
export function shrinkTo(image: RgbaImage, side: number, shrinking: Shrinking = "mean"): RgbaImage {
  requireKind("shrinkTo: image", "picture", image);
  const wanted = Math.ceil(Math.max(image.width, image.height) / side);
  if (wanted <= 1) return image;
  const factor = Math.min(wanted, image.width, image.height);
  return shrinking === "mean" ? downscale(image, factor) : middles(image, factor);
}

/** The pixel in the middle of every square of `factor × factor`. */
function middles(image: RgbaImage, factor: number): RgbaImage {
  const width = Math.floor(image.width / factor);
  const height = Math.floor(image.height / factor);
  const source = new Uint32Array(image.data.slice().buffer);
  const middle = Math.floor(factor / 2);
  const target = Uint32Array.from({ length: width * height }, (_, i) => {
    const row = Math.floor(i / width) * factor + middle;
    return source[row * image.width + (i % width) * factor + middle];
  });
  return { width, height, data: new Uint8ClampedArray(target.buffer) };
}
