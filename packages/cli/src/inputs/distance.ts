// How outputs are compared: by the squared distance of the outputs themselves, or of features that another model
// computes from them, φ(f(x)), as one graph: ‖φ(a) − φ(b)‖² is LPIPS for features made by
// tools/export/lpips_features.py.

import { VielbeinError } from "@vielbein/core";
import { chain, type Model, type OnnxMap } from "@vielbein/onnx";
import { statedRange } from "@vielbein/viz";
import { pictureSize } from "../kit/arguments.ts";
import { input } from "../kit/command-files.ts";
import { definedItems } from "../kit/defined.ts";
import { choice, type OptionsOf, option, withDefault } from "../kit/options.ts";
import type { CodeOptions } from "./codes.ts";
import { featureForm } from "./feature-form.ts";
import { describeLayout, type LayoutOptions, layoutEntry, type PictureLayout } from "./layouts.ts";
import { type LoadedModel, loadModel, openMap } from "./model.ts";
import { describePixels, type PixelOptions, type Pixels, pixelsOf } from "./pixels.ts";

export const distanceOptions = {
  /** `l2`, or the file of the features. */
  distance: withDefault(
    input(
      "--distance <features>",
      "what outputs are compared by: l2, or an ONNX model that computes features of the output, e.g. those of LPIPS",
      "model",
    ).naming((path) => (path === "l2" ? undefined : { start: 0, path })),
    "l2",
  ),
  resize: option(
    "--resize <size>",
    "side of the pictures that the features are given, or HEIGHT,WIDTH: fewer pixels by area, more bilinearly",
    pictureSize,
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
  /** From the codes to what is compared: the generator itself for l2, else features of its outputs. */
  readonly map: OnnxMap;
  /** The same for given outputs: `[count, generator.to.dim]` → `[count, map.to.dim]`. */
  of(outputs: Float32Array, count: number): Promise<Float32Array>;
  /**
   * Black and white of the images that the features are given; undefined where they are given all values as they are.
   */
  readonly pixels: Pixels | undefined;
  /** How outputs were arranged for the features; undefined where they are given them as they are. */
  readonly layout: PictureLayout | undefined;
  /** Height and width of the pictures that the features are given, where they are resized. */
  readonly resized: readonly [number, number] | undefined;
  /** For the provenance. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Releases what was opened besides the generator. */
  dispose(): Promise<void>;
}

/** How outputs are changed before features take them, for tables; nothing where they are taken as they are. */
export function distanceRemark(
  distance: Pick<Distance, "layout" | "pixels" | "resized"> | undefined,
): readonly string[] {
  const { layout, pixels, resized } = distance ?? {};
  return definedItems([
    layout && describeLayout(layout),
    resized && `features of ${resized.join(" × ")} pixels`,
    pixels && describePixels(pixels),
  ]);
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
  requireFeatures(options);
  return options.distance === "l2"
    ? outputDistance(generator)
    : featureDistance(loaded, generator, options, signal);
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for --resize where there are no features to take its pictures. */
export function requireFeatures({ distance, resize }: Pick<DistanceOptions, "distance" | "resize">): void {
  if (resize === undefined || distance !== "l2") return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    "--resize: pictures are resized for features, and none are named. Name a model of features with --distance.",
  );
}

function outputDistance(generator: OnnxMap): Distance {
  return {
    map: generator,
    pixels: undefined,
    layout: undefined,
    resized: undefined,
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
  const { chained, pixels, layout, resized, describe } = await withFeatures(
    loaded,
    generator,
    options,
    signal,
  );
  const { to: _to, from: _from, ...rest } = options;
  const map = await openMap(chained, { ...rest, from: generator.from.name });
  let behind: OnnxMap | undefined;
  return {
    map,
    pixels,
    layout,
    resized,
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
  readonly resized: readonly [number, number] | undefined;
  readonly describe: (map: OnnxMap) => Distance["description"];
}> {
  // What is said about the generator's inputs does not concern the features' inputs.
  const {
    set: _set,
    shape: _shape,
    noiseSeed: _noiseSeed,
    label: _label,
    activation: _activation,
    size: _size,
    ...engine
  } = options;
  const { featureRange: range, distance } = options;
  const features = await loadModel(distance, engine);
  const form = featureForm(loaded, features, generator.to, options);
  const pixels = range === "signed" ? undefined : await pixelsOf(loaded, generator, options, signal);
  const link = linkOf(range, pixels, features.model);
  const { layout, ...rest } = form;
  const model = chain(loaded.model, features.model, { output: generator.to.name, ...rest, ...link });
  return {
    chained: { ...loaded, model },
    pixels,
    layout,
    resized: rest.resize?.to,
    describe: ({ to }) => ({
      distance: { file: features.file, sha256: features.sha256, output: to.name },
      range,
      pixels: pixels?.range,
      pixelsFrom: pixels?.from,
      ...layoutEntry(layout),
      resize: rest.resize,
      copies: rest.copies,
      ...link,
    }),
  };
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
