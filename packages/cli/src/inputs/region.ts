// The option --region: a part of a picture, for commands that find directions of it, and for those whose map can be
// that part alone.

import { type DifferentiableMap, RegionAt, type Space, VielbeinError, weightedMap } from "@vielbein/core";
import type { Matrix } from "@vielbein/linalg";
import { tensorNames } from "@vielbein/onnx";
import type { ImageLayout, RgbaImage } from "@vielbein/viz";
import { type InputOption, input } from "../kit/command-files.ts";
import { significant } from "../kit/table.ts";
import type { Task } from "../kit/task.ts";
import { arrayPath } from "./array-files.ts";
import type { CodeOptions } from "./codes.ts";
import { type LayoutOptions, layoutEntry, layoutOf, type PictureLayout, remarkOnGuess } from "./layouts.ts";
import { type LoadedModel, openMap } from "./model.ts";
import {
  fitsRegion,
  outlined,
  type Region,
  readRegion,
  regionOf,
  regionRule,
  requireImages,
} from "./region-masks.ts";

/** A part of the picture, of which the command then is. */
export function regionOption(): InputOption {
  return input(
    "--region <region>",
    "a part of the picture: X,Y,WIDTH,HEIGHT in pixels from the top left; FILE.png that is white inside and black or transparent outside; FILE.npy, or a tensor of the model at the same code, from 0 outside to 1 inside",
  ).naming((value) =>
    /\.(png|np[yz])(:|$)/i.test(value) ? { start: 0, path: arrayPath(value).path } : undefined,
  );
}

export type RegionOptions = CodeOptions &
  LayoutOptions & { readonly region?: string | undefined; readonly distance?: string | undefined };

/** Where the outputs that a region is of come from. */
interface Pictured {
  readonly loaded: LoadedModel;
  readonly generator: { readonly from: Space; readonly to: Space };
}

/** A region, which may be another at every code. */
export class RegionSource {
  /** For the provenance. */
  readonly description: unknown;
  /** The same, with how outputs are pictures, for commands that draw none. */
  readonly entry: object;
  readonly #at: (code: Float32Array) => Promise<Region>;
  readonly #options: RegionOptions;

  private constructor(
    description: unknown,
    found: PictureLayout,
    options: RegionOptions,
    at: (code: Float32Array) => Promise<Region>,
  ) {
    this.description = description;
    this.entry = { region: description, ...layoutEntry(found) };
    this.#options = options;
    this.#at = at;
  }

  /**
   * What --region names.
   *
   * @throws {VielbeinError} `SHAPE_MISMATCH` where outputs are no images, or the region has another size; as
   *   {@link readRegion}.
   */
  static async open(
    { loaded, generator, options, signal, use }: Task<RegionOptions> & Pictured,
    text: string,
  ): Promise<RegionSource> {
    const found = layoutOf(loaded, generator.to, options);
    const { layout } = found;
    requireImages(layout);
    remarkOnGuess(loaded, generator.to, found);
    if (!tensorNames(loaded.model.graph).has(text)) {
      const region = await readRegion(text, layout);
      return new RegionSource(region.description, found, options, async () => region);
    }
    const ends = { from: generator.from.name, to: text, valuesOnly: true };
    const map = await use(openMap(loaded, { ...options, ...ends }));
    requireFitting(map.to, layout);
    const description = { tensor: text };
    return new RegionSource(description, found, options, async (code) => {
      const values = await map.evaluate(code, 1, { signal });
      return regionOf(`"${text}"`, values, layout, description);
    });
  }

  /** The region at a code. */
  at(code: Float32Array): Promise<Region> {
    return this.#at(code);
  }

  /** √w ⊙ f: the map whose metric is that of the region at a code. */
  async mapAt(map: DifferentiableMap, code: Float32Array): Promise<DifferentiableMap> {
    return weightedMap(map, (await this.at(code)).weights);
  }

  /** How far directions `[n, k]` of unit length move the region and the rest at a code. */
  async changesAt(
    map: DifferentiableMap,
    code: Float32Array,
    directions: Matrix,
    signal: AbortSignal,
  ): Promise<Changes[]> {
    const { weights } = await this.at(code);
    const call = { signal, memoryBudget: this.#options.memory };
    return changesOf(await RegionAt.of(map, code, weights, call).speeds(directions));
  }
}

/**
 * What --region names; undefined where nothing was named.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where outputs are compared by features; as {@link RegionSource.open}.
 */
export async function openRegion(task: Task<RegionOptions> & Pictured): Promise<RegionSource | undefined> {
  const { region, distance = "l2" } = task.options;
  if (region === undefined) return undefined;
  if (distance === "l2") return RegionSource.open(task, region);
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--region: a region is one of pixels, and the features of --distance "${distance}" see all of them. Leave one of the two out.`,
  );
}

/** How far a unit step moves a region and the rest: ‖√w ⊙ J·v‖ and ‖√(1 − w) ⊙ J·v‖, in units of the output. */
export interface Changes {
  readonly inside: number;
  readonly outside: number;
}

export function changesOf({
  inside,
  outside,
}: {
  readonly inside: Float64Array;
  readonly outside: Float64Array;
}): Changes[] {
  return Array.from(inside, (value, k) => ({ inside: value, outside: outside[k]! }));
}

/** `inside 1.23, outside 0.456`. */
export function changesText({ inside, outside }: Changes): string {
  return `inside ${significant(inside, 3)}, outside ${significant(outside, 3)}`;
}

/** Pictures with the border of a region drawn on them; as they are without one. */
export function withOutline(images: readonly RgbaImage[], region: Region | undefined): readonly RgbaImage[] {
  return region ? images.map((image) => outlined(image, region.mask)) : images;
}

function requireFitting({ name, shape }: Space, layout: ImageLayout): void {
  if (fitsRegion(shape, layout)) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `--region: "${name}" has shape [${shape}]; ${regionRule(layout)}. Name another tensor.`,
  );
}
