// Which numbers a generator calls black and white: what its file states, or what its images show.

import { parseDecimal, VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";

/** The values that are shown as black and as white, low < high. */
export type PixelRange = readonly [low: number, high: number];

/**
 * The range that a model states in its metadata under `vielbein.range`, as `-1,1`, if any.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for a text that is not a range.
 */
export function statedRange(metadata: ReadonlyMap<string, string>): PixelRange | undefined {
  requireKind("statedRange: metadata", "metadata", metadata);
  const text = metadata.get("vielbein.range");
  if (text === undefined) return undefined;
  const match = /^\s*([^,\s]+)\s*,\s*([^,\s]+)\s*$/.exec(text);
  const [low, high] = [parseDecimal(match?.[1] ?? ""), parseDecimal(match?.[2] ?? "")];
  if (low < high && Number.isFinite(high - low)) return [low, high];
  throw new VielbeinError(
    "INVALID_MODEL",
    `vielbein.range: expected LOW,HIGH with LOW < HIGH in the metadata, got "${text}". Correct it.`,
  );
}

/** Tails that may stick out: generators without a bounded last layer overshoot in a few pixels. */
const TAIL = 0.005;
/** A million values pin the quantiles down; more would only cost the time to sort them. */
const MAX_VALUES = 1_000_000;
/** Images that a range is measured on, at most and at least. */
const MEASURED = { most: 16, least: 2 } as const;

/**
 * On how many images of `size` values each the range is measured: 16, of large ones as many as have a million values
 * together, but two at least.
 */
export function imagesToMeasure(size: number): number {
  return Math.max(MEASURED.least, Math.min(MEASURED.most, Math.ceil(MAX_VALUES / size)));
}

/**
 * Finds the range of pixel values from sample images, of any layout, laid end to end.
 * The 0.5 % and 99.5 % quantiles decide among the customary ranges, with room for overshoot:
 *
 * - signed and near ±1: `[-1, 1]`; signed otherwise: `[-M, M]`, M the larger magnitude;
 * - non-negative up to about 1: `[0, 1]`; like 8-bit values: `[0, 255]`; otherwise `[0, M]`.
 *
 * Use one range for every image that is to be compared.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for no values, `NOT_FINITE` for a NaN or an infinity.
 */
export function measureRange(values: Float32Array): PixelRange {
  requireKind("measureRange: values", "numbers", values);
  const [low, high] = robustExtent(values);
  const magnitude = Math.max(-low, high);
  if (magnitude === 0) return [0, 1];

  // Some undershoot below black is not a sign: a linear last layer dips a little under 0.
  const signed = low < -0.15 * magnitude;
  if (low === high && magnitude <= 1) return signed ? [-1, 1] : [0, 1];
  if (signed) return magnitude > 0.6 && magnitude <= 1.5 ? [-1, 1] : [-magnitude, magnitude];
  if (magnitude > 0.1 && magnitude <= 1.5) return [0, 1];
  if (magnitude > 32 && magnitude <= 300) return [0, 255];
  return [0, magnitude];
}

/** Room above and below the values of samples, as a fraction of what they span. */
const HEADROOM = 0.1;

/**
 * Finds the range of values that curves of signals are drawn in, from sample signals laid end to end: all of the
 * values, with room for those of other samples; symmetric about 0 where they have both signs.
 *
 * @throws as {@link measureRange}.
 */
export function measureExtent(values: Float32Array): PixelRange {
  requireKind("measureExtent: values", "numbers", values);
  requireValues(values);
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (low === high) return low === 0 ? [-1, 1] : [low - Math.abs(low), high + Math.abs(high)];
  if (low < 0 && high > 0) {
    const magnitude = (1 + HEADROOM) * Math.max(-low, high);
    return [-magnitude, magnitude];
  }
  const room = HEADROOM * (high - low);
  return [low - room, high + room];
}

/** Quantiles; where they coincide (a few bright pixels on a flat ground), the extremes. */
function robustExtent(values: Float32Array): PixelRange {
  requireValues(values);
  const sorted = thin(values).sort();
  const last = sorted.length - 1;
  const low = sorted[Math.floor(TAIL * last)];
  const high = sorted[Math.ceil((1 - TAIL) * last)];
  return low === high ? [sorted[0], sorted[last]] : [low, high];
}

function requireValues(values: Float32Array): void {
  if (values.length === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "Image range: at least one pixel value is needed, got none. Pass one or more images.",
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new VielbeinError(
      "NOT_FINITE",
      `Image range: every pixel must be finite, got ${values[bad]} at index ${bad}. Leave that image out.`,
    );
  }
}

function thin(values: Float32Array): Float32Array {
  let stride = Math.ceil(values.length / MAX_VALUES);
  // A stride that shares a factor with the channels or the row length would see only some of them.
  while (stride > 1 && (stride % 2 === 0 || stride % 3 === 0)) stride++;
  return Float32Array.from({ length: Math.ceil(values.length / stride) }, (_, i) => values[i * stride]);
}
