// Reductions: axes as an input (opset 18) and as an attribute (before), kept or dropped.

import { int, ints } from "../../src/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

const axesOf = (axes: readonly number[] | undefined): string => (axes ? `axes [${axes}]` : "all axes");

const reduced = [
  "ReduceSum",
  "ReduceMean",
  "ReduceSumSquare",
  "ReduceL1",
  "ReduceL2",
  "ReduceMax",
  "ReduceMin",
  "ReduceLogSumExp",
].flatMap((op) => [
  ...[undefined, [0], [1], [-1], [0, 2], [-3, -1], [1, 2]].flatMap((axes) =>
    [0, 1].map((keepdims) =>
      operatorCase(op, `${axesOf(axes)}, keepdims ${keepdims}`, (g) => {
        const x = g.variable([2, 3, 2]);
        return g.op(op, axes ? [x, g.int64(axes)] : [x], { keepdims: int(keepdims) });
      }),
    ),
  ),
  operatorCase(op, "keepdims by default", (g) => {
    const x = g.variable([2, 3]);
    return g.op("Mul", [x, g.op(op, [x, g.int64([1])])]);
  }),
  operatorCase(op, "empty axes reduce all", (g) =>
    g.op(op, [g.variable([2, 3]), g.int64([])], { keepdims: int(0) }),
  ),
  operatorCase(op, "a vector to a scalar", (g) =>
    g.op(op, [g.variable([4]), g.int64([0])], { keepdims: int(0) }),
  ),
  operatorCase(op, "rank 5", (g) =>
    g.op(op, [g.variable([1, 2, 1, 2, 2]), g.int64([3, 1])], { keepdims: int(0) }),
  ),
  ...[-1, 1].map((axis) =>
    operatorCase(
      op,
      `axes as an attribute, ${axis}`,
      (g) => g.op(op, [g.variable([2, 3, 2])], { axes: ints([axis]), keepdims: int(0) }),
      {
        opset: 11,
      },
    ),
  ),
]);

export const reductions: OperatorCase[] = [
  ...reduced,
  ...[0, 1].map((keepdims) =>
    operatorCase("ReduceLogSum", `positive, keepdims ${keepdims}`, (g) =>
      g.op("ReduceLogSum", [g.variable([2, 3, 2], { positive: true }), g.int64([0, 2])], {
        keepdims: int(keepdims),
      }),
    ),
  ),
  ...["ReduceSum", "ReduceMean"].map((op) =>
    operatorCase(op, "noop_with_empty_axes", (g) =>
      g.op(op, [g.variable([2, 3])], { noop_with_empty_axes: int(1) }),
    ),
  ),
];
