// Reductions along random axes, given as an input (opset 18) or as an attribute (11), and running sums.

import fc from "fast-check";
import { int, ints } from "../../src/model/attributes.ts";
import type { Range } from "../helpers.ts";
import { axesOf, flag, shape, shapeWithAxis } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

const drawn = shape().chain((dims) =>
  fc.record({
    dims: fc.constant(dims),
    axes: fc.option(axesOf(dims.length), { nil: undefined }),
    keepdims: flag,
    old: fc.boolean(),
  }),
);

const reduction = (op: string, range: Range = {}, reference: "float64" | "float32" = "float64") =>
  property(
    op,
    drawn,
    (g, { dims, axes, keepdims, old }) => {
      const x = g.variable(dims, range);
      if (old) {
        return g.op(op, [x], { keepdims: int(keepdims), ...(axes ? { axes: ints(axes) } : {}) });
      }
      return g.op(op, axes ? [x, g.int64(axes)] : [x], { keepdims: int(keepdims) });
    },
    ({ old }) => ({ opset: old ? 11 : 18, reference }),
  );

/** Without axes, `noop_with_empty_axes` says whether all or none are reduced. */
const without = (op: string): OperatorProperty =>
  property(op, fc.tuple(shape(), flag, flag), (g, [dims, noop, keepdims]) =>
    g.op(op, [g.variable(dims), g.int64([])], {
      noop_with_empty_axes: int(noop),
      keepdims: int(keepdims),
    }),
  );

export const reductions: OperatorProperty[] = [
  ...[
    "ReduceSum",
    "ReduceMean",
    "ReduceSumSquare",
    "ReduceL1",
    "ReduceL2",
    "ReduceMax",
    "ReduceMin",
    "ReduceLogSumExp",
  ].map((op) => reduction(op)),
  reduction("ReduceLogSum", { positive: true }),
  // Few factors far from 0 and 1 at once: the differences are of the fourth order only.
  reduction("ReduceProd", { low: 0.5, high: 1.3 }, "float32"),
  ...[
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceSumSquare",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
  ].map(without),
  property("CumSum", fc.tuple(shapeWithAxis, flag, flag), (g, [[dims, axis], exclusive, reverse]) =>
    g.op("CumSum", [g.variable(dims), g.int64([axis], [])], {
      exclusive: int(exclusive),
      reverse: int(reverse),
    }),
  ),
  property(
    "Trilu",
    fc.tuple(shape(2), fc.option(fc.integer({ min: -4, max: 4 }), { nil: undefined }), flag),
    (g, [dims, diagonal, upper]) => {
      const x = g.variable(dims);
      return g.op("Trilu", diagonal === undefined ? [x] : [x, g.int64([diagonal], [])], {
        upper: int(upper),
      });
    },
  ),
];
