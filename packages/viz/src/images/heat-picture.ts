// Where in an image a direction acts: the length of the derivative at every pixel, as a glow to lay over the image.

import { requireKind } from "../arguments.ts";
import type { RgbaImage } from "./image.ts";
import { type ImageLayout, stridesOf } from "./image-layout.ts";
import { requireOne } from "./tensor-pixels.ts";

/** From the weakest to the strongest. */
const GLOW = [
  [213, 94, 0],
  [255, 214, 64],
  [255, 255, 225],
] as const;

/**
 * The norm of a tangent over the channels of each pixel, relative to the strongest: clear where it is 0, opaque and
 * bright where it is largest. Colours go by the square root of the length, so that weak parts are seen too.
 *
 * @param tangent J·v, one output of the layout, which is that of an image.
 * @throws {VielbeinError} `SHAPE_MISMATCH` for what is not one output.
 */
export function heatPicture(tangent: Float32Array, layout: ImageLayout): RgbaImage {
  requireKind("heatPicture: tangent", "numbers", tangent);
  requireKind("heatPicture: layout", "layout", layout);
  requireOne(tangent, layout);
  const { width, height, channels } = layout;
  const strides = stridesOf(layout);
  const lengths = Float64Array.from({ length: width * height }, (_, p) => {
    let squares = 0;
    for (let c = 0; c < channels; c++) squares += tangent[p * strides.pixel + c * strides.channel] ** 2;
    return Math.sqrt(squares);
  });
  const largest = lengths.reduce((a, b) => Math.max(a, b), 0) || 1;
  const data = new Uint8ClampedArray(4 * width * height);
  lengths.forEach((length, p) => {
    const share = length / largest;
    data.set([...colourAt(Math.sqrt(share)), 255 * share], 4 * p);
  });
  return { width, height, data };
}

/** @param level from 0 to 1. */
function colourAt(level: number): number[] {
  const at = level * (GLOW.length - 1);
  const low = Math.min(Math.floor(at), GLOW.length - 2);
  return GLOW[low].map((value, c) => value + (at - low) * (GLOW[low + 1][c] - value));
}
