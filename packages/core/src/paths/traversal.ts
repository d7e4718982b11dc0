// Traversals with a closed form: points along a direction through a point, on a line or on a sphere, and edits
// of some layers alone. The curve that follows a local direction is in curve-traversal.ts.

import { VielbeinError } from "../errors.ts";
import type { Space } from "../map/space.ts";
import { requireInteger, requireKind, requirePositive } from "../requirements.ts";

/** `count` values evenly from −range to +range; the middle one is exactly 0 when `count` is odd. */
export function symmetricSteps(range: number, count: number): number[] {
  requireInteger("symmetricSteps: count", count, 2);
  requirePositive("symmetricSteps: range", range);
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
  requireKind("linearTraversal: point", "numbers", point);
  requireKind("linearTraversal: direction", "numbers", direction);
  requireKind("linearTraversal: steps", "numbers", steps);
  requireSameLength("linearTraversal", point, direction);
  const dim = point.length;
  const points = new Float32Array(steps.length * dim);
  steps.forEach((t, row) => {
    for (let j = 0; j < dim; j++) points[row * dim + j] = point[j] + t * direction[j];
  });
  return points;
}

/**
 * The great circle ‖x‖·(cos θ · x̂ + sin θ · v̂) on the sphere through x, where v̂ is the direction without its part
 * along x, scaled to length 1. A normal prior of high dimension lies near that sphere, which a straight line leaves.
 *
 * @param point x, `[dim]`.
 * @param direction v, `[dim]`, not parallel to x.
 * @param angles θ in radians.
 * @returns `[angles.length, dim]`, all with the norm of x; x itself at θ = 0.
 * @throws {VielbeinError} `NUMERICAL_FAILURE` where no tangent is left: x = 0, or v along x.
 */
export function sphericalTraversal(
  point: Float32Array,
  direction: ArrayLike<number>,
  angles: readonly number[],
): Float32Array {
  requireKind("sphericalTraversal: point", "numbers", point);
  requireKind("sphericalTraversal: direction", "numbers", direction);
  requireSameLength("sphericalTraversal", point, direction);
  const dim = point.length;
  const x = Float64Array.from(point);
  const radius = norm(x);
  const v = Float64Array.from(direction);
  const length = norm(v);
  const along = dot(x, v) / (radius * radius);
  const tangent = v.map((value, j) => value - along * x[j]);
  const tangentLength = norm(tangent);
  // What cancellation in float32 inputs leaves of a parallel direction is noise, not a tangent.
  if (!(radius > 0 && tangentLength > 1e-6 * length)) {
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `sphericalTraversal: the direction must have a part across the point, got one of length ${tangentLength} of ${length} at a point of norm ${radius}. Choose another direction.`,
    );
  }
  const points = new Float32Array(angles.length * dim);
  angles.forEach((angle, row) => {
    const [cosine, sine] = [Math.cos(angle), (Math.sin(angle) * radius) / tangentLength];
    for (let j = 0; j < dim; j++) points[row * dim + j] = cosine * x[j] + sine * tangent[j];
  });
  return points;
}

/**
 * A direction restricted to some layers, in a space with one code for each layer, such as W+ of StyleGAN.
 *
 * @param space has shape `[layers, dim]`; where there are more axes, the last is the code and the others count the
 * layers.
 * @param direction `[dim]`, the same for each layer, or `[layers · dim]`.
 * @param layers which of them move, from 0; the other rows of the result are zero.
 * @returns `[layers · dim]`.
 * @throws {VielbeinError} `INVALID_SPACE` for a space without layers, `SHAPE_MISMATCH` for a direction of another
 * length, `OUT_OF_RANGE` for a layer that does not exist, or none.
 */
export function restrictToLayers(
  space: Space,
  direction: ArrayLike<number>,
  layers: readonly number[],
): Float64Array {
  requireKind("restrictToLayers: space", "space", space);
  const dim = space.shape.at(-1);
  if (space.shape.length < 2 || dim === undefined) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `Layers: a space of one code for each layer has shape [layers, dim], "${space.name}" has [${space.shape.join(", ")}]. Choose another space, or all of it.`,
    );
  }
  const count = space.dim / dim;
  if (direction.length !== dim && direction.length !== count * dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Layers: a direction of "${space.name}" [${count}, ${dim}] has ${dim} or ${count * dim} coordinates, got ${direction.length}.`,
    );
  }
  const missing = layers.find((layer) => !(Number.isInteger(layer) && layer >= 0 && layer < count));
  if (missing !== undefined || layers.length === 0) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `Layers: "${space.name}" has layers 0 to ${count - 1}, got ${missing ?? "none"}.`,
    );
  }
  const result = new Float64Array(count * dim);
  for (const layer of layers) {
    for (let j = 0; j < dim; j++) {
      result[layer * dim + j] = direction[direction.length === dim ? j : layer * dim + j];
    }
  }
  return result;
}

function requireSameLength(name: string, point: Float32Array, direction: ArrayLike<number>): void {
  if (direction.length === point.length) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `${name}: the point has ${point.length} coordinates, the direction ${direction.length}; they must agree.`,
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
