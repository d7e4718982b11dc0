// Operators that rearrange or repeat elements.

import { int, ints, string } from "../../src/model/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];

const reshape = (from: Shape, target: Shape): OperatorCase =>
  operatorCase("Reshape", `[${from}] to [${target}]`, (g) =>
    g.op("Reshape", [g.variable(from), g.int64(target)]),
  );

const transpose = (dims: Shape, perm?: Shape): OperatorCase =>
  operatorCase("Transpose", `[${dims}] by ${perm ?? "default"}`, (g) =>
    g.op("Transpose", [g.variable(dims)], perm ? { perm: ints(perm) } : {}),
  );

const expand = (from: Shape, target: Shape): OperatorCase =>
  operatorCase("Expand", `[${from}] to [${target}]`, (g) =>
    g.op("Expand", [g.variable(from), g.int64(target)]),
  );

const squeeze = (op: "Squeeze" | "Unsqueeze", dims: Shape, axes: Shape): OperatorCase[] => [
  operatorCase(op, `[${dims}] at ${axes}`, (g) => g.op(op, [g.variable(dims), g.int64(axes)])),
  operatorCase(
    op,
    `[${dims}] at ${axes}, opset 11`,
    (g) => g.op(op, [g.variable(dims)], { axes: ints(axes) }),
    {
      opset: 11,
    },
  ),
];

export const shapes: OperatorCase[] = [
  reshape([2, 3], [3, 2]),
  reshape([2, 3], [-1]),
  reshape([2, 3, 2], [0, -1]),
  reshape([6], [1, 2, 1, 3, 1]),
  reshape([1, 1], []),
  operatorCase("Reshape", "allowzero written out", (g) =>
    g.op("Reshape", [g.variable([2, 2]), g.int64([4])], { allowzero: int(1) }),
  ),
  ...[0, 1, 2, 3, -1].map((axis) =>
    operatorCase("Flatten", `at axis ${axis}`, (g) =>
      g.op("Flatten", [g.variable([2, 2, 3])], { axis: int(axis) }),
    ),
  ),
  operatorCase("Flatten", "at the default axis", (g) => g.op("Flatten", [g.variable([2, 2, 3])])),
  ...squeeze("Squeeze", [1, 3, 1, 2], [0, 2]),
  ...squeeze("Squeeze", [1, 3, 1, 2], [-2]),
  operatorCase("Squeeze", "all extents of 1", (g) => g.op("Squeeze", [g.variable([1, 3, 1, 2])])),
  ...squeeze("Unsqueeze", [2, 3], [0, 3]),
  ...squeeze("Unsqueeze", [2, 3], [-1, 1]),
  transpose([2, 3]),
  transpose([2, 3, 2]),
  transpose([2, 1, 3], [2, 0, 1]),
  transpose([1, 2, 2, 3], [0, 2, 3, 1]),
  transpose([1, 2, 1, 2, 3], [4, 0, 3, 1, 2]),
  transpose([3]),
  expand([3], [2, 3]),
  expand([2, 1, 3], [4, 1]),
  expand([2, 1], [1]),
  expand([1, 1], [3, 1, 2, 2]),
  expand([2, 3], [2, 3]),
  ...[
    [2, 1],
    [1, 3],
    [2, 2],
  ].map((repeats) =>
    operatorCase("Tile", `[2, 3] by ${repeats}`, (g) => g.op("Tile", [g.variable([2, 3]), g.int64(repeats)])),
  ),
  operatorCase("Tile", "rank 1", (g) => g.op("Tile", [g.variable([3]), g.int64([3])])),
  ...["DCR", "CRD"].map((mode) =>
    operatorCase("DepthToSpace", mode, (g) =>
      g.op("DepthToSpace", [g.variable([2, 8, 1, 2])], { blocksize: int(2), mode: string(mode) }),
    ),
  ),
  operatorCase("DepthToSpace", "default mode", (g) =>
    g.op("DepthToSpace", [g.variable([1, 4, 2, 2])], { blocksize: int(2) }),
  ),
  operatorCase("SpaceToDepth", "batch of 2", (g) =>
    g.op("SpaceToDepth", [g.variable([2, 2, 2, 4])], { blocksize: int(2) }),
  ),
];
