// How the numbers of one image tensor are arranged: channels first, channels last, or no channel axis.

import { VielbeinError } from "@vielbein/core";

export type LayoutName = "chw" | "hwc" | "hw";

export interface ImageLayout {
  readonly layout: LayoutName;
  /** 1 (grey), 3 (RGB) or 4 (RGBA). */
  readonly channels: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
}

const CHANNEL_COUNTS: readonly number[] = [1, 3, 4];

/**
 * Reads the layout of one image from its shape without the batch axis: `[C, H, W]` or `[H, W, C]`
 * with C ∈ {1, 3, 4}, or `[H, W]`. When both ends could be the channels, channels-first wins;
 * `layout` overrides that.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` when the shape cannot be an image, or not in that layout.
 */
export function detectLayout(
  shape: readonly number[],
  options: { layout?: LayoutName | undefined } = {},
): ImageLayout {
  const layout = options.layout ?? guess(shape);
  const rank = layout === "hw" ? 2 : 3;
  if (layout === undefined || shape.length !== rank || !shape.every((n) => Number.isInteger(n) && n > 0)) {
    throw mismatch(shape, options.layout);
  }
  const [channels, height, width] =
    layout === "chw"
      ? [shape[0], shape[1], shape[2]]
      : layout === "hwc"
        ? [shape[2], shape[0], shape[1]]
        : [1, shape[0], shape[1]];
  if (!CHANNEL_COUNTS.includes(channels)) throw mismatch(shape, options.layout);
  return { layout, channels, height, width };
}

function guess(shape: readonly number[]): LayoutName | undefined {
  if (shape.length === 2) return "hw";
  if (shape.length !== 3) return undefined;
  if (CHANNEL_COUNTS.includes(shape[0])) return "chw";
  if (CHANNEL_COUNTS.includes(shape[2])) return "hwc";
  return undefined;
}

function mismatch(shape: readonly number[], layout: LayoutName | undefined): VielbeinError {
  const remedy =
    shape.length > 3
      ? "Drop the batch axis and choose one image."
      : shape.length === 1
        ? "Reshape the vector to its image shape first."
        : "Choose another output tensor, or name the axes with the option `layout`.";
  const rule =
    layout === undefined
      ? "one image has shape [C, H, W] or [H, W, C] with 1, 3 or 4 channels, or [H, W]"
      : `layout "${layout}" needs shape [${[...layout.toUpperCase()].join(", ")}]${
          layout === "hw" ? "" : " with 1, 3 or 4 channels"
        }`;
  return new VielbeinError("SHAPE_MISMATCH", `Image: ${rule}, got [${shape.join(", ")}]. ${remedy}`);
}
