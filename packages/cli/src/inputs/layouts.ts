// How the outputs of a map are pictures or signals: as the option says, as the model states, or as their shape
// suggests.

import type { Space } from "@vielbein/core";
import type { Model } from "@vielbein/onnx";
import {
  detectLayout,
  formatLayout,
  guessText,
  type ImageLayout,
  isPlain,
  LAYOUT_GRAMMAR,
  possibleLayouts,
  statedLayout,
} from "@vielbein/viz";
import { layout } from "../kit/arguments.ts";
import { type OptionsOf, option } from "../kit/options.ts";
import { isOutput, type LoadedModel } from "./model.ts";

export const layoutOptions = {
  layout: option(
    "--layout <layout>",
    `how an output is a picture: ${LAYOUT_GRAMMAR} (default: as the model states in vielbein.layout, else guessed from the shape)`,
    layout,
  ),
};

export type LayoutOptions = OptionsOf<typeof layoutOptions>;

/** How the points of a space are pictures. */
export interface PictureLayout {
  readonly layout: ImageLayout;
  readonly from: "option" | "model" | "shape";
  /** Whether the shape alone shows the layout. */
  readonly isPlain: boolean;
}

/**
 * How the points of `space` are pictures: as the option says, else as the model states for its outputs, else as the
 * shape suggests.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` where they are not pictures.
 */
export function layoutOf(
  loaded: LoadedModel,
  { name, shape }: Space,
  { layout: given }: LayoutOptions,
): PictureLayout {
  const stated = isOutput(loaded, name) ? statedLayout(loaded.model.metadata) : undefined;
  const from = given ? "option" : stated ? "model" : "shape";
  const found = detectLayout(shape, {
    layout: given ?? stated,
    subject: `"${name}"`,
    option: given || !stated ? "--layout" : "vielbein.layout",
  });
  return { layout: found, from, isPlain: isPlain(found, shape) };
}

/**
 * Refuses a layout that an output does not have, as far as the file states its shape behind the first axis.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`.
 */
export function requireLayout({ graph }: Model, output: string, { layout: given }: LayoutOptions): void {
  const stated = graph.outputs.find(({ name }) => name === output)?.shape?.slice(1) ?? [];
  const shape = stated.filter((extent): extent is number => typeof extent === "number" && extent > 0);
  if (!given || shape.length === 0 || shape.length < stated.length) return;
  detectLayout(shape, { layout: given, subject: `"${output}"`, option: "--layout" });
}

/** Says how an output is read as a picture, where its shape alone does not show it. */
export function remarkOnGuess(
  { remark }: LoadedModel,
  { name, shape }: Space,
  { layout: found, from, isPlain: isSure }: PictureLayout,
): void {
  if (from !== "shape" || isSure) return;
  const taken = formatLayout(found);
  const others = possibleLayouts(shape)
    .map(formatLayout)
    .filter((text) => text !== taken);
  const rest = others.length > 0 ? `; --layout takes others, such as ${others.join(" or ")}` : "";
  remark(`${guessText({ name, shape }, found)}${rest}`);
}

/** What the provenance records about a layout. */
export function layoutEntry(found: PictureLayout | undefined): object {
  return { layout: found && formatLayout(found.layout), layoutFrom: found?.from };
}

const ORIGINS: Readonly<Record<PictureLayout["from"], string>> = {
  option: "as given",
  model: "as the model states",
  shape: "guessed",
};

/** The layout as captions show it: `hw:28,28, guessed`; undefined where the shape shows it. */
export function describeLayout({ layout: found, from, isPlain: isSure }: PictureLayout): string | undefined {
  return isSure ? undefined : `${formatLayout(found)}, ${ORIGINS[from]}`;
}
