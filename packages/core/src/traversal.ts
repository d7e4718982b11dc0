// Traversals: points along a direction through a point.

import { VielbeinError } from "./errors.ts";

/** `count` values evenly from −range to +range; the middle one is exactly 0 when `count` is odd. */
export function symmetricSteps(range: number, count: number): number[] {
  if (!Number.isInteger(count) || count < 2) {
    throw new VielbeinError("INVALID_ARGUMENT", `steps must be an integer of at least 2, got ${count}.`);
  }
  if (!(range > 0 && Number.isFinite(range))) {
    throw new VielbeinError("INVALID_ARGUMENT", `range must be a positive number, got ${range}.`);
  }
  return Array.from({ length: count }, (_, i) => (range * (2 * i - (count - 1))) / (count - 1));
}

/**
 * The straight line x + t·v at the given parameters t.
 *
 * @param point x, `[dim]`.
 * @param direction v, `[dim]`.
 * @returns `[steps.length, dim]`.
 */
export function linearTraversal(
  point: Float32Array,
  direction: ArrayLike<number>,
  steps: readonly number[],
): Float32Array {
  const dim = point.length;
  if (direction.length !== dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `linearTraversal: the point has ${dim} coordinates, the direction ${direction.length}; they must agree.`,
    );
  }
  const points = new Float32Array(steps.length * dim);
  steps.forEach((t, row) => {
    for (let j = 0; j < dim; j++) points[row * dim + j] = point[j]! + t * direction[j]!;
  });
  return points;
}
