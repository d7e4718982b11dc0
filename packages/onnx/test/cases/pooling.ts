// Pooling. MaxPool is checked in double precision, where ties do not occur; averages are affine.

import { int, ints, string } from "../../src/attributes.ts";
import type { Attribute } from "../../src/index.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];
type Attributes = Record<string, Attribute>;

const maximum = (about: string, image: Shape, attributes: Attributes): OperatorCase =>
  operatorCase("MaxPool", about, (g) => g.op("MaxPool", [g.variable(image, { high: 9 })], attributes));

const average = (about: string, image: Shape, attributes: Attributes, opset = 18): OperatorCase =>
  operatorCase("AveragePool", about, (g) => g.op("AveragePool", [g.variable(image)], attributes), {
    reference: "affine",
    opset,
  });

const common: readonly (readonly [string, Shape, Attributes])[] = [
  ["1-D", [1, 2, 6], { kernel_shape: ints([2]), strides: ints([2]) }],
  ["2-D, stride 1 by default", [1, 2, 3, 4], { kernel_shape: ints([2, 2]) }],
  ["2-D, windows overlap", [1, 2, 5, 5], { kernel_shape: ints([3, 3]), strides: ints([2, 2]) }],
  ["3-D", [1, 1, 2, 4, 2], { kernel_shape: ints([2, 2, 2]), strides: ints([1, 2, 1]) }],
  ["batch of 2", [2, 3, 4, 4], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }],
  ["batch of 3, pads", [3, 2, 3, 3], { kernel_shape: ints([2, 2]), pads: ints([1, 0, 0, 1]) }],
  ["ceil_mode", [1, 1, 6, 6], { kernel_shape: ints([3, 3]), strides: ints([2, 2]), ceil_mode: int(1) }],
  [
    "ceil_mode with pads",
    [2, 1, 4, 5],
    {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      pads: ints([1, 1, 1, 1]),
      ceil_mode: int(1),
    },
  ],
  [
    "SAME_UPPER",
    [1, 1, 5, 5],
    { kernel_shape: ints([2, 2]), strides: ints([2, 2]), auto_pad: string("SAME_UPPER") },
  ],
  [
    "SAME_LOWER",
    [1, 1, 5, 5],
    { kernel_shape: ints([2, 2]), strides: ints([2, 2]), auto_pad: string("SAME_LOWER") },
  ],
  ["VALID", [1, 1, 5, 5], { kernel_shape: ints([2, 2]), strides: ints([2, 2]), auto_pad: string("VALID") }],
];

export const pooling: OperatorCase[] = [
  ...common.map((entry) => maximum(...entry)),
  maximum("dilations", [1, 2, 5, 5], { kernel_shape: ints([2, 2]), dilations: ints([2, 3]) }),
  // The zeros of a Pad take part in the maximum; an engine must not merge them into the pads of the MaxPool,
  // which never win.
  operatorCase("MaxPool", "after a Pad whose zeros win", (g) => {
    const x = g.op("Neg", [g.variable([1, 1, 3, 3], { positive: true })]);
    const padded = g.op("Pad", [x, g.int64([0, 0, 1, 1, 0, 0, 0, 1])]);
    return g.op("MaxPool", [padded], { kernel_shape: ints([2, 2]) });
  }),
  maximum("storage_order written out", [1, 1, 4, 4], { kernel_shape: ints([2, 2]), storage_order: int(0) }),
  ...common.map((entry) => average(...entry)),
  average("pads counted", [1, 1, 4, 4], {
    kernel_shape: ints([3, 3]),
    pads: ints([1, 1, 1, 1]),
    count_include_pad: int(1),
  }),
  average("pads not counted", [1, 1, 4, 4], { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) }),
  average("dilations", [1, 1, 5, 5], { kernel_shape: ints([2, 2]), dilations: ints([2, 2]) }, 19),
  ...[
    [1, 2, 5],
    [2, 3, 2, 2],
    [1, 2, 2, 2, 2],
  ].map((dims) =>
    operatorCase("GlobalAveragePool", `[${dims}]`, (g) => g.op("GlobalAveragePool", [g.variable(dims)]), {
      reference: "affine",
    }),
  ),
];
