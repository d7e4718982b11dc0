// Operators that join, part, pick and pad along random axes.

import fc from "fast-check";
import { int, string } from "../../src/model/attributes.ts";
import { product } from "../helpers.ts";
import { axesOf, axisOf, extent, many, operands, shape, shapeWithAxis } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

/** How many elements Python's [start:end:step] takes of `size`. */
function sliceLength(size: number, start: number, end: number, step: number): number {
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, value < 0 ? value + size : value));
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}

const bound = fc.integer({ min: -6, max: 6 });
const slices = shape()
  .chain((dims) => fc.tuple(fc.constant(dims), axesOf(dims.length)))
  .chain(([dims, axes]) =>
    fc.tuple(
      fc.constant(dims),
      fc.tuple(
        ...axes.map((axis) =>
          fc
            .tuple(bound, bound, fc.constantFrom(-2, -1, 1, 2, 3))
            .filter(([start, end, step]) => sliceLength(dims.at(axis)!, start, end, step) > 0)
            .map(([start, end, step]) => ({ axis, start, end, step })),
        ),
      ),
    ),
  );

/** Parts along an axis, and a shape for what they join to. */
const parts = shapeWithAxis.chain(([dims, axis]) =>
  fc.record({
    dims: fc.constant(dims),
    axis: fc.constant(axis),
    sizes: fc.array(extent, { minLength: 1, maxLength: 3 }),
  }),
);
const along = (dims: readonly number[], axis: number, size: number): number[] => dims.with(axis, size);
const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

/** Amounts that each mode allows: a reflection reaches one less than the extent; a crop leaves something. */
const pads = fc
  .tuple(shape(), fc.constantFrom("constant", "reflect", "edge", "wrap"))
  .chain(([dims, mode]) => {
    const most = (size: number): number => (mode === "reflect" || mode === "wrap" ? size - 1 : 2);
    const least = (size: number): number => (mode === "constant" && size > 2 ? -1 : 0);
    const side = fc.tuple(
      ...dims.map((size) => fc.integer({ min: least(size), max: Math.min(2, most(size)) })),
    );
    return fc.record({ dims: fc.constant(dims), mode: fc.constant(mode), before: side, after: side });
  });

export const slicing: OperatorProperty[] = [
  property("Slice", slices, (g, [dims, bounds]) =>
    g.op("Slice", [
      g.variable(dims),
      ...(["start", "end", "axis", "step"] as const).map((key) => g.int64(bounds.map((b) => b[key]))),
    ]),
  ),
  // Each part is scaled differently, so that no two can be mistaken.
  property("Split", parts, (g, { dims, axis, sizes }) => {
    const x = g.variable(along(dims, axis, sum(sizes)));
    const outputs = g.ops("Split", [x, g.int64(sizes)], { axis: int(axis) }, sizes.length);
    const scaled = outputs.map((part, i) => g.op("Mul", [part, g.scalar(i + 1)])).reverse();
    return g.op("Concat", scaled, { axis: int(axis) });
  }),
  // One part at least depends on the point.
  property("Concat", fc.tuple(parts, operands), (g, [{ dims, axis, sizes }, [first, second]]) => {
    const kinds = ["variable", first, second] as const;
    return g.op(
      "Concat",
      sizes.map((size, i) => g[kinds[i]!](along(dims, axis, size))),
      { axis: int(axis) },
    );
  }),
  property(
    "Gather",
    shapeWithAxis.chain(([dims, axis]) =>
      shape(0, 2).chain((at) =>
        fc.record({
          dims: fc.constant(dims),
          axis: fc.constant(axis),
          at: fc.constant(at),
          indices: many(axisOf(dims.at(axis)!), product(at)),
        }),
      ),
    ),
    (g, { dims, axis, at, indices }) =>
      g.op("Gather", [g.variable(dims), g.int64(indices, at)], { axis: int(axis) }),
  ),
  property(
    "Pad",
    pads,
    (g, { dims, mode, before, after }) =>
      g.op("Pad", [g.variable(dims), g.int64([...before, ...after])], { mode: string(mode) }),
    { opset: 19 },
  ),
];
