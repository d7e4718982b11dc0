// Deformable convolutions, whose input, weights, offsets, bias and mask all depend on the point.

import { int, ints } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

interface Form {
  readonly about: string;
  readonly image: readonly number[];
  readonly weights: readonly number[];
  /** Rows and columns of the output. */
  readonly places: readonly [number, number];
  readonly offsetGroups?: number;
  readonly masked?: boolean;
  readonly attributes?: Readonly<Record<string, readonly number[]>>;
}

function deformed(form: Form): OperatorCase {
  const { about, image, weights, places, offsetGroups = 1, masked = false } = form;
  const taps = offsetGroups * weights[2]! * weights[3]!;
  const build = (g: GraphBuilder): string => {
    const inputs = [
      g.variable(image),
      g.variable(weights),
      // Away from whole numbers, at which the samples have kinks; some leave the image.
      g.variable([image[0]!, 2 * taps, ...places], { low: 0.1, high: 0.9 }),
    ];
    if (masked) inputs.push(g.variable([weights[0]!]), g.variable([image[0]!, taps, ...places]));
    const lists = Object.entries(form.attributes ?? {}).map(([name, list]) => [name, ints(list)] as const);
    return g.op("DeformConv", inputs, {
      ...Object.fromEntries(lists),
      group: int(image[1]! / weights[1]!),
      offset_group: int(offsetGroups),
    });
  };
  return operatorCase("DeformConv", about, build, { opset: 22 });
}

export const deformations: readonly OperatorCase[] = [
  deformed({ about: "offsets", image: [2, 2, 3, 4], weights: [3, 2, 2, 2], places: [2, 3] }),
  deformed({
    about: "everything together",
    image: [1, 4, 4, 4],
    weights: [6, 2, 3, 2],
    places: [2, 6],
    offsetGroups: 2,
    masked: true,
    attributes: { strides: [2, 1], dilations: [1, 2], pads: [1, 2, 1, 2], kernel_shape: [3, 2] },
  }),
  operatorCase(
    "DeformConv",
    "opset 19, in the image",
    (g) =>
      g.op("DeformConv", [
        g.variable([1, 1, 3, 3]),
        g.constant([1, 1, 2, 2]),
        g.constant([1, 8, 2, 2], { low: 0.1, high: 0.9 }),
      ]),
    // The engine has the older form of GridSample in single precision only.
    { opset: 19, reference: "affine" },
  ),
];
