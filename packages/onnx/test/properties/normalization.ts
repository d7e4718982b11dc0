// Normalisations by statistics of random parts of the input, and the softmax family in its old and new form.

import fc from "fast-check";
import { float, int } from "../../src/model/attributes.ts";
import { extent, flag, operands, shape, shapeWithAxis } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

/** Far enough from 0 that a variance of few elements does not make the derivative steep. */
const epsilon = fc.constantFrom(0.125, 0.25, 1);
const image = fc
  .tuple(fc.integer({ min: 1, max: 2 }), extent, shape(1, 2))
  .map(([n, c, size]) => [n, c, ...size]);

const softmax = (op: string): OperatorProperty =>
  property(
    op,
    fc.tuple(shapeWithAxis, fc.constantFrom(11, 13, 18)),
    (g, [[dims, axis]]) => g.op(op, [g.variable(dims)], { axis: int(axis) }),
    ([, opset]) => ({ opset }),
  );

export const normalization: OperatorProperty[] = [
  softmax("Softmax"),
  softmax("LogSoftmax"),
  property(
    "BatchNormalization",
    fc.record({ dims: image, epsilon, kinds: operands }),
    (g, { dims, epsilon: small, kinds: [data, affine] }) => {
      const channels = [dims[1]!];
      return g.op(
        "BatchNormalization",
        [
          g[data](dims),
          g[affine](channels),
          g[affine](channels),
          g.constant(channels),
          g.constant(channels, { positive: true }),
        ],
        { epsilon: float(small) },
      );
    },
  ),
  property(
    "InstanceNormalization",
    fc.record({ dims: image, epsilon, kinds: operands }),
    (g, { dims, epsilon: small, kinds: [data, affine] }) =>
      g.op("InstanceNormalization", [g[data](dims), g[affine]([dims[1]!]), g[affine]([dims[1]!])], {
        epsilon: float(small),
      }),
    { reference: "float32" },
  ),
  property(
    "LayerNormalization",
    fc.record({ at: shapeWithAxis, epsilon, kinds: operands, withBias: flag }),
    (g, { at: [dims, axis], epsilon: small, kinds: [data, affine], withBias }) => {
      const inner = dims.slice(axis);
      const inputs = [g[data](dims), g[affine](inner), ...(withBias ? [g[affine](inner)] : [])];
      return g.op("LayerNormalization", inputs, { axis: int(axis), epsilon: float(small) });
    },
  ),
];
