// How a model's outputs are drawn: by which layout, and within which range.

import { type Space, VielbeinError } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import {
  detectLayout,
  differencePicture,
  formatLayout,
  guessText,
  heatPicture,
  type ImageLayout,
  isPlain,
  LAYOUT_GRAMMAR,
  type LayoutChoice,
  layoutKeys,
  measureExtent,
  measureRange,
  type PixelRange,
  parseLayout,
  possibleLayouts,
  type RgbaImage,
  repeatedOverChannels,
  type Shrinking,
  shownBy,
  statedLayout,
  statedRange,
  toRgba,
} from "@vielbein/viz";
import type { ExplorerLayout, RegionMask } from "@vielbein/viz/explorer";
import type { Spaces } from "./spaces.ts";

type Metadata = ReadonlyMap<string, string>;

export class Pictures {
  readonly description: ExplorerLayout;
  /** What was guessed about the outputs, in words; nothing where their shape is that of an image. */
  readonly remarks: readonly string[];
  readonly #layout: ImageLayout;
  readonly #range: PixelRange;

  private constructor({ name, shape }: Space, { layout, from }: FoundLayout, range: PixelRange) {
    this.description = describe(layout, from, shape);
    const isGuess = from === "shape" && !isPlain(layout, shape);
    this.remarks = isGuess ? [guessText({ name, shape }, layout)] : [];
    this.#layout = layout;
    this.#range = range;
  }

  /**
   * @param spaces those whose outputs are drawn.
   * @param choice the layout that the person chose; default: as the metadata state, else as the shape suggests.
   * @throws {VielbeinError} `SHAPE_MISMATCH` where outputs are not pictures; `INVALID_ARGUMENT`, `INVALID_MODEL`.
   */
  static async open(
    spaces: Spaces,
    metadata: Metadata,
    choice: string | undefined,
    signal: AbortSignal,
  ): Promise<Pictures> {
    const { to } = spaces.picture;
    const found = layoutOf(to, metadata, choice);
    const measure = shownBy(found.layout) === "signal" ? measureExtent : measureRange;
    return new Pictures(to, found, statedRange(metadata) ?? measure(await spaces.images(signal)));
  }

  /** The layout, where the person chose it. */
  get chosen(): string | undefined {
    const { layout, from } = this.description;
    return from === "choice" ? layout : undefined;
  }

  /** How their pictures are reduced. */
  get shrinking(): Shrinking {
    return this.description.shows === "classes" ? "middle" : "mean";
  }

  /** The pictures of outputs, `[count, size]`. */
  draw(values: Float32Array, count: number): RgbaImage[] {
    const size = values.length / count;
    return Array.from({ length: count }, (_, i) => toRgba(rowAt(values, i, size), this.#layout, this.#range));
  }

  /** How far one output is from another. */
  difference(values: Float32Array, reference: Float32Array): RgbaImage {
    return differencePicture(values, reference, this.#layout, this.#range);
  }

  /** Where a tangent of the output acts, for images. */
  heat(tangent: Float32Array): RgbaImage {
    this.#requireImages();
    return heatPicture(tangent, this.#layout);
  }

  /** The weights of a mask, as large as the image or coarser: `[size]`, 1 inside and 0 outside. */
  weights(mask: RegionMask): Float32Array {
    this.#requireImages();
    const { width, height } = this.#layout;
    const plane = Float32Array.from({ length: width * height }, (_, p) => {
      const x = Math.floor(((p % width) * mask.width) / width);
      const y = Math.floor((Math.floor(p / width) * mask.height) / height);
      return mask.data[y * mask.width + x];
    });
    return repeatedOverChannels(plane, this.#layout);
  }

  /** @throws {VielbeinError} `SHAPE_MISMATCH` where outputs are no images. */
  #requireImages(): void {
    if (shownBy(this.#layout) === "image") return;
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Outputs are drawn as ${this.#layout.layout}, which has no pixels of its own. Draw them as an image to look at a part of it.`,
    );
  }
}

interface FoundLayout {
  readonly layout: ImageLayout;
  readonly from: ExplorerLayout["from"];
}

function layoutOf({ name, shape }: Space, metadata: Metadata, choice: string | undefined): FoundLayout {
  const chosen = choice === undefined ? undefined : requireLayout(choice);
  const stated = statedLayout(metadata);
  const layout = detectLayout(shape, {
    layout: chosen ?? stated,
    subject: `"${name}"`,
    option: chosen || !stated ? "`layout` in the address" : "vielbein.layout",
  });
  return { layout, from: chosen ? "choice" : stated ? "model" : "shape" };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` */
function requireLayout(text: string): LayoutChoice {
  const choice = parseLayout(text);
  if (choice) return choice;
  throw new VielbeinError("INVALID_ARGUMENT", `Layout: expected ${LAYOUT_GRAMMAR}, got "${text}".`);
}

function describe(
  layout: ImageLayout,
  from: ExplorerLayout["from"],
  shape: readonly number[],
): ExplorerLayout {
  const text = formatLayout(layout);
  const possible = [...new Set([...possibleLayouts(shape).map(formatLayout), text])];
  return { layout: text, shows: shownBy(layout), from, possible, keys: layoutKeys(layout) };
}
