// Signals as pictures of curves: time to the right, values upwards, the same range of values in every picture.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { parseHex, type Rgb } from "../colour.ts";
import type { RgbaImage } from "../images/image.ts";
import { type ImageLayout, stridesOf } from "../images/image-layout.ts";
import type { PixelRange } from "../images/image-range.ts";
import { SERIES_COLOURS, THEME } from "../theme.ts";

/** Pixels of the picture of a signal. */
export const SIGNAL_SIZE = { width: 400, height: 200 } as const;
/** Pixels of a signal's picture per pixel of a figure, so that its lines stay fine. */
export const SIGNAL_DENSITY = 2;

/** Pixels. */
const LINE_WIDTH = 2;

/** The colour of curve `index`, `#rrggbb`. */
export function curveColour(index: number): string {
  return SERIES_COLOURS[index % SERIES_COLOURS.length];
}

/**
 * The curves of one output, one for each channel, `[width]` each.
 *
 * @throws {VielbeinError} `NOT_FINITE` for a value that is not a finite number.
 */
export function curvesOf(values: Float32Array, layout: ImageLayout): Float32Array[] {
  requireKind("curvesOf: values", "numbers", values);
  requireKind("curvesOf: layout", "layout", layout);
  const { channels, width } = layout;
  const { pixel, channel } = stridesOf(layout);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new VielbeinError(
      "NOT_FINITE",
      `Signal: every sample must be finite, got ${values[bad]} at index ${bad}. The generator left its domain there: take a smaller step.`,
    );
  }
  return Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: width }, (__, t) => values[t * pixel + c * channel]),
  );
}

/** The values of one output with these curves: undoes {@link curvesOf}. */
export function fromCurves(curves: readonly Float32Array[], layout: ImageLayout): Float32Array {
  requireKind("fromCurves: curves", "list", curves);
  requireKind("fromCurves: layout", "layout", layout);
  const { pixel, channel } = stridesOf(layout);
  const values = new Float32Array(layout.channels * layout.width);
  for (const [c, curve] of curves.entries()) {
    curve.forEach((x, t) => {
      values[t * pixel + c * channel] = x;
    });
  }
  return values;
}

/**
 * Draws the curves, the first on top, over a line at 0; what lies outside the range is cut off. Curves with more
 * samples than the picture has columns would hide each other, so they are drawn one below the other.
 */
export function signalPicture(curves: readonly Float32Array[], range: PixelRange): RgbaImage {
  const { width, height } = SIGNAL_SIZE;
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  const isDense = curves.some(({ length }) => length > width);
  const lanes = isDense ? curves.length : 1;
  for (const [index, curve] of [...curves.entries()].reverse()) {
    const lane = isDense ? index : 0;
    const span = { top: (lane * height) / lanes, bottom: ((lane + 1) * height) / lanes };
    if (isDense || index === curves.length - 1) drawZero(data, span, range);
    drawCurve(data, curve, span, range, { thickness: LINE_WIDTH, colour: parseHex(curveColour(index)) });
  }
  return { width, height, data };
}

/** Where in the picture a range of values lies, in rows. */
interface Span {
  readonly top: number;
  readonly bottom: number;
}

function drawZero(data: Uint8ClampedArray, span: Span, range: PixelRange): void {
  const [low, high] = range;
  if (low > 0 || high < 0) return;
  drawCurve(data, Float32Array.of(0, 0), span, range, { thickness: 1, colour: parseHex(THEME.line) });
}

/**
 * A curve, column by column: from the smallest to the largest of the values that it takes there, so that of many
 * samples the envelope is seen.
 */
function drawCurve(
  data: Uint8ClampedArray,
  curve: Float32Array,
  { top: upper, bottom: lower }: Span,
  [low, high]: PixelRange,
  { thickness, colour }: { readonly thickness: number; readonly colour: Rgb },
): void {
  const { width } = SIGNAL_SIZE;
  const pad = LINE_WIDTH;
  const rowOf = (value: number) => upper + pad + ((high - value) / (high - low)) * (lower - upper - 2 * pad);
  for (let column = 0; column < width; column++) {
    // Half a line's width beyond either side, or steep parts would be thin.
    const [from, to] = [column - thickness / 4, column + 1 + thickness / 4];
    const [least, most] = extremes(curve, Math.max(0, from / width), Math.min(1, to / width));
    const top = rowOf(most) - thickness / 2;
    const bottom = rowOf(least) + thickness / 2;
    const [first, end] = [Math.max(top, upper), Math.min(bottom, lower)];
    for (let row = Math.floor(first); row < end; row++) {
      const coverage = Math.min(end, row + 1) - Math.max(first, row);
      const at = 4 * (row * width + column);
      for (let c = 0; c < 3; c++) data[at + c] += coverage * (colour[c] - data[at + c]);
    }
  }
}

/** The smallest and the largest value of a curve, linear between its samples, over shares of its length. */
function extremes(curve: Float32Array, from: number, to: number): [number, number] {
  const last = curve.length - 1;
  const at = (share: number) => {
    const t = share * last;
    const before = Math.floor(t);
    const next = curve[Math.min(before + 1, last)];
    return curve[before] + (t - before) * (next - curve[before]);
  };
  let [least, most] = [Math.min(at(from), at(to)), Math.max(at(from), at(to))];
  for (let t = Math.ceil(from * last); t <= to * last; t++) {
    least = Math.min(least, curve[t]);
    most = Math.max(most, curve[t]);
  }
  return [least, most];
}
