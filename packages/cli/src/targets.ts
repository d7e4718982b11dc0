// Targets of an inversion: a tensor as the model yields it, or a picture.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { requirePoints, type Space, VielbeinError } from "@vielbein/core";
import { readNpy } from "@vielbein/linalg/npy";
import { decodePng, fromRgba, type ImageLayout, type PixelRange, resize } from "@vielbein/viz";

export interface Target {
  /** In the units of the model's output, `[space.dim]`. */
  readonly values: Float32Array;
  readonly file: string;
  readonly sha256: string;
  /** Width and height of a picture that was resized. */
  readonly resizedFrom?: readonly [number, number];
}

/** How pictures become tensors. */
export interface PictureReading {
  readonly layout: ImageLayout;
  /** Values of black and white. */
  readonly pixels: PixelRange;
  /** Cut and resample pictures of another size. */
  readonly resize: boolean;
}

/**
 * Reads FILE.npy, of as many numbers as an output has, or FILE.png. `reading` is only called for a picture.
 *
 * @throws {VielbeinError} `MISSING_FILE`; `INVALID_FILE`, `SHAPE_MISMATCH` or `NOT_FINITE` for what is no target.
 */
export async function readTarget(
  path: string,
  space: Space,
  reading: () => Promise<PictureReading>,
): Promise<Target> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new VielbeinError("MISSING_FILE", `--target: cannot read "${path}": ${error.message}.`, {
      cause: error,
    });
  });
  const source = { file: basename(path), sha256: createHash("sha256").update(bytes).digest("hex") };
  if (/\.npy$/i.test(path)) return { ...source, values: tensorOf(path, bytes, space) };
  return { ...source, ...picture(path, bytes, await reading()) };
}

function tensorOf(path: string, bytes: Uint8Array, space: Space): Float32Array {
  const { shape, data } = readNpy(bytes);
  const inner = shape.filter((extent) => extent !== 1);
  const expected = space.shape.filter((extent) => extent !== 1);
  const isFlat = inner.length === 1 && inner[0] === space.dim;
  if (!isFlat && inner.join() !== expected.join()) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--target: "${path}" has shape [${shape}]; one value of "${space.name}" is [${space.shape}].`,
    );
  }
  const values = Float32Array.from(data as ArrayLike<number>, Number);
  requirePoints(`--target: "${path}"`, values, 1, space);
  return values;
}

function picture(
  path: string,
  bytes: Uint8Array,
  { layout, pixels, resize: isResized }: PictureReading,
): Pick<Target, "values" | "resizedFrom"> {
  let image = decodePng(bytes);
  const { width, height } = image;
  if (layout.channels < 4 && image.data.some((value, at) => at % 4 === 3 && value !== 255)) {
    throw new VielbeinError(
      "INVALID_FILE",
      `--target: "${path}" has transparent pixels, and the model knows none. Flatten it on a background.`,
    );
  }
  const fits = width === layout.width && height === layout.height;
  if (!fits && !isResized) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--target: "${path}" is ${width} × ${height}, the model's images are ${layout.width} × ${layout.height}. With --resize its centre is resampled to that; for faces, align it first as the training images were.`,
    );
  }
  if (!fits) image = resize(image, layout.width, layout.height);
  return { values: fromRgba(image, layout, pixels), ...(fits ? {} : { resizedFrom: [width, height] }) };
}
