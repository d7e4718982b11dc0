// What outputs are measured by: the squared distance of the outputs themselves, or of features that another model
// computes of them, φ(f(x)), as one graph: ‖φ(a) − φ(b)‖² is LPIPS for features made by tools/export/lpips_features.py.

import { type Space, VielbeinError } from "@vielbein/core";
import { type ChainOptions, chain, type Model, type OnnxMap, requiredInputs } from "@vielbein/onnx";
import { type ImageLayout, shownBy, statedRange } from "@vielbein/viz";
import { input } from "../kit/command-files.ts";
import { definedItems } from "../kit/defined.ts";
import { choice, type OptionsOf, withDefault } from "../kit/options.ts";
import type { CodeOptions } from "./codes.ts";
import {
  describeLayout,
  type LayoutOptions,
  layoutEntry,
  layoutOf,
  type PictureLayout,
  remarkOnGuess,
} from "./layouts.ts";
import { type LoadedModel, loadModel, openMap } from "./model.ts";
import { describePixels, type PixelOptions, type Pixels, pixelsOf } from "./pixels.ts";

export const distanceOptions = {
  /** `l2`, or the file of the features. */
  distance: withDefault(
    input(
      "--distance <features>",
      "what outputs are compared by: l2, or an ONNX model that computes features of the output, e.g. those of LPIPS",
      "model",
    ),
    "l2",
  ),
  featureRange: choice(
    "--feature-range <range>",
    "pixels that the features are given: auto maps the images' range to what the features state in vielbein.range, else to [-1,1], as LPIPS expects; paper maps it to [0,1], as Wang & Ponce do; signed changes nothing",
    ["auto", "paper", "signed"],
    "auto",
  ),
};

export type DistanceOptions = OptionsOf<typeof distanceOptions>;

export interface Distance {
  /** From the codes to what is compared: the generator itself for l2, else features of what it yields. */
  readonly map: OnnxMap;
  /** The same of given outputs: `[count, generator.to.dim]` → `[count, map.to.dim]`. */
  of(outputs: Float32Array, count: number): Promise<Float32Array>;
  /** Black and white of the images, as the features are given them; undefined where they are given all values as they are. */
  readonly pixels: Pixels | undefined;
  /** How outputs were arranged for the features; undefined where they are given them as they are. */
  readonly layout: PictureLayout | undefined;
  /** For the provenance. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Releases what was opened besides the generator. */
  dispose(): Promise<void>;
}

/** How features are given what is compared, for tables: nothing where it is given as it is. */
export function distanceRemark(distance: Pick<Distance, "layout" | "pixels"> | undefined): readonly string[] {
  const { layout, pixels } = distance ?? {};
  return definedItems([layout && describeLayout(layout), pixels && describePixels(pixels)]);
}

/** ‖a − b‖². */
export function squaredDistance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + (x - (b[i] ?? Number.NaN)) ** 2, 0);
}

/**
 * Opens what `--distance` names behind `generator`, the map that the other options choose in `loaded`.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` where the features take outputs of another shape; what loading throws.
 */
export async function openDistance(
  loaded: LoadedModel,
  generator: OnnxMap,
  options: FeatureOptions,
  signal: AbortSignal,
): Promise<Distance> {
  return options.distance === "l2"
    ? outputDistance(generator)
    : featureDistance(loaded, generator, options, signal);
}

function outputDistance(generator: OnnxMap): Distance {
  return {
    map: generator,
    pixels: undefined,
    layout: undefined,
    of: async (outputs) => outputs,
    description: { distance: "l2" },
    dispose: async () => {},
  };
}

type FeatureOptions = CodeOptions & DistanceOptions & PixelOptions & LayoutOptions;

async function featureDistance(
  loaded: LoadedModel,
  generator: OnnxMap,
  options: FeatureOptions,
  signal: AbortSignal,
): Promise<Distance> {
  const { chained, pixels, layout, describe } = await withFeatures(loaded, generator, options, signal);
  const { to: _to, from: _from, ...rest } = options;
  const map = await openMap(chained, { ...rest, from: generator.from.name });
  let behind: OnnxMap | undefined;
  return {
    map,
    pixels,
    layout,
    of: async (outputs, count) => {
      behind ??= await openMap(chained, { ...rest, from: generator.to.name });
      return behind.evaluate(outputs, count, { signal });
    },
    description: describe(map),
    dispose: async () => {
      await map.dispose();
      await behind?.dispose();
    },
  };
}

/** The generator and the features behind it as one model. */
async function withFeatures(
  loaded: LoadedModel,
  generator: OnnxMap,
  options: FeatureOptions,
  signal: AbortSignal,
): Promise<{
  readonly chained: LoadedModel;
  readonly pixels: Pixels | undefined;
  readonly layout: PictureLayout | undefined;
  readonly describe: (map: OnnxMap) => Distance["description"];
}> {
  // What is said of the generator's inputs is not of the features'.
  const { set: _set, shape: _shape, noiseSeed: _noiseSeed, ...engine } = options;
  const { featureRange: range, distance } = options;
  const features = await loadModel(distance, engine);
  const layout = arrangementOf(loaded, features, generator, options);
  const pixels = range === "signed" ? undefined : await pixelsOf(loaded, generator, options, signal);
  const link = linkOf(range, pixels, features.model);
  const arrange = layout && arrangeBy(layout.layout);
  const model = chain(loaded.model, features.model, { output: generator.to.name, arrange, ...link });
  return {
    chained: { ...loaded, model },
    pixels,
    layout,
    describe: ({ to }) => ({
      distance: { file: features.file, sha256: features.sha256, output: to.name },
      range,
      pixels: pixels?.range,
      pixelsFrom: pixels?.from,
      ...layoutEntry(layout),
      ...link,
    }),
  };
}

/**
 * How outputs must be arranged for the features: not at all where they take them as they are, else with channels first, as
 * the layout says which axes they have.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` where neither fits.
 */
function arrangementOf(
  loaded: LoadedModel,
  { model, file }: LoadedModel,
  { to }: OnnxMap,
  options: LayoutOptions,
): PictureLayout | undefined {
  const wanted = requiredInputs(model.graph)[0]?.shape?.slice(1) ?? [];
  if (fits(to.shape, wanted)) return undefined;
  const found = readable(loaded, to, options);
  if (found && fits(channelsFirst(found.layout), wanted)) {
    remarkOnGuess(loaded, to, found);
    return found;
  }
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `--distance: "${file}" takes [${wanted}], but "${to.name}" is [${to.shape}]. ${remedyFor(wanted, to.shape)}`,
  );
}

/** Whether a shape is the one that is wanted, as far as that is fixed. */
function fits(shape: readonly number[], wanted: readonly unknown[]): boolean {
  return (
    wanted.length === shape.length &&
    wanted.every((extent, i) => typeof extent !== "number" || extent === shape[i])
  );
}

/** The layout, if outputs have one: what features take need not be a picture. */
function readable(loaded: LoadedModel, to: Space, options: LayoutOptions): PictureLayout | undefined {
  try {
    return layoutOf(loaded, to, options);
  } catch (error) {
    if (options.layout || !(error instanceof VielbeinError)) throw error;
    return undefined;
  }
}

function channelsFirst({ channels, height, width, layout }: ImageLayout): number[] {
  return shownBy({ layout }) === "signal" ? [channels, width] : [channels, height, width];
}

/** What brings outputs of a layout to channels first. */
function arrangeBy(layout: ImageLayout): NonNullable<ChainOptions["arrange"]> {
  const axes = channelsFirst(layout);
  if (!layout.channelsLast) return { shape: axes };
  const [channels, ...plane] = axes;
  return { shape: [...plane, channels ?? 1], order: [plane.length, ...plane.keys()] };
}

/** What to do where features take `wanted` `[channels, height, width]` and the output is something else. */
function remedyFor(wanted: readonly unknown[], shape: readonly number[]): string {
  const isGrey = shape.length === 2 || (shape.length === 3 && shape[0] === 1);
  if (isGrey && wanted[0] === 3) {
    return "The images are grey, the features are those of colour images: export the generator with its channel three times over, or features of one channel.";
  }
  if (wanted.length === shape.length && wanted[0] === shape[0]) {
    return "Export the features for images of that size.";
  }
  return "Export features of such outputs, or choose with --to an output that they take.";
}

/** The affine map of pixels that takes [low, high] to what the features are given. */
function linkOf(
  range: DistanceOptions["featureRange"],
  pixels: Pixels | undefined,
  { metadata }: Model,
): { readonly scale: number; readonly shift: number } {
  if (!pixels) return { scale: 1, shift: 0 };
  const [low, high] = pixels.range;
  const [black, white] = range === "paper" ? [0, 1] : (statedRange(metadata) ?? [-1, 1]);
  const scale = (white - black) / (high - low);
  return { scale, shift: black - low * scale };
}
