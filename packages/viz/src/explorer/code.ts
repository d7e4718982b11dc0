// From sliders to a code: x = x₀ + Σ tₖ·ℓₖ·vₖ over the directions of all columns, where ℓₖ is the length of one unit of
// slider k. In a space of codes per layer, the sum may be added to some layers alone.

import { displacementOf, type Space } from "@vielbein/core";
import { restrictToLayers } from "@vielbein/core/paths";
import type { ExplorerDirections } from "./engine.ts";

/**
 * Units of the sliders. `deviation`: standard deviations of the codes along the direction. `change`: equal predicted
 * change of the output, ℓₖ ∝ 1/‖J·vₖ‖, scaled so that the geometric mean over the directions shown is one standard
 * deviation.
 */
export type StepUnit = "deviation" | "change";

/** Slower directions than this fraction of the fastest are not stretched further: their image would be far off. */
const SLOWEST = 0.02;

/** ℓ₁ … ℓ_count, in units of the space. */
export function unitLengths(
  { deviations, speeds }: Pick<ExplorerDirections, "deviations" | "speeds">,
  unit: StepUnit,
  count: number,
): Float64Array {
  const lengths = deviations.slice(0, count);
  if (unit === "deviation") return lengths;
  const fastest = speeds.slice(0, count).reduce((a, b) => Math.max(a, b), 0);
  if (!(fastest > 0)) return lengths;
  const inverse = speeds.slice(0, count).map((speed) => 1 / Math.max(speed, SLOWEST * fastest));
  const mean = (values: Float64Array) =>
    Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  const scale = mean(lengths.map((length) => Math.max(length, Number.MIN_VALUE))) / mean(inverse);
  return inverse.map((value) => value * scale);
}

/** What the sliders of one column add to a code. */
export interface Edit {
  readonly set: ExplorerDirections["set"];
  /** t, in units of `lengths`; zeros cost nothing. */
  readonly steps: readonly number[];
  readonly lengths: Float64Array;
}

/** The first and the last layer that are edited, from 0. */
export type LayerRange = readonly [first: number, last: number];

/** The layers of a space `[layers, dim]`; 0 for any other. */
export function layerCount({ shape }: Pick<Space, "shape">): number {
  return shape.length === 2 && shape[0] > 1 ? shape[0] : 0;
}

/**
 * The code that the sliders stand for.
 *
 * @param anchor x₀, `[dim]`.
 * @param layers rows of a space `[layers, dim]` that move; default all.
 */
export function codeAt(anchor: Float32Array, edits: readonly Edit[], layers?: LayerRange): Float32Array {
  const code = Float64Array.from(anchor);
  for (const { set, steps, lengths } of edits) {
    steps.forEach((t, k) => {
      if (t === 0) return;
      const whole = displacementOf(set, k);
      const vector = layers ? restrictToLayers(set.space, whole, indices(layers)) : whole;
      for (let i = 0; i < code.length; i++) code[i] += t * lengths[k] * vector[i];
    });
  }
  return Float32Array.from(code);
}

function indices([first, last]: LayerRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
