// What the properties draw: small shapes, axes, flags, numbers that float32 holds exactly.

import fc from "fast-check";
import { product } from "../helpers.ts";

export const extent: fc.Arbitrary<number> = fc.integer({ min: 1, max: 3 });
export const flag: fc.Arbitrary<number> = fc.constantFrom(0, 1);

/** Shapes of ranks `min` to `max` with extents 1 to 4 and few enough elements for a dense Jacobian. */
export const shape = (min = 1, max = 4): fc.Arbitrary<number[]> =>
  fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: min, maxLength: max })
    .filter((dims) => product(dims) <= 48);

/** An axis of a tensor of the rank, or an index along an axis of the extent, counted from the front or the back. */
export const axisOf = (count: number): fc.Arbitrary<number> => fc.integer({ min: -count, max: count - 1 });

/** A shape and an axis of it. */
export const shapeWithAxis: fc.Arbitrary<readonly [dims: number[], axis: number]> = shape().chain((dims) =>
  fc.tuple(fc.constant(dims), axisOf(dims.length)),
);

/** Some axes of a tensor, in any order, each counted from either end. */
export const axesOf = (rank: number, minLength = 1): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.shuffledSubarray(
        Array.from({ length: rank }, (_, i) => i),
        { minLength: Math.min(minLength, rank) },
      ),
      fc.boolean(),
    )
    .map(([axes, fromBack]) => (fromBack ? axes.map((axis) => axis - rank) : axes));

/** `count` values of an arbitrary. */
export const many = <T>(values: fc.Arbitrary<T>, count: number): fc.Arbitrary<T[]> =>
  fc.array(values, { minLength: count, maxLength: count });

/** Multiples of 1/8. */
export const eighths = (low: number, high: number): fc.Arbitrary<number> =>
  fc.integer({ min: 8 * low, max: 8 * high }).map((n) => n / 8);

type Operand = "variable" | "constant";
/** Which of two operands depend on the point. */
export const operands: fc.Arbitrary<readonly [Operand, Operand]> = fc.constantFrom(
  ["variable", "constant"],
  ["constant", "variable"],
  ["variable", "variable"],
);

/** Two shapes that broadcast against each other, of ranks 0 to 4; leading axes may be absent from either. */
export const broadcastable: fc.Arbitrary<readonly [number[], number[]]> = fc
  .tuple(
    fc.array(fc.tuple(extent, fc.constantFrom("both", "first", "second")), { maxLength: 4 }),
    fc.nat(4),
    fc.nat(1),
  )
  .map(([axes, dropFirst, dropSecond]) => {
    const side = (own: string): number[] =>
      axes.map(([size, who]) => (who === "both" || who === own ? size : 1));
    return [side("first").slice(dropFirst), side("second").slice(dropSecond)] as const;
  })
  .filter(([a, b]) => product(a) * product(b) <= 400 && product(a) + product(b) <= 40);

/** A shape that broadcasts to `dims` without widening it. */
export const narrower = (dims: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(many(fc.boolean(), dims.length), fc.nat(dims.length))
    .map(([kept, drop]) => dims.map((size, i) => (kept[i] ? size : 1)).slice(drop));
