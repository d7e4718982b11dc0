// Operators that join, part, pick and pad along axes.

import { int, ints, string } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

/** "To the end", as exporters write it; beyond what a double holds exactly. */
const INT64_MAX = 2 ** 63;

function slice(
  about: string,
  dims: readonly number[],
  bounds: readonly (readonly number[])[],
  opset = 18,
): OperatorCase {
  return operatorCase(
    "Slice",
    about,
    (g) => g.op("Slice", [g.variable(dims), ...bounds.map((values) => g.int64(values))]),
    { opset },
  );
}

/** All parts joined again in reverse, each scaled differently, so that no two can be mistaken. */
function rejoined(g: GraphBuilder, parts: readonly string[], axis: number): string {
  const scaled = parts.map((part, i) => g.op("Mul", [part, g.scalar(i + 1)])).reverse();
  return g.op("Concat", scaled, { axis: int(axis) });
}

const pad = (
  mode: string,
  dims: readonly number[],
  pads: readonly number[],
  extra: (g: GraphBuilder) => string[] = () => [],
  opset = 18,
) =>
  operatorCase(
    "Pad",
    `${mode}, [${dims}] by ${pads}`,
    (g) => g.op("Pad", [g.variable(dims), g.int64(pads), ...extra(g)], { mode: string(mode) }),
    { opset },
  );

export const slicing: OperatorCase[] = [
  slice("one axis", [3, 4], [[1], [3], [1]]),
  slice(
    "axes by default",
    [3, 4],
    [
      [1, 1],
      [3, 2],
    ],
  ),
  slice("to the end", [3, 4], [[1], [INT64_MAX], [0]]),
  slice("negative bounds and axis", [3, 4], [[-3], [-1], [-1]]),
  slice("step 2", [2, 5], [[0], [5], [1], [2]]),
  slice("reversed", [2, 3], [[-1], [-INT64_MAX], [1], [-1]]),
  slice("reversed with step 2 to a bound", [5], [[4], [0], [0], [-2]]),
  slice("beyond the extent", [2, 3], [[1], [99], [1]]),
  slice(
    "several axes, out of order",
    [2, 3, 4],
    [
      [1, 0],
      [4, 1],
      [2, 0],
      [2, 1],
    ],
  ),
  slice("rank 5", [1, 2, 1, 2, 2], [[1], [2], [4]]),
  operatorCase(
    "Slice",
    "attributes of opset 9",
    (g) =>
      g.op("Slice", [g.variable([3, 4])], { starts: ints([1]), ends: ints([INT64_MAX]), axes: ints([1]) }),
    { opset: 9 },
  ),
  operatorCase("Slice", "int32 bounds", (g) => {
    const int32 = (name: string, value: number): string =>
      g.initializer({ name, dims: [1], dataType: 6, raw: new Uint8Array(Int32Array.of(value).buffer) });
    return g.op("Slice", [g.variable([4]), int32("start", -3), int32("end", 2147483647), int32("axis", 0)]);
  }),

  operatorCase("Split", "sizes as an input", (g) =>
    rejoined(g, g.ops("Split", [g.variable([2, 5]), g.int64([1, 3, 1])], { axis: int(1) }, 3), 1),
  ),
  operatorCase("Split", "equal parts by num_outputs", (g) =>
    rejoined(g, g.ops("Split", [g.variable([4, 2])], { num_outputs: int(2) }, 2), 0),
  ),
  operatorCase("Split", "uneven parts by num_outputs", (g) =>
    rejoined(g, g.ops("Split", [g.variable([2, 5])], { num_outputs: int(3), axis: int(-1) }, 3), 1),
  ),
  operatorCase(
    "Split",
    "opset 13, no sizes",
    (g) => rejoined(g, g.ops("Split", [g.variable([2, 4])], { axis: int(1) }, 2), 1),
    { opset: 13 },
  ),
  operatorCase(
    "Split",
    "opset 11, sizes as an attribute",
    (g) => rejoined(g, g.ops("Split", [g.variable([2, 4])], { axis: int(-1), split: ints([3, 1]) }, 2), 1),
    { opset: 11 },
  ),
  operatorCase(
    "Split",
    "only one part used",
    (g) => g.ops("Split", [g.variable([4, 2]), g.int64([1, 3])], { axis: int(0) }, 2)[1]!,
  ),

  operatorCase("Concat", "variables and constants", (g) =>
    g.op("Concat", [g.constant([2, 1]), g.variable([2, 2]), g.constant([2, 3]), g.variable([2, 1])], {
      axis: int(1),
    }),
  ),
  operatorCase("Concat", "negative axis, rank 3", (g) =>
    g.op("Concat", [g.variable([2, 2, 1]), g.constant([2, 2, 2])], { axis: int(-1) }),
  ),
  operatorCase("Concat", "along the batch", (g) =>
    g.op("Concat", [g.variable([1, 3]), g.variable([2, 3])], { axis: int(0) }),
  ),
  operatorCase("Concat", "a tensor with itself", (g) => {
    const x = g.variable([1, 3]);
    return g.op("Concat", [x, x], { axis: int(-2) });
  }),
  operatorCase("Concat", "one part", (g) => g.op("Concat", [g.variable([1, 3])], { axis: int(1) })),

  operatorCase("Gather", "scalar index", (g) => g.op("Gather", [g.variable([3, 2]), g.int64([1], [])])),
  operatorCase("Gather", "negative indices along the last axis", (g) =>
    g.op("Gather", [g.variable([2, 4]), g.int64([-1, 0, -4])], { axis: int(-1) }),
  ),
  operatorCase("Gather", "a matrix of indices, repeated", (g) =>
    g.op("Gather", [g.variable([2, 3, 2]), g.int64([0, 2, 2, 0], [2, 2])], { axis: int(1) }),
  ),
  operatorCase("Gather", "int32 index", (g) => {
    const index = g.initializer({ name: "index", dims: [1], dataType: 6, raw: Uint8Array.of(2, 0, 0, 0) });
    return g.op("Gather", [g.variable([4]), index]);
  }),

  pad("constant", [2, 3], [1, 0, 0, 2]),
  pad("constant", [1, 2, 2, 2], [0, 0, 1, 1, 0, 0, 2, 0], (g) => [g.scalar(3)]),
  pad("constant", [2, 4], [0, -1, 1, -1]),
  pad("reflect", [1, 2, 3, 4], [0, 0, 2, 1, 0, 0, 1, 3]),
  pad("reflect", [4], [2, 3]),
  pad("edge", [1, 1, 2, 3], [0, 0, 1, 2, 0, 0, 2, 1]),
  pad("edge", [1, 1, 2, 1, 2], [0, 0, 1, 1, 0, 0, 0, 2, 0, 1]),
  pad("wrap", [2, 3], [1, 2, 0, 1], undefined, 19),
  pad("constant", [1, 2, 2], [1, 0, 2, 1], (g) => ["", g.int64([-1, 1])]),
  pad("reflect", [1, 2, 4], [2, 3], (g) => ["", g.int64([2])]),
  operatorCase(
    "Pad",
    "attributes of opset 9",
    (g) => g.op("Pad", [g.variable([2, 3])], { mode: string("reflect"), pads: ints([0, 2, 1, 1]) }),
    { opset: 9 },
  ),
];
