// Operators of several operands: broadcasting in either, constants in either, the point in both.

import { DataType } from "../../src/index.ts";
import { int } from "../../src/model/attributes.ts";
import type { Build } from "../derivative.ts";
import type { GraphBuilder, Range } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Operand = "variable" | "constant";

const operand = (g: GraphBuilder, kind: Operand, dims: readonly number[], range: Range): string =>
  kind === "variable" ? g.variable(dims, range) : g.constant(dims, range);

const binary =
  (
    op: string,
    kinds: readonly [Operand, Operand],
    a: readonly number[],
    b: readonly number[],
    range: Range,
  ): Build =>
  (g) =>
    g.op(op, [operand(g, kinds[0], a, range), operand(g, kinds[1], b, range)]);

const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [[4], [2, 1]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [
    [2, 1, 2, 1],
    [3, 1, 2],
  ],
  [
    [1, 2, 1, 2, 1],
    [2, 2, 1, 1, 3],
  ],
];
const kinds: readonly (readonly [Operand, Operand])[] = [
  ["variable", "constant"],
  ["constant", "variable"],
  ["variable", "variable"],
];

const broadcasting = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"].flatMap((op) =>
  shapes.flatMap(([a, b]) =>
    kinds.map((kind) =>
      operatorCase(
        op,
        `${kind[0]} [${a}], ${kind[1]} [${b}]`,
        binary(op, kind, a, b, op === "Pow" ? { low: 0.4, high: 1.8, positive: true } : {}),
      ),
    ),
  ),
);

const power = (about: string, exponent: (g: GraphBuilder) => string, range?: Range): OperatorCase =>
  operatorCase("Pow", about, (g) => g.op("Pow", [g.variable([2, 3], range), exponent(g)]));

const condition = (g: GraphBuilder, dims: readonly number[]): string =>
  g.bool(
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i % 3 !== 1),
    dims,
  );

export const arithmetic: OperatorCase[] = [
  ...broadcasting,
  operatorCase("Mul", "a tensor with itself", (g) => {
    const x = g.variable([2, 3]);
    return g.op("Mul", [x, x]);
  }),
  operatorCase("Sum", "three operands that broadcast, one constant", (g) =>
    g.op("Sum", [g.variable([2, 1]), g.constant([3, 1, 1]), g.variable([4])]),
  ),
  operatorCase("Sum", "one operand", (g) => g.op("Sum", [g.variable([2, 3])])),
  operatorCase("Sum", "a constant widens the result", (g) =>
    g.op("Sum", [g.variable([3]), g.constant([2, 3])]),
  ),
  operatorCase("Max", "one operand", (g) => g.op("Max", [g.variable([2, 3])])),
  operatorCase("Min", "one operand", (g) => g.op("Min", [g.variable([2, 3])])),
  power("exponent 2, both signs of the base", (g) => g.scalar(2)),
  power("exponent 3, both signs of the base", (g) => g.scalar(3)),
  power("exponent 1", (g) => g.scalar(1)),
  power("exponent 0", (g) => g.scalar(0)),
  power("exponent −1", (g) => g.scalar(-1)),
  power("exponent ½", (g) => g.scalar(0.5), { positive: true }),
  power("int64 exponent 2", (g) => g.int64([2], [])),
  power("int64 exponents along an axis", (g) => g.int64([1, 2, 3])),
  power("int32 exponent", (g) =>
    g.initializer({ name: "three", dims: [], dataType: DataType.INT32, raw: Uint8Array.of(3, 0, 0, 0) }),
  ),
  power("float32 exponents that widen the result", (g) => g.float([2, 3, 2, 3], [4, 1, 1])),
  ...(
    [
      ["variable", "variable"],
      ["variable", "constant"],
      ["constant", "variable"],
    ] as const
  ).flatMap(([a, b]) => [
    operatorCase("Where", `${a} or ${b}, equal shapes`, (g) =>
      g.op("Where", [condition(g, [2, 3]), operand(g, a, [2, 3], {}), operand(g, b, [2, 3], {})]),
    ),
    operatorCase("Where", `${a} or ${b}, everything broadcasts`, (g) =>
      g.op("Where", [condition(g, [3, 1, 1]), operand(g, a, [2, 1], {}), operand(g, b, [4], {})]),
    ),
    operatorCase("Where", `${a} or ${b}, scalar condition`, (g) =>
      g.op("Where", [condition(g, []), operand(g, a, [2, 3], {}), operand(g, b, [], {})]),
    ),
  ]),
  operatorCase("PRelu", "a slope for each channel", (g) =>
    g.op("PRelu", [g.variable([1, 3, 2, 2]), g.float([0.25, -0.5, 2], [3, 1, 1])]),
  ),
  operatorCase("PRelu", "slopes that depend on the point", (g) =>
    g.op("PRelu", [g.variable([2, 3, 2]), g.variable([3, 1])]),
  ),
  operatorCase("PRelu", "only the slope depends on the point", (g) =>
    g.op("PRelu", [g.constant([2, 3]), g.variable([1])]),
  ),
  ...kinds.map(([a, b]) =>
    operatorCase("Mod", `${a} by ${b}, of the dividend's sign, broadcast`, (g) => {
      const dividend = operand(g, a, [2, 1, 3], { low: 2, high: 9 });
      return g.op("Mod", [dividend, operand(g, b, [2, 1], { low: 0.5 })], { fmod: int(1) });
    }),
  ),
  operatorCase("PRelu", "one slope", (g) => g.op("PRelu", [g.variable([2, 3]), g.float([0.1])])),
  ...arithmeticFromPiecewise(),
];

/**
 * Piecewise constant operators do not let the derivative through; multiplying their result by the point
 * shows that what goes around them is right, and that they themselves are evaluated.
 */
function arithmeticFromPiecewise(): OperatorCase[] {
  const float = (g: GraphBuilder, name: string): string =>
    g.op("Cast", [name], { to: int(g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT) });
  const compare = ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"].map((op) =>
    operatorCase(op, "as a mask", (g) => {
      const x = g.variable([2, 3]);
      return g.op("Mul", [x, float(g, g.op(op, [x, g.scalar(0.4)]))]);
    }),
  );
  const logic = ["And", "Or", "Xor"].map((op) =>
    operatorCase(op, "of two masks", (g) => {
      const x = g.variable([2, 4]);
      const masks = [g.op("Greater", [x, g.scalar(-0.6)]), g.op("Less", [x, g.scalar(0.6)])];
      return g.op("Mul", [x, float(g, g.op(op, masks))]);
    }),
  );
  const rounding = ["Sign", "Floor", "Ceil", "Round"].map((op) =>
    operatorCase(op, "as a factor", (g) => {
      const x = g.variable([2, 4], { high: 2.3 });
      return g.op("Mul", [x, g.op(op, [x])]);
    }),
  );
  const tests = ["IsNaN", "IsInf", "Not"].map((op) =>
    operatorCase(op, "as a mask", (g) => {
      const x = g.variable([2, 3]);
      const tested = g.op(op, [op === "Not" ? g.op("Less", [x, g.scalar(0)]) : x]);
      return g.op("Where", [tested, g.op("Neg", [x]), g.op("Mul", [x, x])]);
    }),
  );
  const positions = ["ArgMax", "ArgMin"].map((op) =>
    operatorCase(op, "as a factor", (g) => {
      const x = g.variable([2, 4]);
      return g.op("Mul", [x, float(g, g.op(op, [x], { axis: int(1) }))]);
    }),
  );
  const hardmax = operatorCase(
    "Hardmax",
    "as a mask",
    (g) => {
      const x = g.variable([2, 4]);
      return g.op("Mul", [x, g.op("Hardmax", [x], { axis: int(1) })]);
    },
    {
      reference: (point) =>
        point.map((x, i) => {
          const row = point.subarray(i < 4 ? 0 : 4, i < 4 ? 4 : 8);
          return x === Math.max(...row) ? x : 0;
        }),
    },
  );
  const sizes = ["Shape", "Size"].map((op) =>
    operatorCase(op, "as a factor", (g) => {
      const x = g.variable([2, 2]);
      return g.op("Mul", [x, float(g, g.op(op, [g.op("Tanh", [x])]))]);
    }),
  );
  return [...compare, ...logic, ...rounding, ...tests, ...positions, hardmax, ...sizes];
}
