// Operators beyond those of plain convolutional generators, some of which are written out as simpler ones.

import { type Attribute, DataType } from "../../src/index.ts";
import { float, int, ints, string } from "../../src/model/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

const unary = (
  op: string,
  about: string,
  f: (x: number) => number,
  attributes: Record<string, Attribute> = {},
  opset = 18,
) =>
  operatorCase(op, about, (g) => g.op(op, [g.variable([2, 3])], attributes), {
    opset,
    reference: (point) => point.map(f),
  });

const softplus = (x: number): number => Math.log1p(Math.exp(x));
const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const einsum = (equation: string, ...dims: (readonly number[])[]): OperatorCase =>
  operatorCase("Einsum", equation, (g) =>
    g.op(
      "Einsum",
      dims.map((shape) => g.variable(shape)),
      { equation: string(equation) },
    ),
  );

/** Group normalisation of [2, 4, 3] in two groups, in float64. */
function groupNormalization(
  point: Float64Array,
  scale: readonly number[],
  bias: readonly number[],
): Float64Array {
  const result = new Float64Array(24);
  for (let group = 0; group < 4; group++) {
    const part = point.subarray(6 * group, 6 * group + 6);
    const mean = part.reduce((a, b) => a + b, 0) / 6;
    const deviation = Math.sqrt(part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6 + Math.fround(0.01));
    part.forEach((x, i) => {
      const channel = 2 * (group % 2) + Math.floor(i / 3);
      result[6 * group + i] = (scale[channel]! * (x - mean)) / deviation + bias[channel]!;
    });
  }
  return result;
}

export const further: OperatorCase[] = [
  unary("Tan", "both signs", Math.tan),
  unary("Atan", "both signs", Math.atan),
  unary("Sinh", "both signs", Math.sinh),
  unary("Cosh", "both signs", Math.cosh),
  unary("Celu", "alpha 0.5", (x) => Math.max(0, x) + Math.min(0, 0.5 * Math.expm1(x / 0.5)), {
    alpha: float(0.5),
  }),
  unary("Mish", "both signs", (x) => x * Math.tanh(softplus(x))),
  unary("ThresholdedRelu", "alpha 0.9", (x) => (x > 0.9 ? x : 0), { alpha: float(0.9) }),
  unary("Gelu", "approximation by tanh", geluTanh, { approximate: string("tanh") }, 20),

  ...["Max", "Min"].flatMap((op) => [
    operatorCase(op, "four operands, broadcast", (g) =>
      g.op(op, [g.variable([2, 3]), g.variable([3]), g.variable([2, 1]), g.constant([2, 3])]),
    ),
    operatorCase(op, "one operand", (g) => g.op(op, [g.variable([3])])),
  ]),
  ...[0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse) =>
      operatorCase("CumSum", `exclusive ${exclusive}, reverse ${reverse}`, (g) =>
        g.op("CumSum", [g.variable([2, 3, 2]), g.int64([-2], [])], {
          exclusive: int(exclusive),
          reverse: int(reverse),
        }),
      ),
    ),
  ),
  ...[0, 1].map((upper) =>
    operatorCase("Trilu", `upper ${upper}, off the diagonal`, (g) =>
      g.op("Trilu", [g.variable([2, 3, 4]), g.int64([1], [])], { upper: int(upper) }),
    ),
  ),
  einsum("ij,jk->ik", [2, 3], [3, 2]),
  einsum("bij,bkj->bik", [2, 2, 3], [2, 2, 3]),
  einsum("ij->ji", [2, 3]),
  einsum("ij->i", [2, 3]),
  einsum("i,j,k->kij", [2], [3], [2]),
  einsum("ij, j", [2, 3], [3]),
  // An ellipsis stands for the axes that are not named; they broadcast.
  einsum("...ij,...jk->...ik", [1, 2, 3], [2, 3, 2]),
  einsum("b...i,bi->b...", [2, 3, 2], [2, 2]),
  einsum("...i,...i", [2, 3, 2], [2, 1, 2]),
  einsum("i...->...", [3, 2]),
  // A letter twice in one operand takes the diagonal.
  einsum("ii->i", [3, 3]),
  einsum("ii->", [3, 3]),
  einsum("bii,bj->ij", [2, 3, 3], [2, 2]),
  einsum("iij,j->i", [2, 2, 3], [3]),
  operatorCase("MaxPool", "indices used too", (g) => {
    const [values, indices] = g.ops(
      "MaxPool",
      [g.variable([1, 1, 5, 5])],
      { kernel_shape: ints([3, 3]), strides: ints([2, 2]), ceil_mode: int(1) },
      2,
    );
    const to = int(g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT);
    return g.op("Mul", [values!, g.op("Cast", [indices!], { to })]);
  }),
  operatorCase("GlobalMaxPool", "two images", (g) => g.op("GlobalMaxPool", [g.variable([2, 2, 2, 3])]), {
    reference: (point) => Float64Array.from([0, 6, 12, 18], (i) => Math.max(...point.subarray(i, i + 6))),
  }),
  ...[1, 2].map((p) =>
    operatorCase("LpNormalization", `p ${p}`, (g) =>
      g.op("LpNormalization", [g.variable([2, 3, 2])], { axis: int(1), p: int(p) }),
    ),
  ),
  operatorCase(
    "GroupNormalization",
    "scale per channel, opset 21",
    (g) =>
      g.op(
        "GroupNormalization",
        [g.variable([2, 4, 3]), g.float([0.5, -1, 2, 1.5]), g.float([1, 0.25, -0.5, 0])],
        { num_groups: int(2), epsilon: float(0.01) },
      ),
    { opset: 21, reference: (point) => groupNormalization(point, [0.5, -1, 2, 1.5], [1, 0.25, -0.5, 0]) },
  ),
  operatorCase(
    "GroupNormalization",
    "scale per group, opset 18",
    (g) =>
      g.op("GroupNormalization", [g.variable([2, 4, 3]), g.float([0.5, -2]), g.float([1, 0.25])], {
        num_groups: int(2),
        epsilon: float(0.01),
      }),
    { reference: (point) => groupNormalization(point, [0.5, 0.5, -2, -2], [1, 1, 0.25, 0.25]) },
  ),
];
