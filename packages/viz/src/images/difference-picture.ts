// How far one output is from another, as a picture.

import { requireKind } from "../arguments.ts";
import { classesOf } from "./class-map.ts";
import type { RgbaImage } from "./image.ts";
import { type ImageLayout, layoutWith, shownBy } from "./image-layout.ts";
import type { PixelRange } from "./image-range.ts";
import { requireOne, toRgba } from "./tensor-pixels.ts";

/** Differences of this fraction of the range are shown white. */
export const WHITE_DIFFERENCE = 0.25;

/**
 * The picture of how far one output is from another. For images and sheets: the absolute difference (of colours,
 * without alpha), a quarter of the range being white. For classes: white where they differ. For signals: the difference
 * itself, about 0, on the scale of the range.
 *
 * @throws as {@link toRgba}.
 */
export function differencePicture(
  values: Float32Array,
  reference: Float32Array,
  layout: ImageLayout,
  range: PixelRange,
): RgbaImage {
  requireKind("differencePicture: values", "numbers", values);
  requireKind("differencePicture: layout", "layout", layout);
  requireOne(values, layout);
  requireOne(reference, layout);
  const shows = shownBy(layout);
  const extent = range[1] - range[0];
  if (shows === "classes") {
    const wanted = classesOf(reference, layout);
    const differs = Float32Array.from(classesOf(values, layout), (index, p) => Number(index !== wanted[p]));
    return toRgba(differs, layoutWith("hw", [layout.height, layout.width]), [0, 1]);
  }
  const difference = values.map((x, i) => x - reference[i]);
  if (shows === "signal") return toRgba(difference, layout, [-extent / 2, extent / 2]);
  const { data, ...size } = toRgba(difference.map(Math.abs), layout, [0, WHITE_DIFFERENCE * extent]);
  // A small difference of alpha would hide that of the colours.
  return { ...size, data: data.map((level, i) => (i % 4 === 3 ? 255 : level)) };
}
