// Slopes that are infinite at finite values, as that of √x at 0 is. They stay infinite, so that what comes of them is
// refused, except where the form of the graph says that the derivative is nevertheless finite (docs/kinks.md).

import type { Emitter } from "./emitter.ts";
import { motionOf } from "./motion.ts";

/**
 * The slope of a power y of `x` with an exponent below 1. Where x is zero it is that of a norm, 0, if x vanishes fast
 * enough: as fast as the point moves (|x|, ‖x‖), or faster.
 */
export function slopeOfRoot(e: Emitter, x: string, y: string, exponent: number, slope: string): string {
  if (e.signs.isPositive(x)) return slope;
  const order = e.signs.orderAtZero(x) * exponent;
  return order < 1 ? whereMoving(e, x, slope) : kinked(e, y, order, slope);
}

/**
 * `slope`, but 0 where `y`, which vanishes there to the given order, is zero. Unless the second derivative is zero as
 * well, that 0 is written with an infinite slope of its own, so that the second derivative is refused.
 */
export function kinked(e: Emitter, y: string, order: number, slope: string): string {
  const isZero = e.op("Equal", [y, e.scalar(0)]);
  return e.op("Where", [isZero, order > 2 ? e.scalar(0) : rootOfZero(e, y, order), slope]);
}

/** A root of y that has an infinite slope where y vanishes to the given order. */
function rootOfZero(e: Emitter, y: string, order: number): string {
  return order === 1 ? e.op("Sqrt", [y]) : e.op("Pow", [y, e.scalar(0.5 / order)]);
}

/** `slope` where `x` moves with the point, 0 where an operator that it comes of holds it fixed. */
export function whereMoving(e: Emitter, x: string, slope: string): string {
  const motion = motionOf(e, x);
  if (motion === "everywhere") return slope;
  return motion === "nowhere" ? e.scalar(0) : e.op("Where", [motion(), slope, e.scalar(0)]);
}
