// Which values are black and white in a model's images: as the options say, else as the model states, else as measured
// on samples that are the same for every seed.

import { VielbeinError } from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import { imagesToMeasure, measureRange, type PixelRange, statedRange } from "@vielbein/viz";
import { range } from "../kit/arguments.ts";
import { type OptionsOf, option } from "../kit/options.ts";
import { type CodeOptions, CodeSource } from "./codes.ts";
import { isOutput, type LoadedModel } from "./model.ts";

export const pixelOptions = {
  imageRange: option(
    "--image-range <low,high>",
    "values of black and white, of signals the lower and upper edge (default: as the model states in vielbein.range, else measured on samples)",
    range,
  ),
};

export type PixelOptions = OptionsOf<typeof pixelOptions>;

export interface Pixels {
  readonly range: PixelRange;
  readonly from: "option" | "model" | "samples";
}

/**
 * Black and white in the images that a map ends at.
 *
 * @param path the map, or maps that follow each other.
 * @param measure finds them in the outputs of samples.
 */
export async function pixelsOf(
  loaded: LoadedModel,
  path: OnnxMap | readonly [OnnxMap, OnnxMap],
  options: CodeOptions & PixelOptions,
  signal: AbortSignal,
  measure: (values: Float32Array) => PixelRange = measureRange,
): Promise<Pixels> {
  if (options.imageRange) return { range: options.imageRange, from: "option" };
  const maps = "length" in path ? path : ([path] as const);
  const stated = isOutput(loaded, ("length" in path ? path[1] : path).to.name)
    ? statedRange(loaded.model.metadata)
    : undefined;
  if (stated) return { range: stated, from: "model" };
  return { range: measure(await sampledValues(loaded, maps, options, signal)), from: "samples" };
}

/** The outputs at samples that do not depend on the seed. */
async function sampledValues(
  loaded: LoadedModel,
  maps: readonly [OnnxMap, ...OnnxMap[]],
  options: CodeOptions & PixelOptions,
  signal: AbortSignal,
): Promise<Float32Array> {
  const source = await fixedCodes(loaded, maps[0], options);
  try {
    const wanted = imagesToMeasure((maps[1] ?? maps[0]).to.dim);
    const codes = await source.take(0, wanted, signal);
    const count = Math.min(codes.count, wanted);
    let values = codes.values.subarray(0, count * maps[0].from.dim);
    for (const map of maps) values = await map.evaluate(values, count, { signal });
    return values;
  } finally {
    await source.dispose();
  }
}

/** Samples of seed 0; in a space that no input leads to, the rows of --points. */
async function fixedCodes(loaded: LoadedModel, map: OnnxMap, options: CodeOptions): Promise<CodeSource> {
  const { points: _, ...drawn } = options;
  return CodeSource.open(loaded, map, { ...drawn, seed: 0 }).catch((error: unknown) => {
    const isUnreachable = error instanceof VielbeinError && error.code === "INVALID_SPACE";
    if (!isUnreachable || options.points === undefined) throw error;
    return CodeSource.open(loaded, map, options);
  });
}

const ORIGINS: Readonly<Record<Pixels["from"], string>> = {
  option: "as given",
  model: "as the model states",
  samples: "measured",
};

/** `pixels −1 … 1, as the model states`, for captions and tables. */
export function describePixels(
  { range: values, from }: Pixels,
  what: "pixels" | "values" = "pixels",
): string {
  return `${what} ${values.map((value) => +value.toPrecision(3)).join(" … ")}, ${ORIGINS[from]}`;
}

/** What the provenance records about them; nothing where there are no pixels. */
export function pixelsEntry(pixels: Pixels | undefined): object {
  return { imageRange: pixels?.range, imageRangeFrom: pixels?.from };
}
