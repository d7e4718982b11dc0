// Operators that rearrange or repeat elements.

import fc from "fast-check";
import { int, ints, string } from "../../src/model/attributes.ts";
import { product } from "../helpers.ts";
import { axesOf, extent, many, narrower, shape } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

/** The shape with its extents in another order, or some of them merged, one of them perhaps left open (−1). */
const regrouped = shape().chain((dims) =>
  fc
    .tuple(fc.shuffledSubarray(dims, { minLength: dims.length }), fc.nat(dims.length), fc.boolean())
    .map(([order, merged, open]) => {
      const target = [product(order.slice(0, merged)), ...order.slice(merged)];
      return [dims, open ? target.with(-1, -1) : target] as const;
    }),
);

/** Extents of 1 at the axes; the opset decides whether those are an input or an attribute. */
const withOnes = shape(1, 3).chain((dims) =>
  fc.integer({ min: 1, max: 2 }).chain((count) =>
    fc
      .tuple(
        fc.shuffledSubarray(
          Array.from({ length: dims.length + count }, (_, i) => i),
          { minLength: count, maxLength: count },
        ),
        fc.boolean(),
        fc.constantFrom(11, 18),
      )
      .map(([axes, fromBack, opset]) => {
        const rest = [...dims];
        const rank = dims.length + count;
        const wide = Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!));
        return { dims, wide, axes: fromBack ? axes.map((axis) => axis - rank) : axes, opset };
      }),
  ),
);

const squeezing = (op: "Squeeze" | "Unsqueeze"): OperatorProperty =>
  property(
    op,
    withOnes,
    (g, { dims, wide, axes, opset }) => {
      const x = g.variable(op === "Squeeze" ? wide : dims);
      return opset < 13 ? g.op(op, [x], { axes: ints(axes) }) : g.op(op, [x, g.int64(axes)]);
    },
    ({ opset }) => ({ opset }),
  );

const blocks = fc.record({
  batch: extent,
  channels: fc.integer({ min: 1, max: 2 }),
  size: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  block: fc.integer({ min: 1, max: 2 }),
  mode: fc.constantFrom("DCR", "CRD"),
});

export const arrangement: OperatorProperty[] = [
  property("Reshape", regrouped, (g, [dims, target]) => g.op("Reshape", [g.variable(dims), g.int64(target)])),
  property(
    "Flatten",
    shape().chain((dims) => fc.tuple(fc.constant(dims), fc.integer({ min: -dims.length, max: dims.length }))),
    (g, [dims, axis]) => g.op("Flatten", [g.variable(dims)], { axis: int(axis) }),
  ),
  squeezing("Squeeze"),
  squeezing("Unsqueeze"),
  property(
    "Transpose",
    shape().chain((dims) => fc.tuple(fc.constant(dims), axesOf(dims.length, dims.length))),
    (g, [dims, perm]) =>
      g.op("Transpose", [g.variable(dims)], {
        perm: ints(perm.map((axis) => (axis + dims.length) % dims.length)),
      }),
  ),
  property(
    "Expand",
    shape().chain((dims) => fc.tuple(narrower(dims), fc.constant(dims), narrower(dims))),
    // An extent of 1 in the target leaves that of the tensor.
    (g, [from, dims, target]) => {
      const wider = from.length === dims.length ? target : dims;
      return g.op("Expand", [g.variable(from), g.int64(wider)]);
    },
  ),
  property(
    "Tile",
    shape(1, 3)
      .filter((dims) => product(dims) <= 12)
      .chain((dims) => fc.tuple(fc.constant(dims), many(extent, dims.length))),
    (g, [dims, repeats]) => g.op("Tile", [g.variable(dims), g.int64(repeats)]),
  ),
  property("DepthToSpace", blocks, (g, { batch, channels, size, block, mode }) =>
    g.op("DepthToSpace", [g.variable([batch, channels * block ** 2, ...size])], {
      blocksize: int(block),
      mode: string(mode),
    }),
  ),
  property("SpaceToDepth", blocks, (g, { batch, channels, size, block }) =>
    g.op("SpaceToDepth", [g.variable([batch, channels, ...size.map((s) => s * block)])], {
      blocksize: int(block),
    }),
  ),
];
