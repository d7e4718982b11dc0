// Reductions: axes as an input (opset 18) and as an attribute (before), kept or dropped.

import { int, ints } from "../../src/model/attributes.ts";
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

/** The product over axis 1 of [2, 3, 2], times a factor for every element: it may be zero. */
function product(
  about: string,
  factors: readonly number[],
  keepdims: number,
  attributes: { opset?: number } = {},
): OperatorCase {
  const isOld = attributes.opset !== undefined;
  return operatorCase(
    "ReduceProd",
    about,
    (g) => {
      const x = g.op("Mul", [g.variable([2, 3, 2]), g.float(factors, [2, 3, 2])]);
      return isOld
        ? g.op("ReduceProd", [x], { axes: ints([1]), keepdims: int(keepdims) })
        : g.op("ReduceProd", [x, g.int64([1])], { keepdims: int(keepdims) });
    },
    {
      ...attributes,
      reference: (point) =>
        Float64Array.from([0, 1, 6, 7], (i) =>
          [i, i + 2, i + 4].reduce((result, j) => result * point[j]! * factors[j]!, 1),
        ),
    },
  );
}

const ones = Array<number>(12).fill(1);
const products: OperatorCase[] = [
  product("axis 1", ones, 1),
  product("axis 1, dropped", ones, 0),
  product("one factor is zero", [1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1], 1),
  product("two factors are zero", [1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1], 0),
  product("axes as an attribute", ones, 0, { opset: 11 }),
  operatorCase(
    "ReduceProd",
    "all axes",
    (g) => g.op("ReduceProd", [g.variable([2, 2])], { keepdims: int(0) }),
    { reference: (point) => Float64Array.of(point.reduce((a, b) => a * b, 1)) },
  ),
];

export const reductions: OperatorCase[] = [
  ...reduced,
  ...[0, 1].map((keepdims) =>
    operatorCase("ReduceLogSum", `positive, keepdims ${keepdims}`, (g) =>
      g.op("ReduceLogSum", [g.variable([2, 3, 2], { positive: true }), g.int64([0, 2])], {
        keepdims: int(keepdims),
      }),
    ),
  ),
  ...products,
  operatorCase(
    "ReduceL2",
    "of zeros, where the derivative taken is 0",
    (g) => g.op("ReduceL2", [g.op("Mul", [g.variable([2, 2]), g.float([0, 0, 1, 1], [2, 2])]), g.int64([1])]),
    { reference: (point) => Float64Array.of(0, Math.hypot(point[2]!, point[3]!)) },
  ),
  ...["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"].map((op) =>
    operatorCase(op, "noop_with_empty_axes", (g) =>
      g.op(op, [g.variable([2, 3])], { noop_with_empty_axes: int(1) }),
    ),
  ),
];
