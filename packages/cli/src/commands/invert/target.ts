// Targets of an inversion: a tensor as the model yields it, or a picture.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { inflateSync } from "node:zlib";
import { requirePoints, type Space, VielbeinError } from "@vielbein/core";
import {
  type DecodedImage,
  decodeImage,
  fromRgba,
  type ImageLayout,
  isOpaque,
  overWhite,
  type PixelRange,
  pictureSize,
  type RgbaImage,
  requireReadable,
  resize,
  shownBy,
} from "@vielbein/viz";
import { arrayPath, readArray, readInput } from "../../inputs/array-files.ts";
import { endingAtOnce } from "../../kit/signals.ts";

export interface Target {
  /** In the units of the model's output, `[space.dim]`. */
  readonly values: Float32Array;
  readonly file: string;
  readonly sha256: string;
  /** Width and height of a picture that was resized. */
  readonly resizedFrom?: readonly [number, number] | undefined;
  /** The colour put behind a picture with transparent pixels. */
  readonly background?: "white" | undefined;
  /** Bits of a sample in a picture that was read to 8 of them. */
  readonly roundedFrom?: 16 | undefined;
}

/** How pictures become tensors. */
export interface PictureReading {
  readonly layout: ImageLayout;
  /** Values of black and white; undefined of pictures without. */
  readonly pixels: PixelRange | undefined;
  /** Cut and resample pictures of another size. */
  readonly crop: boolean;
}

/**
 * Reads an array, of as many numbers as an output has, from FILE.npy, FILE.npz or FILE.npz:NAME; or a picture, PNG or
 * JPEG. `reading` is only called for a picture.
 *
 * @throws {VielbeinError} `MISSING_FILE`; `INVALID_FILE`, `SHAPE_MISMATCH` or `NOT_FINITE` for what is no target.
 */
export async function readTarget(
  argument: string,
  space: Space,
  reading: () => Promise<PictureReading>,
  signal: AbortSignal,
): Promise<Target> {
  if (/\.np[yz]$/i.test(arrayPath(argument).path)) return readTensor(argument, space);
  const bytes = await readInput("--target", argument);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const how = await reading();
  const picture = await endingAtOnce(() => readPicture(argument, bytes, how), signal);
  return { file: basename(argument), sha256, ...picture };
}

async function readTensor(argument: string, space: Space): Promise<Target> {
  const expected = space.shape.filter((extent) => extent !== 1);
  const { file, sha256, data } = await readArray(
    "--target",
    argument,
    (shape) => {
      const inner = shape.filter((extent) => extent !== 1).join();
      return inner === expected.join() || inner === String(space.dim);
    },
    `one value of "${space.name}" is [${space.shape}]`,
  );
  const values = Float32Array.from(data as ArrayLike<number>, Number);
  requirePoints(`--target: "${argument}"`, values, 1, space);
  return { file, sha256, values };
}

async function readPicture(
  path: string,
  bytes: Uint8Array,
  { layout, pixels, crop }: PictureReading,
): Promise<Pick<Target, "values" | "resizedFrom" | "background" | "roundedFrom">> {
  const decoded = await decodePicture(bytes, layout).catch((error: unknown) => {
    if (!(error instanceof VielbeinError)) throw error;
    throw new VielbeinError(error.code, `--target: "${path}": ${error.message}`, { cause: error });
  });
  let image: RgbaImage = decoded;
  const { width, height } = image;
  const knowsAlpha = shownBy(layout) === "image" && layout.channels === 4;
  const background = !knowsAlpha && !isOpaque(image) ? "white" : undefined;
  if (background) image = overWhite(image);
  const wanted = pictureSize(layout);
  const fits = width === wanted.width && height === wanted.height;
  if (!fits && !crop) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--target: "${path}" is ${width} × ${height}, the model's images are ${wanted.width} × ${wanted.height}. With --crop its centre is resampled to that; for faces, align it first as the training images were.`,
    );
  }
  if (!fits) image = resize(image, wanted.width, wanted.height);
  const values = fromRgba(image, layout, pixels ?? [0, 1]);
  return {
    values,
    background,
    resizedFrom: fits ? undefined : [width, height],
    roundedFrom: decoded.roundedFrom,
  };
}

async function decodePicture(bytes: Uint8Array, layout: ImageLayout): Promise<DecodedImage> {
  requireReadable(layout);
  return decodeImage(bytes, { inflate });
}

/** Node's own inflate, which verifies the checksum and stops where there is more than due. */
function inflate(packed: Uint8Array, size: number): Uint8Array {
  return inflateSync(packed, { maxOutputLength: size, chunkSize: Math.min(size + 64, 2 ** 24) });
}
