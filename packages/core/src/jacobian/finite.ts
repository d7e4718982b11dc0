// A product that is not finite says that the map has no derivative at the point, and where.

import { VielbeinError } from "../errors.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DifferentiableMap } from "../map/map.ts";
import type { Space } from "../map/space.ts";

type Ends = Pick<DifferentiableMap<FloatArray>, "from" | "to">;

/**
 * Checks that columns `[·, to.dim]` or rows `[·, from.dim]` of the Jacobian, from the `first` on, are finite.
 *
 * @throws {VielbeinError} `NUMERICAL_FAILURE`, with the place.
 */
export function requireFiniteProducts(
  { from, to }: Ends,
  products: FloatArray,
  first: number,
  kind: "columns" | "rows",
): void {
  const length = kind === "columns" ? to.dim : from.dim;
  for (let at = 0; at < products.length; at++) {
    if (Number.isFinite(products[at])) continue;
    const [vector, entry] = [first + Math.floor(at / length), at % length];
    const [output, input] = kind === "columns" ? [entry, vector] : [vector, entry];
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `The derivative of "${from.name}" → "${to.name}" must be finite, got ${products[at]} for output ${output} by input ${input}. The map has no derivative at this point: take another.`,
    );
  }
}

/**
 * Checks products of the Jacobian, its transpose or both, which lie in `space`.
 *
 * @throws {VielbeinError} `NUMERICAL_FAILURE`.
 */
export function requireFiniteImages({ from, to }: Ends, images: FloatArray, space: Space): void {
  const wrong = images.findIndex((x) => !Number.isFinite(x));
  if (wrong < 0) return;
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `Products with the derivative of "${from.name}" → "${to.name}" must be finite, got ${images[wrong]} at coordinate ${wrong % space.dim} of "${space.name}". The map has no derivative at this point, or one whose square exceeds the engine's precision: take another point or unit.`,
  );
}
