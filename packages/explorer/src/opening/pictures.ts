// How a model's outputs are drawn: by which layout, and within which range.

import { type Space, VielbeinError } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import {
  detectLayout,
  formatLayout,
  guessText,
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
  shownBy,
  statedLayout,
  statedRange,
  toRgba,
} from "@vielbein/viz";
import type { ExplorerLayout } from "@vielbein/viz/explorer";
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

  /** The pictures of outputs, `[count, size]`. */
  draw(values: Float32Array, count: number): RgbaImage[] {
    const size = values.length / count;
    return Array.from({ length: count }, (_, i) => toRgba(rowAt(values, i, size), this.#layout, this.#range));
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
