// From sliders to a code: x = x₀ + Σ tₖ·ℓₖ·vₖ, where ℓₖ is the length of one unit of slider k.

import { displacementOf } from "@vielbein/core";
import type { ExplorerDirections } from "./engine.ts";

/**
 * Units of the sliders. `deviation`: standard deviations of the codes along the direction. `change`: equal predicted change
 * of the output, ℓₖ ∝ 1/‖J·vₖ‖, scaled so that the geometric mean over the directions shown is one standard deviation.
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

/**
 * The code that the sliders stand for.
 *
 * @param anchor x₀, `[dim]`.
 * @param steps t, in units of `lengths`; zeros cost nothing.
 */
export function codeAt(
  anchor: Float32Array,
  directions: Pick<ExplorerDirections, "set"> | undefined,
  steps: readonly number[],
  lengths: Float64Array,
): Float32Array {
  const code = Float64Array.from(anchor);
  steps.forEach((t, k) => {
    if (t === 0 || !directions) return;
    const vector = displacementOf(directions.set, k);
    for (let i = 0; i < code.length; i++) code[i]! += t * lengths[k]! * vector[i]!;
  });
  return Float32Array.from(code);
}
