// Convolutions are affine in the image; the engine has them in single precision only.

import type { Attribute } from "../../src/index.ts";
import { int, ints, string } from "../../src/model/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];

/**
 * The case twice: with fixed weights, and with image, weights and bias that all depend on the point. The
 * latter is quadratic, for which central differences are exact as well.
 */
function cases(
  op: "Conv" | "ConvTranspose",
  about: string,
  image: Shape,
  weight: Shape,
  attributes: Record<string, Attribute> = {},
  bias?: number,
): OperatorCase[] {
  return [
    operatorCase(
      op,
      about,
      (g) =>
        g.op(op, [g.variable(image), g.constant(weight), ...(bias ? [g.constant([bias])] : [])], attributes),
      { reference: "affine" },
    ),
    operatorCase(
      op,
      `${about}, weights that depend on the point`,
      (g) =>
        g.op(op, [g.variable(image), g.variable(weight), ...(bias ? [g.variable([bias])] : [])], attributes),
      { reference: "affine" },
    ),
  ];
}

type CaseArguments = [
  about: string,
  image: Shape,
  weight: Shape,
  attributes?: Record<string, Attribute>,
  bias?: number,
];
const conv = (...rest: CaseArguments): OperatorCase[] => cases("Conv", ...rest);
const transposed = (...rest: CaseArguments): OperatorCase[] => cases("ConvTranspose", ...rest);

const convolutions: OperatorCase[] = [
  ...conv("1-D with bias", [1, 2, 6], [3, 2, 3], {}, 3),
  ...conv("2-D", [1, 2, 4, 5], [3, 2, 3, 3], { pads: ints([1, 1, 1, 1]) }, 3),
  ...conv("3-D", [1, 1, 3, 3, 3], [2, 1, 2, 2, 2], {}, 2),
  ...conv("batch of 2", [2, 2, 3, 3], [2, 2, 2, 2], {}, 2),
  ...conv("strides", [1, 2, 5, 6], [2, 2, 3, 2], { strides: ints([2, 3]) }),
  ...conv("dilations", [1, 1, 6, 6], [2, 1, 2, 3], { dilations: ints([3, 2]) }),
  ...conv("uneven pads", [1, 1, 4, 4], [2, 1, 3, 3], { pads: ints([0, 2, 1, 0]) }),
  ...conv("two groups", [1, 4, 3, 3], [4, 2, 2, 2], { group: int(2) }, 4),
  ...conv("depthwise, two outputs each", [1, 3, 3, 3], [6, 1, 2, 2], { group: int(3) }, 6),
  ...conv("SAME_UPPER", [1, 1, 5, 4], [1, 1, 3, 2], {
    auto_pad: string("SAME_UPPER"),
    strides: ints([2, 2]),
  }),
  ...conv("SAME_LOWER", [1, 1, 5, 4], [1, 1, 3, 2], {
    auto_pad: string("SAME_LOWER"),
    strides: ints([2, 2]),
  }),
  ...conv("VALID", [1, 1, 5, 4], [1, 1, 3, 2], { auto_pad: string("VALID") }),
  ...conv("six channels to four", [1, 6, 3], [4, 6, 2]),
  ...conv("kernel shape written out", [1, 2, 4, 4], [2, 2, 1, 1], { kernel_shape: ints([1, 1]) }, 2),
  ...conv("everything together", [2, 4, 7, 6], [2, 2, 3, 2], {
    group: int(2),
    strides: ints([2, 1]),
    dilations: ints([2, 3]),
    pads: ints([2, 1, 1, 2]),
  }),
];

const transposes: OperatorCase[] = [
  ...transposed("1-D with bias", [1, 2, 4], [2, 3, 3], { strides: ints([2]) }, 3),
  ...transposed(
    "2-D, DCGAN's 4/2/1",
    [1, 2, 3, 3],
    [2, 3, 4, 4],
    { strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) },
    3,
  ),
  ...transposed("2-D from one pixel", [1, 4, 1, 1], [4, 2, 3, 3]),
  ...transposed("3-D", [1, 1, 2, 2, 2], [1, 2, 2, 2, 2], { strides: ints([2, 1, 2]) }),
  ...transposed("batch of 2", [2, 2, 2, 2], [2, 2, 2, 2], {}, 2),
  ...transposed("output_padding", [1, 2, 3, 3], [2, 2, 3, 3], {
    strides: ints([2, 2]),
    pads: ints([1, 1, 1, 1]),
    output_padding: ints([1, 1]),
  }),
  ...transposed("output_shape", [1, 2, 3, 3], [2, 1, 3, 3], {
    strides: ints([2, 2]),
    output_shape: ints([6, 7]),
  }),
  ...transposed("groups", [1, 4, 2, 3], [4, 2, 2, 2], { group: int(2), strides: ints([2, 2]) }, 4),
  ...transposed("dilations", [1, 1, 3, 3], [1, 2, 2, 3], { dilations: ints([2, 2]) }),
  ...transposed("SAME_UPPER", [1, 1, 3, 3], [1, 1, 3, 3], {
    auto_pad: string("SAME_UPPER"),
    strides: ints([2, 2]),
  }),
  ...transposed("SAME_LOWER", [1, 1, 3, 3], [1, 1, 3, 3], {
    auto_pad: string("SAME_LOWER"),
    strides: ints([2, 2]),
  }),
];

const together: OperatorCase[] = [
  ...transposed(
    "everything together",
    [2, 4, 3, 2],
    [4, 1, 3, 2],
    {
      group: int(2),
      strides: ints([3, 2]),
      dilations: ints([2, 3]),
      pads: ints([2, 0, 1, 1]),
      output_padding: ints([1, 1]),
    },
    2,
  ),
  ...transposed("VALID", [1, 1, 3, 3], [1, 1, 3, 2], { auto_pad: string("VALID"), strides: ints([2, 1]) }),
  ...transposed("output_shape with dilations and groups", [1, 2, 3, 3], [2, 1, 2, 3], {
    strides: ints([2, 3]),
    dilations: ints([2, 1]),
    group: int(2),
    output_shape: ints([6, 8]),
  }),
  ...["SAME_UPPER", "SAME_LOWER"].flatMap((mode) =>
    transposed(`${mode}, dilations`, [1, 1, 3, 4], [1, 2, 2, 3], {
      auto_pad: string(mode),
      strides: ints([1, 2]),
      dilations: ints([2, 1]),
    }),
  ),
  ...transposed("output_shape, SAME_UPPER", [1, 1, 3, 3], [1, 1, 3, 3], {
    auto_pad: string("SAME_UPPER"),
    strides: ints([2, 2]),
    output_shape: ints([6, 6]),
  }),
  ...transposed("pads larger than the reach of the kernel", [1, 1, 4, 4], [1, 1, 2, 2], {
    strides: ints([2, 2]),
    pads: ints([2, 3, 2, 1]),
  }),
];

export const convolution: OperatorCase[] = [...convolutions, ...transposes, ...together];
