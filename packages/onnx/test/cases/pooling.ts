// Pooling. MaxPool is checked in double precision, where ties do not occur; averages are affine.

import type { Attribute } from "../../src/index.ts";
import { int, ints, string } from "../../src/model/attributes.ts";
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

/**
 * Pooling by the p-norm along the first spatial axis of [2, 1, 5, 2]; the engine has it in single precision only.
 * Windows of 3 with the given stride start at −1 where there is padding.
 */
function byNorm(
  about: string,
  p: number,
  geometry: { stride: number; pad: number; dilation: number },
  attributes: Attributes,
  opset = 18,
): OperatorCase {
  const { stride, pad, dilation } = geometry;
  const count = Math.floor((5 + 2 * pad - 2 * dilation - 1) / stride) + 1;
  const tap = (image: number, step: number, column: number) => (point: Float64Array, i: number) => {
    const row = step * stride - pad + i * dilation;
    return row < 0 || row > 4 ? 0 : Math.abs(point[image * 10 + 2 * row + column]!) ** p;
  };
  return operatorCase("LpPool", about, (g) => g.op("LpPool", [g.variable([2, 1, 5, 2])], attributes), {
    opset,
    reference: (point) =>
      Float64Array.from({ length: 4 * count }, (_, j) => {
        const at = tap(Math.floor(j / (2 * count)), Math.floor(j / 2) % count, j % 2);
        return (at(point, 0) + at(point, 1) + at(point, 2)) ** (1 / p);
      }),
  });
}

const norms: OperatorCase[] = [
  ...[1, 2, 3].map((p) =>
    byNorm(
      `p ${p}, strides and pads`,
      p,
      { stride: 2, pad: 1, dilation: 1 },
      { p: int(p), kernel_shape: ints([3, 1]), strides: ints([2, 1]), pads: ints([1, 0, 1, 0]) },
    ),
  ),
  byNorm("default", 2, { stride: 1, pad: 0, dilation: 1 }, { kernel_shape: ints([3, 1]) }),
  byNorm(
    "opset 11",
    2,
    { stride: 2, pad: 0, dilation: 1 },
    { kernel_shape: ints([3, 1]), strides: ints([2, 1]) },
    11,
  ),
  byNorm(
    "dilations",
    2,
    { stride: 1, pad: 0, dilation: 2 },
    { kernel_shape: ints([3, 1]), dilations: ints([2, 1]) },
  ),
  byNorm(
    "SAME_UPPER",
    2,
    { stride: 1, pad: 1, dilation: 1 },
    { kernel_shape: ints([3, 1]), auto_pad: string("SAME_UPPER") },
  ),
  ...[1, 2, 3].map((p) =>
    operatorCase(
      "GlobalLpPool",
      `p ${p}`,
      (g) => g.op("GlobalLpPool", [g.variable([2, 2, 2, 3])], { p: int(p) }),
      {
        reference: (point) =>
          Float64Array.from(
            [0, 6, 12, 18],
            (i) => point.subarray(i, i + 6).reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p),
          ),
      },
    ),
  ),
  // A window of zeros: the norm has a kink there, and the derivative taken is 0, not 0/0.
  operatorCase(
    "LpPool",
    "a window of zeros",
    (g) => {
      const x = g.op("Mul", [g.variable([1, 1, 4]), g.float([0, 0, 1, 1], [1, 1, 4])]);
      return g.op("LpPool", [x], { kernel_shape: ints([2]), strides: ints([2]) });
    },
    { reference: (point) => Float64Array.of(0, Math.hypot(point[2]!, point[3]!)) },
  ),
];

export const pooling: OperatorCase[] = [
  ...norms,
  ...common.map((entry) => maximum(...entry)),
  maximum("dilations", [1, 2, 5, 5], { kernel_shape: ints([2, 2]), dilations: ints([2, 3]) }),
  // The zeros of a Pad take part in the maximum; an engine must not merge them into the pads of the MaxPool,
  // which never win.
  operatorCase("MaxPool", "after a Pad whose zeros win", (g) => {
    const x = g.op("Neg", [g.variable([1, 1, 3, 3], { positive: true })]);
    const padded = g.op("Pad", [x, g.int64([0, 0, 1, 1, 0, 0, 0, 1])]);
    return g.op("MaxPool", [padded], { kernel_shape: ints([2, 2]) });
  }),
  ...[0, 1].map((order) =>
    maximum(`storage_order ${order}`, [1, 2, 4, 3], {
      kernel_shape: ints([2, 2]),
      storage_order: int(order),
    }),
  ),
  ...common.map((entry) => average(...entry)),
  average("pads counted", [1, 1, 4, 4], {
    kernel_shape: ints([3, 3]),
    pads: ints([1, 1, 1, 1]),
    count_include_pad: int(1),
  }),
  average("pads not counted", [1, 1, 4, 4], { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) }),
  ...[11, 19, 22].map((opset) =>
    average(
      `ceil_mode, pads counted, opset ${opset}`,
      [1, 1, 4, 5],
      {
        kernel_shape: ints([3, 3]),
        strides: ints([2, 2]),
        pads: ints([0, 1, 1, 1]),
        ceil_mode: int(1),
        count_include_pad: int(1),
      },
      opset,
    ),
  ),
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
