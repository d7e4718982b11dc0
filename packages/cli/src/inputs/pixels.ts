// Which values of a model's images are black and white: as the options say, else as the model states, else measured on
// samples that are the same for every seed.

import { VielbeinError } from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import { measureRange, type PixelRange, statedRange } from "@vielbein/viz";
import { range } from "../kit/arguments.ts";
import { type OptionsOf, option } from "../kit/options.ts";
import { type CodeOptions, CodeSource } from "./codes.ts";
import type { LoadedModel } from "./model.ts";

export const pixelOptions = {
  imageRange: option(
    "--image-range <low,high>",
    "values of black and white (default: as the model states in vielbein.range, else measured on samples)",
    range,
  ),
};

export type PixelOptions = OptionsOf<typeof pixelOptions>;

export interface Pixels {
  readonly range: PixelRange;
  readonly from: "option" | "model" | "samples";
}

const MEASURED = 16;

/**
 * Black and white in the images that a map ends at.
 *
 * @param path the map, or maps that follow each other.
 */
export async function pixelsOf(
  loaded: LoadedModel,
  path: OnnxMap | readonly [OnnxMap, OnnxMap],
  options: CodeOptions & PixelOptions,
  signal: AbortSignal,
): Promise<Pixels> {
  if (options.imageRange) return { range: options.imageRange, from: "option" };
  const { metadata, graph } = loaded.model;
  const maps = "length" in path ? path : [path];
  const isOutput = graph.outputs.some(({ name }) => name === maps.at(-1)!.to.name);
  const stated = isOutput ? statedRange(metadata) : undefined;
  if (stated) return { range: stated, from: "model" };
  return { range: await measuredRange(loaded, maps, options, signal), from: "samples" };
}

/** Black and white that hold the values at samples that no seed changes. */
async function measuredRange(
  loaded: LoadedModel,
  maps: readonly OnnxMap[],
  options: CodeOptions & PixelOptions,
  signal: AbortSignal,
): Promise<Pixels["range"]> {
  const source = await fixedCodes(loaded, maps[0]!, options);
  try {
    const codes = await source.take(0, MEASURED, signal);
    const count = Math.min(codes.count, MEASURED);
    let values = codes.values.subarray(0, count * maps[0]!.from.dim);
    for (const map of maps) values = await map.evaluate(values, count, { signal });
    return measureRange(values);
  } finally {
    await source.dispose();
  }
}

/** Samples of seed 0; of a space that no input leads to, the rows of --points. */
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
export function describePixels({ range: values, from }: Pixels): string {
  return `pixels ${values.map((value) => +value.toPrecision(3)).join(" … ")}, ${ORIGINS[from]}`;
}

/** The same as a remark; none where there are no pixels. */
export function pixelsRemark(pixels: Pixels | undefined): readonly string[] {
  return pixels ? [describePixels(pixels)] : [];
}

/** What the provenance has of them; nothing where there are no pixels. */
export function pixelsEntry(pixels: Pixels | undefined): object {
  return { imageRange: pixels?.range, imageRangeFrom: pixels?.from };
}
