// Operators that pick elements by index or put them in place by index.

import { DataType } from "../../src/index.ts";
import { int, string } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];
type Indices = readonly [values: readonly number[], dims: Shape];

const gatherElements = (about: string, dims: Shape, [values, at]: Indices, axis: number): OperatorCase =>
  operatorCase("GatherElements", about, (g) =>
    g.op("GatherElements", [g.variable(dims), g.int64(values, at)], { axis: int(axis) }),
  );

const gatherND = (about: string, dims: Shape, [values, at]: Indices, batchDims = 0): OperatorCase =>
  operatorCase("GatherND", about, (g) =>
    g.op("GatherND", [g.variable(dims), g.int64(values, at)], { batch_dims: int(batchDims) }),
  );

type Operand = "variable" | "constant";
const operands: readonly (readonly [Operand, Operand])[] = [
  ["variable", "constant"],
  ["constant", "variable"],
  ["variable", "variable"],
];

/** Data, updates, and both depending on the point. */
function scatter(
  op: "ScatterElements" | "ScatterND",
  about: string,
  dims: Shape,
  [values, at]: Indices,
  updates: Shape,
  attributes: Record<string, ReturnType<typeof int> | ReturnType<typeof string>> = {},
): OperatorCase[] {
  return operands.map(([data, update]) =>
    operatorCase(op, `${about}, ${data} data, ${update} updates`, (g) =>
      g.op(op, [g[data](dims), g.int64(values, at), g[update](updates)], attributes),
    ),
  );
}

const once: Indices = [
  [2, 0, -2, 1],
  [2, 2],
];
const repeated: Indices = [
  [0, 2, 0, -1, 0, 1],
  [3, 2],
];
const rows: Indices = [
  [2, 0],
  [2, 1],
];
const repeatedRows: Indices = [
  [1, -2, 0],
  [3, 1],
];

const reductions = ["add", "mul", "max", "min"].flatMap((reduction) => [
  ...scatter("ScatterElements", `${reduction}, repeated`, [3, 2], repeated, [3, 2], {
    reduction: string(reduction),
  }),
  ...scatter("ScatterND", `${reduction}, repeated slices`, [3, 2], repeatedRows, [3, 2], {
    reduction: string(reduction),
  }),
]);

/** The positions of the largest elements: indices that depend on the point. */
const order = (g: GraphBuilder, x: string, axis: number): string =>
  g.ops("TopK", [x, g.int64([2])], { axis: int(axis) }, 2)[1]!;

const fromThePoint: OperatorCase[] = [
  operatorCase("Gather", "indices that depend on the point", (g) => {
    const x = g.variable([2, 3, 2]);
    const index = g.op("ArgMax", [g.variable([2, 3])], { axis: int(1), keepdims: int(0) });
    return g.op("Gather", [x, index], { axis: int(1) });
  }),
  operatorCase("GatherElements", "indices that depend on the point", (g) => {
    const x = g.variable([2, 3]);
    return g.op("GatherElements", [g.op("Tanh", [x]), order(g, x, 1)], { axis: int(1) });
  }),
  operatorCase("ScatterElements", "indices that depend on the point", (g) => {
    const x = g.variable([2, 3]);
    return g.op("ScatterElements", [x, order(g, x, 1), g.variable([2, 2])], { axis: int(1) });
  }),
  // Beyond the size up to which rows are added up by a matrix.
  operatorCase("Gather", "from many rows", (g) => {
    const many = g.op("Expand", [g.variable([2, 1, 3]), g.int64([2, 600, 3])]);
    const index = Array.from({ length: 600 }, (_, i) => (i * i) % 600);
    const picked = g.op("Gather", [many, g.int64(index)], { axis: int(1) });
    return g.op("Slice", [g.op("Mul", [picked, picked]), g.int64([0]), g.int64([4]), g.int64([1])]);
  }),
  operatorCase("ScatterND", "add to many rows", (g) => {
    const updates = g.op("Expand", [g.variable([1, 2]), g.int64([600, 2])]);
    const index = Array.from({ length: 600 }, (_, i) => Math.floor(0.9 * i));
    const data = g.op("Expand", [g.variable([1, 2]), g.int64([600, 2])]);
    const sum = g.op("ScatterND", [data, g.int64(index, [600, 1]), updates], { reduction: string("add") });
    return g.op("Slice", [g.op("Mul", [sum, sum]), g.int64([0]), g.int64([4]), g.int64([0])]);
  }),
];

const top = (about: string, axis: number, attributes: Record<string, ReturnType<typeof int>> = {}) =>
  operatorCase(
    "TopK",
    about,
    (g) => g.ops("TopK", [g.variable([3, 4]), g.int64([2])], { axis: int(axis), ...attributes }, 2)[0]!,
  );

export const indexing: OperatorCase[] = [
  gatherElements("along axis 0, repeated", [3, 2], repeated, 0),
  gatherElements("along axis 1, negative, fewer rows", [3, 3], once, 1),
  gatherElements(
    "along the last of three axes",
    [2, 1, 3],
    [
      [2, 2, 0, 1],
      [2, 1, 2],
    ],
    -1,
  ),
  operatorCase("GatherElements", "int32 indices", (g) => {
    const raw = new Uint8Array(Int32Array.of(1, 0).buffer);
    const index = g.initializer({ name: "index", dims: [1, 2], dataType: DataType.INT32, raw });
    return g.op("GatherElements", [g.variable([2, 2]), index]);
  }),
  gatherND(
    "elements",
    [3, 2],
    [
      [2, 1, 0, 0, -1, -1],
      [3, 2],
    ],
  ),
  gatherND(
    "slices",
    [3, 2, 2],
    [
      [2, 0, 2],
      [3, 1],
    ],
  ),
  gatherND(
    "slices by two coordinates",
    [2, 3, 2],
    [
      [1, 2, 0, 0],
      [2, 1, 2],
    ],
  ),
  gatherND(
    "batch_dims 1",
    [2, 3, 2],
    [
      [2, 0],
      [2, 1],
    ],
    1,
  ),
  gatherND(
    "batch_dims 2, several",
    [2, 2, 3],
    [
      [0, 2, 1, 1, 0, -1, 2, 0],
      [2, 2, 2, 1],
    ],
    2,
  ),
  ...scatter("ScatterElements", "axis 0", [3, 2], once, [2, 2]),
  ...scatter(
    "ScatterElements",
    "axis 1",
    [2, 3],
    [
      [2, 0, -2, 0],
      [2, 2],
    ],
    [2, 2],
    { axis: int(-1) },
  ),
  ...scatter("ScatterND", "slices", [3, 2], rows, [2, 2]),
  ...scatter(
    "ScatterND",
    "elements",
    [3, 2],
    [
      [2, 1, 0, 0],
      [2, 2],
    ],
    [2],
  ),
  ...scatter(
    "ScatterND",
    "slices of a rank-3 tensor",
    [2, 2, 3],
    [
      [1, 0],
      [1, 2],
    ],
    [1, 3],
  ),
  ...reductions,
  // A factor of zero: the product of the others must not be found by division.
  operatorCase("ScatterElements", "mul by zeros", (g) => {
    const updates = g.op("Mul", [g.variable([3, 2]), g.float([0, 1, 0, 1, 1, 0], [3, 2])]);
    const nodes = [g.variable([3, 2]), g.int64(...repeated), updates];
    return g.op("ScatterElements", nodes, { reduction: string("mul") });
  }),
  operatorCase(
    "Scatter",
    "ScatterElements of opset 9",
    (g) => {
      const scattered = g.op("Scatter", [g.variable([3, 2]), g.int64(...once), g.constant([2, 2])]);
      return g.op("Tanh", [scattered]);
    },
    { opset: 9 },
  ),
  top("largest of rows", 1),
  top("smallest of columns", 0, { largest: int(0) }),
  operatorCase("TopK", "unsorted, whose order is up to the engine", (g) => {
    const [values] = g.ops("TopK", [g.variable([3, 4]), g.int64([2])], { sorted: int(0) }, 2);
    return g.op("ReduceSumSquare", [values!, g.int64([1])]);
  }),
  operatorCase("TopK", "values by a node whose indices are used too", (g) => {
    const [values, indices] = g.ops("TopK", [g.variable([2, 3]), g.int64([2])], {}, 2);
    const to = int(g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT);
    return g.op("Mul", [values!, g.op("Cast", [indices!], { to })]);
  }),
  operatorCase(
    "TopK",
    "k as an attribute, opset 9",
    (g) => g.ops("TopK", [g.variable([2, 3])], { k: int(2) }, 2)[0]!,
    {
      opset: 9,
      reference: (point) =>
        Float64Array.from(
          [0, 3].flatMap((i) => [...point.slice(i, i + 3)].sort((a, b) => b - a).slice(0, 2)),
        ),
    },
  ),
  ...fromThePoint,
];
