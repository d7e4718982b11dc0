// The frames of an edit: how much of every direction is in each, and how far that moves a code.

import { basename } from "node:path";
import { directionAt, displacementOf, type Space, VielbeinError } from "@vielbein/core";
import { restrictToLayers } from "@vielbein/core/paths";
import { defined } from "../../kit/defined.ts";
import type { NamedDirection } from "./directions.ts";
import type { Edit } from "./expression.ts";

export interface Frame {
  readonly label: string;
  /** For every direction, in the order of their names. */
  readonly coefficients: Float64Array;
}

/** Before and after; or the frames of a path, evenly over t from 0 to 1. */
export function framesOf(edit: Edit, count: number, names: number): Frame[] {
  if (!edit.isPath) {
    return [
      { label: "before", coefficients: new Float64Array(names) },
      { label: "after", coefficients: edit.at(0) },
    ];
  }
  return Array.from({ length: count }, (_, i) => {
    const t = i / (count - 1);
    return { label: String(+t.toFixed(3)), coefficients: edit.at(t) };
  });
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for a direction of the expression that moves nothing. */
export function requireMoving(
  directions: ReadonlyMap<string, NamedDirection>,
  frames: readonly Frame[],
): void {
  for (const [i, [name, { set, k, file }]] of [...directions].entries()) {
    if (frames.every(({ coefficients }) => coefficients[i] === 0)) continue;
    if (directionAt(set, k).some((x) => x !== 0)) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--edit: direction "${name}" of "${file}" has length 0 and moves nothing. Leave it out.`,
    );
  }
}

/** What the directions add up to, `[dim]`; with layers, on these alone. */
export function displacement(
  directions: readonly NamedDirection[],
  coefficients: Float64Array,
  space: Space,
  layers: readonly number[] | undefined,
): Float64Array {
  const sum = new Float64Array(space.dim);
  directions.forEach(({ set, k }, i) => {
    const coefficient = coefficients[i] ?? 0;
    if (coefficient === 0) return;
    const whole = displacementOf(set, k);
    const direction = layers ? restrictToLayers(space, whole, layers) : whole;
    for (const [j, x] of direction.entries()) sum[j] = (sum[j] ?? 0) + coefficient * x;
  });
  return sum;
}

/** Which directions the expression names, and where they come from. */
export function usedDirections(
  directions: ReadonlyMap<string, NamedDirection>,
  frames: readonly Frame[],
): Record<string, object> {
  const entries = [...directions].filter((_, i) => frames.some(({ coefficients }) => coefficients[i] !== 0));
  return Object.fromEntries(
    entries.map(([name, { set, k, file }]) => [
      name,
      { file: basename(file), index: k, method: set.method, ...defined({ layers: set.layers }) },
    ]),
  );
}
/** The frames with the coefficients that are not zero, by name. */
export function framesJson(
  frames: readonly Frame[],
  directions: ReadonlyMap<string, NamedDirection>,
): readonly object[] {
  const names = [...directions.keys()];
  return frames.map(({ label, coefficients }) => ({
    label,
    coefficients: Object.fromEntries(
      names.map((name, i) => [name, coefficients[i]] as const).filter(([, c]) => c !== 0),
    ),
  }));
}
