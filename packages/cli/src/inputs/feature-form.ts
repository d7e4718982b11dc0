// The form in which outputs are given to features: channels first, with the size and the channels that the features
// take.

import { type Space, VielbeinError } from "@vielbein/core";
import { type LinkOptions, requiredInputs } from "@vielbein/onnx";
import { type ImageLayout, shownBy } from "@vielbein/viz";
import { type LayoutOptions, layoutOf, type PictureLayout, remarkOnGuess } from "./layouts.ts";
import type { LoadedModel } from "./model.ts";

/** What is done to outputs before features take them; nothing where they take them as they are. */
export interface FeatureForm extends Pick<LinkOptions, "arrange" | "resize" | "copies"> {
  /** How outputs are arranged, where they are. */
  readonly layout?: PictureLayout | undefined;
}

type FormOptions = LayoutOptions & { readonly resize?: readonly [number, number] | undefined };

/**
 * How outputs in `to` are brought into the form that the features take, given their layout and --resize.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` where that is not what the features take.
 */
export function featureForm(
  loaded: LoadedModel,
  { model, file }: LoadedModel,
  to: Space,
  options: FormOptions,
): FeatureForm {
  const wanted = requiredInputs(model.graph)[0]?.shape?.slice(1) ?? [];
  const found = readable(loaded, to, options);
  const isTold = found !== undefined && found.from !== "shape";
  if (!options.resize && !isTold && fits(to.shape, wanted)) return {};
  const [channels = 0, ...plane] = found ? channelsFirst(found.layout) : to.shape;
  const resize = resizing(plane, options.resize);
  const copies = channels === 1 && wanted[0] === 3 ? 3 : 1;
  if (!found || !fits([copies * channels, ...(resize?.to ?? plane)], wanted)) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `--distance: "${file}" takes [${wanted}], but "${to.name}" is [${to.shape}]${options.resize ? `, --resize ${options.resize}` : ""}. ${remedyFor(wanted, [channels, ...plane])}`,
    );
  }
  remarkOnGuess(loaded, to, found);
  if (copies > 1)
    loaded.remark(`the features are those of colours: the one channel of "${to.name}" is all three`);
  const isArranged = found.layout.channelsLast || to.shape.length !== 1 + plane.length;
  return {
    layout: isArranged ? found : undefined,
    arrange: isArranged ? arrangeBy(found.layout) : undefined,
    resize,
    copies: copies > 1 ? copies : undefined,
  };
}

/** For pictures, which have two axes beside the channels. */
function resizing(
  [height, width]: readonly number[],
  to: readonly [number, number] | undefined,
): LinkOptions["resize"] {
  return to && height !== undefined && width !== undefined ? { from: [height, width], to } : undefined;
}

/** Whether a shape is the one that is wanted, as far as that is fixed. */
function fits(shape: readonly number[], wanted: readonly unknown[]): boolean {
  return (
    wanted.length === shape.length &&
    wanted.every((extent, i) => typeof extent !== "number" || extent === shape[i])
  );
}

/** The layout, if outputs have one: features need not take pictures. */
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

/** The rearrangement that brings outputs of a layout to channels first. */
function arrangeBy(layout: ImageLayout): NonNullable<LinkOptions["arrange"]> {
  const axes = channelsFirst(layout);
  if (!layout.channelsLast) return { shape: axes };
  const [channels, ...plane] = axes;
  return { shape: [...plane, channels ?? 1], order: [plane.length, ...plane.keys()] };
}

/** What to do where features take `wanted` `[channels, height, width]` and the output has another shape. */
function remedyFor(wanted: readonly unknown[], [channels, ...plane]: readonly number[]): string {
  const [colours, ...size] = wanted;
  const isFixed = size.length === 2 && size.every((extent) => typeof extent === "number");
  if (isFixed && plane.length === 2 && (channels === colours || channels === 1)) {
    return `Resize the pictures that they are given: --resize ${size[0] === size[1] ? size[0] : size}.`;
  }
  return "Export features of such outputs, or choose with --to an output that they take.";
}
