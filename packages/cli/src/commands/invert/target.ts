// Targets of an inversion: a tensor as the model yields it, a picture or a sound.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { inflateSync } from "node:zlib";
import { requirePoints, type Space, VielbeinError } from "@vielbein/core";
import {
  decodeImage,
  decodeWav,
  formatLayout,
  fromCurves,
  fromRgba,
  type ImageLayout,
  isOpaque,
  isWav,
  overWhite,
  type PixelRange,
  pictureSize,
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
  /** Samples per second, for a sound. */
  readonly sampleRate?: number | undefined;
}

/** How pictures and sounds become tensors. */
export interface PictureReading {
  readonly layout: ImageLayout;
  /** Values of black and white; undefined of pictures without. */
  readonly pixels: PixelRange | undefined;
  /** Cut and resample pictures of another size. */
  readonly crop: boolean;
  /** Value of a sample of 1. */
  readonly fullScale: number;
}

/**
 * Reads an array, of as many numbers as an output has, from FILE.npy, FILE.npz or FILE.npz:NAME; or a picture, PNG or
 * JPEG; or a sound, WAV. `reading` is only called for pictures and sounds.
 *
 * @throws {VielbeinError} `MISSING_FILE`; `INVALID_FILE`, `SHAPE_MISMATCH` or `NOT_FINITE` for what is not a target.
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
  const read = isWav(bytes) ? readSound : readPicture;
  const found = await endingAtOnce(() => read(argument, bytes, how), signal);
  return { file: basename(argument), sha256, ...found };
}

async function readSound(
  path: string,
  bytes: Uint8Array,
  { layout, fullScale }: PictureReading,
): Promise<Pick<Target, "values" | "sampleRate">> {
  const { channels, sampleRate } = await namingTarget(path, () => decodeWav(bytes));
  const length = channels[0]?.length;
  const isSignal = shownBy(layout) === "signal";
  if (!isSignal || channels.length !== layout.channels || length !== layout.width) {
    const wanted = isSignal ? `${layout.channels} × ${layout.width}` : `none (${formatLayout(layout)})`;
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--target: "${path}" is a sound of ${channels.length} × ${length} samples, the model's signals are ${wanted}. ${isSignal ? "Cut it to that." : "Where they are, say --layout signal."}`,
    );
  }
  const values = fromCurves(channels, layout).map((x) => x * fullScale);
  return { values, sampleRate };
}

/** What `read` returns; its errors name the target. */
async function namingTarget<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof VielbeinError)) throw error;
    throw new VielbeinError(error.code, `--target: "${path}": ${error.message}`, { cause: error });
  }
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
  const decoded = await namingTarget(path, () => {
    requireReadable(layout);
    return decodeImage(bytes, { inflate });
  });
  const { width, height, roundedFrom } = decoded;
  const knowsAlpha = shownBy(layout) === "image" && layout.channels === 4;
  const background = !knowsAlpha && !isOpaque(decoded) ? "white" : undefined;
  const wanted = pictureSize(layout);
  const fits = width === wanted.width && height === wanted.height;
  if (!fits && !crop) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--target: "${path}" is ${width} × ${height}, the model's images are ${wanted.width} × ${wanted.height}. With --crop its centre is resampled to that; for faces, align it first as the training images were.`,
    );
  }
  const opaque = background ? overWhite(decoded) : decoded;
  const image = fits ? opaque : resize(opaque, wanted.width, wanted.height);
  const resizedFrom = fits ? undefined : ([width, height] as const);
  return { values: fromRgba(image, layout, pixels ?? [0, 1]), background, resizedFrom, roundedFrom };
}

/** Node's own inflate, which verifies the checksum and stops where there is more than due. */
function inflate(packed: Uint8Array, size: number): Uint8Array {
  return inflateSync(packed, { maxOutputLength: size, chunkSize: Math.min(size + 64, 2 ** 24) });
}
