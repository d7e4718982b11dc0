// The option --region: a part of a picture, as a rectangle or as a picture that is white inside.

import { VielbeinError } from "@vielbein/core";
import { decodeImage, fromRgba, type ImageLayout, type RgbaImage, shownBy } from "@vielbein/viz";
import { input } from "../kit/command-files.ts";
import { required } from "../kit/options.ts";
import { readInput } from "./array-files.ts";
import { sha256 } from "./model.ts";

export const regionOption = required(
  input(
    "--region <region>",
    "X,Y,WIDTH,HEIGHT in pixels from the top left, or FILE.png of the picture's size that is white inside the region",
  ),
);

export interface Region {
  /** From 0 outside to 1 inside, `[to.dim]`, in the order of the picture's numbers. */
  readonly weights: Float32Array;
  /** The same as a picture, black to white. */
  readonly mask: RgbaImage;
  /** For the provenance. */
  readonly description: unknown;
}

/**
 * The region that the option names in pictures of this layout.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` where outputs are not images or the file has another size; `OUT_OF_RANGE`
 * for a rectangle that leaves the picture, or an empty region; what reading the file throws.
 */
export async function readRegion(text: string, layout: ImageLayout): Promise<Region> {
  if (shownBy(layout) !== "image") {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--region: outputs are no images, but a ${layout.layout}. Name the axes of an image with --layout.`,
    );
  }
  const sides = /^\s*(\d+),(\d+),(\d+),(\d+)\s*$/.exec(text)?.slice(1).map(Number);
  const { mask, description } = sides ? rectangle(sides, layout) : await maskOf(text, layout);
  const weights = fromRgba(mask, layout, [0, 1]);
  if (weights.some((weight) => weight > 0)) return { weights, mask, description };
  throw new VielbeinError(
    "OUT_OF_RANGE",
    `--region ${text}: nothing of the picture is inside. Widen the region.`,
  );
}

type Mask = Pick<Region, "mask" | "description">;

function rectangle(sides: readonly number[], { width, height }: ImageLayout): Mask {
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
  const mask = await decodeImage(bytes);
  if (mask.width !== width || mask.height !== height) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--region: "${path}" is ${mask.width} × ${mask.height}, the picture ${width} × ${height} pixels. Draw the region at that size.`,
    );
  }
  return { mask, description: { file: path.replace(/^.*[\\/]/, ""), sha256: sha256(bytes) } };
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
