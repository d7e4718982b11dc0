// Maps of classes: at every pixel the channel that is largest, in a colour of its own.

import { VielbeinError } from "@vielbein/core";
import { parseHex } from "../colour.ts";
import { type ImageLayout, stridesOf } from "./image-layout.ts";

/**
 * Colours of classes: Okabe and Ito's eight, then those that stay furthest from all before, as seen with each kind of
 * colour vision (Machado, Oliveira & Fernandes 2009), among colours not too dark. Beyond sixteen they repeat.
 */
export const CLASS_COLOURS: readonly string[] = (
  "#000000 #e69f00 #56b4e9 #009e73 #f0e442 #0072b2 #d55e00 #cc79a7 " +
  "#4b3c3c #96ffff #2d0fd2 #b4c3a5 #a569ff #785a69 #a53c00 #780087"
).split(" ");

/** The colour of a class, `#rrggbb`. */
export function classColour(index: number): string {
  return CLASS_COLOURS[index % CLASS_COLOURS.length];
}

/**
 * The index of the largest channel at every pixel, the first of several; `[height · width]`.
 *
 * @throws {VielbeinError} `NOT_FINITE` for a NaN.
 */
export function classesOf(values: Float32Array, layout: ImageLayout): Uint32Array {
  const { channels, height, width } = layout;
  const { pixel, channel } = stridesOf(layout);
  return Uint32Array.from({ length: height * width }, (_, p) => {
    let best = 0;
    for (let c = 0; c < channels; c++) {
      const value = values[p * pixel + c * channel];
      if (Number.isNaN(value)) {
        throw new VielbeinError(
          "NOT_FINITE",
          `Classes: every value must be a number, got NaN in channel ${c}, row ${Math.floor(p / width)}, column ${p % width}. The generator left its domain there: take a smaller step.`,
        );
      }
      if (value > values[p * pixel + best * channel]) best = c;
    }
    return best;
  });
}

/** The pixels of classes, `[4 · classes.length]`. */
export function classPixels(classes: Uint32Array): Uint8ClampedArray {
  const colours = CLASS_COLOURS.map(parseHex);
  const data = new Uint8ClampedArray(4 * classes.length).fill(255);
  classes.forEach((index, p) => {
    data.set(colours[index % colours.length], 4 * p);
  });
  return data;
}
