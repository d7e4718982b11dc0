// Operators at their singular points, under the names of the references.

import type { Attribute } from "../../src/index.ts";
import { float, int, ints, string } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import type { SingularCase } from "./case.ts";

type Attributes = Record<string, Attribute>;
type Deviation = SingularCase["otherwise"];

/** y = op(x) of `count` elements in a row. */
function unary(op: string, count: number, attributes: Attributes = {}, otherwise?: Deviation): SingularCase {
  return composed(op, op, [count], (g, x) => g.op(op, [x], attributes), otherwise);
}

function composed(
  op: string,
  name: string,
  dims: readonly number[],
  build: (g: GraphBuilder, x: string) => string,
  otherwise?: Deviation,
  opset?: number,
): SingularCase {
  return {
    op,
    name,
    build: (g) => build(g, g.variable(dims)),
    ...(otherwise && { otherwise }),
    ...(opset === undefined ? {} : { opset }),
  };
}

/** y = op(a, b) of two variables with `count` elements each. */
function binary(
  op: string,
  name: string,
  count: number,
  attributes: Attributes = {},
  otherwise?: Deviation,
): SingularCase {
  return {
    op,
    name,
    build: (g) => g.op(op, [g.variable([count]), g.variable([count])], attributes),
    ...(otherwise && { otherwise }),
  };
}

function power(exponent: number, count: number): SingularCase {
  return composed("Pow", `Pow ${exponent}`, [count], (g, x) => g.op("Pow", [x, g.scalar(exponent)]));
}

function reduction(op: string, name: string, count: number, otherwise?: Deviation): SingularCase {
  return composed(op, name, [count], (g, x) => g.op(op, [x], { keepdims: int(0) }), otherwise);
}

/** Where(x > 0, f(x), 0). */
function wherePositive(
  op: string,
  name: string,
  f: (g: GraphBuilder, x: string) => string,
  otherwise: Deviation,
): SingularCase {
  const build = (g: GraphBuilder, x: string) =>
    g.op("Where", [g.op("Greater", [x, g.scalar(0)]), f(g, x), g.scalar(0)]);
  return composed(op, name, [2], build, otherwise);
}

const clipped = (g: GraphBuilder, x: string, low: number) => g.op("Clip", [x, g.scalar(low), g.scalar(1)]);
const squared = (g: GraphBuilder, x: string) => g.op("Mul", [x, x]);

const leftCurvature =
  "of the two pieces that meet at 0 the second derivative is that of the left one, as the first is; PyTorch takes that of the right one";

/** Curvatures of (i + 1)·fᵢ(xᵢ), two of which are those at 0, on the diagonal. */
const curved = (atZero: number, elsewhere: number) => ({
  second: [atZero, 0, 0, 0, 2 * atZero, 0, 0, 0, 3 * elsewhere],
  why: leftCurvature,
});
const seluGain = 1.0507010221481323 * 1.6732631921768188;

const elementwise: SingularCase[] = [
  unary("Selu", 3, {}, curved(seluGain, seluGain * Math.exp(-1))),
  ...["Abs", "Relu", "Sign", "Floor", "Ceil", "Round", "Softsign"].map((op) => unary(op, 3)),
  unary("LeakyRelu", 3, { alpha: float(0.2) }),
  binary("PRelu", "PRelu", 2),
  unary("Elu", 3, { alpha: float(1.5) }, curved(1.5, 1.5 * Math.exp(-1))),
  unary("Celu", 3, { alpha: float(2) }, curved(0.5, 0.5 * Math.exp(-0.5))),
  unary("ThresholdedRelu", 3, { alpha: float(1) }),
  unary("Shrink", 4, { lambd: float(0.5), bias: float(0.5) }),
  unary("HardSigmoid", 3, { alpha: float(1 / 6), beta: float(0.5) }),
  composed("HardSwish", "HardSwish", [3], (g, x) => g.op("HardSwish", [x])),
  composed("Clip", "Clip", [4], (g, x) => clipped(g, x, -1)),
  ...["Softplus", "Erf", "Sqrt", "Log", "Reciprocal", "Asinh", "Atan", "Tan"].map((op) => unary(op, 2)),
  ...["Asin", "Acos", "Acosh", "Atanh"].map((op) => unary(op, 1)),
  ...["Gelu", "Mish"].map((op) => composed(op, op, [2], (g, x) => g.op(op, [x]), undefined, 20)),
  composed(
    "Gelu",
    "Gelu by tanh",
    [2],
    (g, x) => g.op("Gelu", [x], { approximate: string("tanh") }),
    undefined,
    20,
  ),
  composed("Sqrt", "Sqrt of -0", [1], (g, x) => g.op("Sqrt", [x])),
  composed("Asin", "Asin, clipped", [3], (g, x) => g.op("Asin", [clipped(g, x, -1)])),
  composed("Asin", "Asin, clipped on the bound", [1], (g, x) => g.op("Asin", [clipped(g, x, -1)])),
];

const dropsAtZero = "0ᵇ drops from 1 to 0 at b = 0: the slope in b is infinite; PyTorch has 0";

const powers: SingularCase[] = [
  ...[0.5, -1].map((exponent) => power(exponent, 1)),
  ...[0, 1, 1.5, 2, 2.5, 3].map((exponent) => power(exponent, 2)),
  binary("Pow", "Pow at (0, 0)", 1, {}, { first: "refused", why: dropsAtZero }),
  ...["(0, 1)", "(0, 0.5)"].map((point) => binary("Pow", `Pow at ${point}`, 1)),
  ...[2, 3].map((b) =>
    binary(
      "Pow",
      `Pow at (0, ${b})`,
      1,
      {},
      {
        second: [b === 2 ? 2 : 0, 0, 0, 0],
        why: "PyTorch multiplies the zeros by the logarithm of 0; for b > 1 all second derivatives exist",
      },
    ),
  ),
  binary(
    "Pow",
    "Pow at (2, 0)",
    1,
    {},
    {
      second: new Map([[1, 0.5]]),
      why: "∂²aᵇ/∂a∂b is 1/a at b = 0; PyTorch has it in one order of the two only",
    },
  ),
  composed("Pow", "Pow of base 0", [2], (g, x) => g.op("Pow", [g.scalar(0), x]), {
    first: "refused",
    why: dropsAtZero,
  }),
];

const arithmetic: SingularCase[] = [
  ...["Div by 0", "Div of 0"].map((name) => binary("Div", name, 1)),
  composed("Mod", "Mod", [3], (g, x) => g.op("Mod", [x, g.scalar(2)], { fmod: int(1) })),
  binary("Mod", "Mod of both", 2, { fmod: int(1) }),
  ...["Mul", "Max", "Min"].map((op) => binary(op, op, 2)),
  composed("Where", "Where", [3], (g, x) => {
    const isPositive = g.op("Greater", [x, g.scalar(0)]);
    return g.op("Where", [isPositive, squared(g, x), g.op("Mul", [x, squared(g, x)])]);
  }),
];

const reductions: SingularCase[] = [
  ...["ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare", "ReduceMax", "ReduceMin"].map((op) =>
    reduction(op, op, 3),
  ),
  reduction("ReduceLogSum", "ReduceLogSum", 2),
  reduction("ReduceProd", "ReduceProd, one zero", 4),
  reduction("ReduceProd", "ReduceProd, two zeros", 5),
  reduction("ReduceProd", "ReduceProd, three zeros", 3),
  composed("ReduceL2", "ReduceL2 of a ReLU", [2], (g, x) =>
    g.op("ReduceL2", [g.op("Relu", [x])], { keepdims: int(0) }),
  ),
  ...["Softmax", "LogSoftmax"].map((op) => unary(op, 3)),
  composed("TopK", "TopK", [3], (g, x) => g.ops("TopK", [x, g.int64([2])], {}, 2)[0]!),
  composed("CumSum", "CumSum", [3], (g, x) => g.op("CumSum", [x, g.int64([0], [])])),
];

const infiniteCurvature =
  "the slope of a norm jumps at zero; PyTorch's second derivative there is that of the zeros it puts in";

const windows: SingularCase[] = [
  composed("MaxPool", "MaxPool", [1, 1, 5], (g, x) =>
    g.op("MaxPool", [x], { kernel_shape: ints([3]), strides: ints([2]) }),
  ),
  composed("GlobalMaxPool", "GlobalMaxPool", [1, 1, 3], (g, x) => g.op("GlobalMaxPool", [x]), {
    first: [0.5, 0.5, 0],
    why: "the maximum of all is shared, as ReduceMax shares it; PyTorch takes the first",
  }),
  ...[1, 2, 3].map((p) =>
    composed(
      "LpPool",
      `LpPool ${p}`,
      [1, 1, 4],
      (g, x) => g.op("LpPool", [x], { kernel_shape: ints([2]), strides: ints([2]), p: int(p) }),
      p === 1 ? undefined : { second: "refused", why: infiniteCurvature },
    ),
  ),
  composed("GlobalLpPool", "GlobalLpPool 3", [1, 1, 3], (g, x) => g.op("GlobalLpPool", [x], { p: int(3) }), {
    second: "refused",
    why: infiniteCurvature,
  }),
];

const normalizations: SingularCase[] = [
  ...["LpNormalization", "LpNormalization, one zero"].map((name) =>
    composed("LpNormalization", name, [2], (g, x) => g.op("LpNormalization", [x])),
  ),
  composed("LpNormalization", "LpNormalization 1, one zero", [2], (g, x) =>
    g.op("LpNormalization", [x], { p: int(1) }),
  ),
  composed("InstanceNormalization", "InstanceNormalization", [1, 1, 3], (g, x) =>
    g.op("InstanceNormalization", [x, g.float([1]), g.float([0])], { epsilon: float(1e-2) }),
  ),
  composed("LayerNormalization", "LayerNormalization", [3], (g, x) =>
    g.op("LayerNormalization", [x, g.float([1, 1, 1])], { epsilon: float(1e-2) }),
  ),
  composed(
    "RMSNormalization",
    "RMSNormalization",
    [3],
    (g, x) => g.op("RMSNormalization", [x, g.float([1, 1, 1])], { epsilon: float(1e-2) }),
    undefined,
    23,
  ),
  composed("LRN", "LRN", [1, 3, 1], (g, x) => g.op("LRN", [x], { size: int(3) })),
];

function scattered(reduction: string, name: string): SingularCase {
  return {
    op: "ScatterElements",
    name,
    build: (g) => {
      const inputs = [g.variable([4]), g.int64([0, 0, 2, 2]), g.variable([4])];
      return g.op("ScatterElements", inputs, { reduction: string(reduction) });
    },
  };
}

function sampled(
  name: string,
  samples: number,
  mode: string,
  padding: string,
  otherwise?: Deviation,
): SingularCase {
  return {
    op: "GridSample",
    name,
    opset: 20,
    build: (g) =>
      g.op("GridSample", [g.variable([1, 1, 3, 3]), g.variable([1, 1, samples, 2])], {
        mode: string(mode),
        padding_mode: string(padding),
        align_corners: int(1),
      }),
    ...(otherwise && { otherwise }),
  };
}

const firstPixel =
  "on a pixel the slope is that towards the next one, on those at the border, too, where PyTorch holds samples fast";

/** Elements of a symmetric matrix [n, n] by row and column, for both of their places. */
function symmetric(n: number, elements: readonly (readonly [number, number, number])[]): Map<number, number> {
  return new Map(
    elements.flatMap(([i, j, value]) => [
      [i * n + j, value],
      [j * n + i, value],
    ]),
  );
}

const positions: SingularCase[] = [
  scattered("max", "ScatterElements max"),
  scattered("min", "ScatterElements min"),
  scattered("mul", "ScatterElements mul, one zero"),
  scattered("mul", "ScatterElements mul, zero data"),
  sampled("GridSample", 3, "linear", "zeros"),
  sampled("GridSample, border", 3, "linear", "border", {
    first: new Map([
      [26, -1.5],
      [27, -0.25],
    ]),
    second: symmetric(15, [
      [0, 11, -2],
      [0, 12, -2],
      [1, 11, 2],
      [3, 12, 2],
      [11, 12, 8.5],
    ]),
    why: firstPixel,
  }),
  sampled("GridSample, reflection", 2, "linear", "reflection", {
    first: new Map([
      [24, -1.5],
      [25, -3.5],
    ]),
    second: symmetric(13, [
      [8, 11, -2],
      [8, 12, -2],
      [7, 11, 2],
      [5, 12, 2],
      [11, 12, 13],
    ]),
    why: firstPixel,
  }),
  sampled("GridSample, cubic", 2, "cubic", "zeros"),
  {
    op: "Attention",
    name: "Attention",
    opset: 23,
    build: (g) =>
      g.op(
        "Attention",
        [0, 1, 2].map(() => g.variable([1, 1, 2, 2])),
      ),
  },
];

const normLike =
  "the root of a sum of squares is a norm, whose slope at zero is taken to be 0, as that of ReduceL2";
const masked = "PyTorch multiplies the zero that Where leaves by the infinite slope of what it discards";

const compositions: SingularCase[] = [
  composed("Sqrt", "sqrt x, squared", [2], (g, x) => squared(g, g.op("Sqrt", [x])), {
    first: [1, 0, 0, 1],
    second: [0, 0, 0, 0],
    why: "√x·√x is x; PyTorch multiplies zero by infinity",
  }),
  composed("Sqrt", "sqrt of x squared", [2], (g, x) => g.op("Sqrt", [squared(g, x)]), {
    first: [0, 0, 0, 1],
    second: "refused",
    why: normLike,
  }),
  composed("Sqrt", "sqrt of the fourth power", [2], (g, x) => g.op("Sqrt", [g.op("Pow", [x, g.scalar(4)])]), {
    first: [0, 0, 0, 4],
    second: "refused",
    why: "the root of the fourth power vanishes with its slope; its second derivative is not followed",
  }),
  composed(
    "Sqrt",
    "sqrt of the sum of squares",
    [2],
    (g, x) => g.op("Sqrt", [g.op("ReduceSum", [squared(g, x)], { keepdims: int(0) })]),
    { first: [0, 0], second: "refused", why: normLike },
  ),
  composed("Sqrt", "sqrt of a ReLU", [2], (g, x) => g.op("Sqrt", [g.op("Relu", [x])])),
  composed("Sqrt", "sqrt of a clipped value", [3], (g, x) => g.op("Sqrt", [clipped(g, x, 0)])),
  composed(
    "ReduceL2",
    "exp of the squared norm",
    [3],
    (g, x) => {
      const norm = g.op("ReduceL2", [x], { keepdims: int(0) });
      return g.op("Exp", [g.op("Neg", [squared(g, norm)])]);
    },
    {
      second: [-2, 0, 0, 0, -2, 0, 0, 0, -2],
      why: "‖x‖² is Σx²; PyTorch multiplies zero by the infinite curvature of the norm",
    },
  ),
  wherePositive("Log", "Where of log", (g, x) => g.op("Log", [x]), {
    first: [0, 0, 0, 0.5],
    second: [0, 0, 0, -0.5],
    why: masked,
  }),
  wherePositive("Log", "Where of x log x", (g, x) => g.op("Mul", [x, g.op("Log", [x])]), {
    first: [0, 0, 0, 1 + Math.log(2)],
    second: [0, 0, 0, 1],
    why: masked,
  }),
  wherePositive("Reciprocal", "Where of 1/x", (g, x) => g.op("Reciprocal", [x]), {
    first: [0, 0, 0, -0.25],
    second: [0, 0, 0, 0.5],
    why: masked,
  }),
  wherePositive("Sqrt", "Where of sqrt", (g, x) => g.op("Sqrt", [x]), {
    first: [0, 0, 0, 0.25],
    second: [0, 0, 0, -0.0625],
    why: masked,
  }),
  composed(
    "Div",
    "Where that looks for NaN",
    [2],
    (g, x) => {
      const ratio = g.op("Div", [g.op("Sin", [x]), x]);
      return g.op("Where", [g.op("IsNaN", [ratio]), g.scalar(1), ratio]);
    },
    {
      first: [0, 0, 0, (2 * Math.cos(2) - Math.sin(2)) / 4],
      second: [0, 0, 0, -Math.sin(2) - 2 * ((2 * Math.cos(2) - Math.sin(2)) / 4)],
      why: masked,
    },
  ),
];

export const singularCases: readonly SingularCase[] = [
  ...elementwise,
  ...powers,
  ...arithmetic,
  ...reductions,
  ...windows,
  ...normalizations,
  ...positions,
  ...compositions,
];
