// Unary operators. Values keep clear of 0, where ReLU-like functions have their kink.

import type { Attribute } from "../../src/index.ts";
import { DataType } from "../../src/index.ts";
import { float, int, string } from "../../src/model/attributes.ts";
import type { Build, DerivativeCheck } from "../derivative.ts";
import type { Range } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

const unary =
  (op: string, attributes: Record<string, Attribute> = {}, range: Range = {}): Build =>
  (g) =>
    g.op(op, [g.variable([2, 3], range)], attributes);

export const each =
  (f: (x: number) => number) =>
  (point: Float64Array): Float64Array =>
    point.map(f);

/** ∫ exp(−t²), by its power series: enough for arguments of order one. */
export function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const positive: Range = { low: 0.3, high: 2, positive: true };
const elu = (alpha: number, gamma = 1) => each((x) => gamma * (x > 0 ? x : alpha * (Math.exp(x) - 1)));
export const hardSigmoid = (x: number, alpha: number, beta: number): number =>
  Math.min(1, Math.max(0, alpha * x + beta));
const byReference = (f: (x: number) => number): DerivativeCheck => ({ reference: each(f) });

export const elementwise: OperatorCase[] = [
  ...["Identity", "Neg", "Abs", "Exp", "Reciprocal", "Sin", "Cos", "Tanh", "Sigmoid", "Relu"].map((op) =>
    operatorCase(op, "both signs", unary(op)),
  ),
  operatorCase("Log", "positive", unary("Log", {}, positive)),
  operatorCase("Sqrt", "positive", unary("Sqrt", {}, positive)),
  operatorCase(
    "Softplus",
    "both signs",
    unary("Softplus"),
    byReference((x) => Math.log1p(Math.exp(x))),
  ),
  operatorCase(
    "Softplus",
    "large",
    unary("Softplus", {}, { low: 20, high: 40 }),
    byReference((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  ),
  operatorCase(
    "Softsign",
    "both signs",
    unary("Softsign"),
    byReference((x) => x / (1 + Math.abs(x))),
  ),
  operatorCase("Erf", "both signs", unary("Erf"), byReference(erf)),
  operatorCase("LeakyRelu", "default slope 0.01", unary("LeakyRelu")),
  operatorCase("LeakyRelu", "slope 0.2", unary("LeakyRelu", { alpha: float(0.2) })),
  operatorCase("LeakyRelu", "negative slope", unary("LeakyRelu", { alpha: float(-0.5) })),
  operatorCase("Elu", "default", unary("Elu"), { reference: elu(1) }),
  operatorCase("Elu", "alpha 0.7", unary("Elu", { alpha: float(0.7) }), { reference: elu(Math.fround(0.7)) }),
  operatorCase("Selu", "default", unary("Selu"), { reference: elu(1.6732631921768188, 1.0507010221481323) }),
  operatorCase("Selu", "alpha and gamma", unary("Selu", { alpha: float(1.5), gamma: float(0.75) }), {
    reference: elu(1.5, 0.75),
  }),
  operatorCase(
    "HardSigmoid",
    "default, some saturated",
    unary("HardSigmoid", {}, { high: 4 }),
    byReference((x) => hardSigmoid(x, 0.2, 0.5)),
  ),
  operatorCase(
    "HardSigmoid",
    "alpha and beta",
    unary("HardSigmoid", { alpha: float(0.5), beta: float(0.25) }),
    byReference((x) => hardSigmoid(x, 0.5, 0.25)),
  ),
  operatorCase(
    "HardSwish",
    "some saturated",
    unary("HardSwish", {}, { high: 5 }),
    byReference((x) => x * hardSigmoid(x, 1 / 6, 0.5)),
  ),
  operatorCase("Gelu", "exact form", unary("Gelu"), {
    opset: 20,
    ...byReference((x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  }),
  operatorCase("Gelu", "approximate = none written out", unary("Gelu", { approximate: string("none") }), {
    opset: 20,
    ...byReference((x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  }),
  ...(
    [
      ["Asin", Math.asin, { high: 0.9 }],
      ["Acos", Math.acos, { high: 0.9 }],
      ["Atanh", Math.atanh, { high: 0.9 }],
      ["Asinh", Math.asinh, {}],
      ["Acosh", Math.acosh, { low: 1.2, high: 3, positive: true }],
    ] as const
  ).map(([op, f, range]) => operatorCase(op, "inside its domain", unary(op, {}, range), byReference(f))),
  operatorCase(
    "Shrink",
    "default",
    unary("Shrink"),
    byReference((x) => (Math.abs(x) > 0.5 ? x : 0)),
  ),
  operatorCase(
    "Shrink",
    "lambd and bias",
    unary("Shrink", { lambd: float(0.75), bias: float(0.25) }),
    byReference((x) => (Math.abs(x) > 0.75 ? x - Math.sign(x) * 0.25 : 0)),
  ),
  ...[1, 1.5].map((alpha) =>
    operatorCase("Swish", `alpha ${alpha}`, unary("Swish", { alpha: float(alpha) }), {
      opset: 24,
      ...byReference((x) => x / (1 + Math.exp(-alpha * x))),
    }),
  ),
  operatorCase("Dropout", "inference, as a constant says", (g) =>
    g.op("Dropout", [g.variable([2, 3]), g.scalar(0.5), g.bool([false], [])]),
  ),
  operatorCase("Dropout", "inference, as follows from constants", (g) =>
    g.op("Dropout", [g.variable([2, 3]), g.scalar(0.5), g.op("Not", [g.bool([true], [])])]),
  ),
  operatorCase("Clip", "both bounds", (g) =>
    g.op("Clip", [g.variable([3, 4]), g.scalar(-0.7), g.scalar(0.9)]),
  ),
  operatorCase("Clip", "lower bound only", (g) => g.op("Clip", [g.variable([3, 4]), g.scalar(-0.7)])),
  operatorCase("Clip", "upper bound only", (g) => g.op("Clip", [g.variable([3, 4]), "", g.scalar(0.9)])),
  operatorCase("Clip", "no bound", (g) => g.op("Clip", [g.variable([3, 4])])),
  operatorCase("Cast", "to double and back", (g) => {
    const double = g.op("Cast", [g.variable([2, 3])], { to: int(DataType.DOUBLE) });
    const to = int(g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT);
    return g.op("Cast", [g.op("Tanh", [double])], { to });
  }),
  operatorCase(
    "Cast",
    "to float and back, inside an elementwise chain",
    (g) => {
      const narrow = g.op("Cast", [g.variable([2, 3])], { to: int(DataType.FLOAT) });
      const to = int(g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT);
      return g.op("Sigmoid", [g.op("Cast", [g.op("Neg", [narrow])], { to })]);
    },
    { reference: each((x) => 1 / (1 + Math.exp(x))) },
  ),
  ...[[], [5], [1, 2, 2], [1, 2, 1, 2], [1, 2, 1, 2, 2]].map((dims) =>
    operatorCase("Tanh", `rank ${dims.length}`, (g) => g.op("Tanh", [g.variable(dims)])),
  ),
];
