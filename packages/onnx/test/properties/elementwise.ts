// Unary operators over random shapes and attributes. Values keep clear of 0; parameters move the other kinks.

import fc from "fast-check";
import { type Attribute, DataType } from "../../src/index.ts";
import { float, int, string } from "../../src/model/attributes.ts";
import { each, erf, hardSigmoid } from "../cases/elementwise.ts";
import type { Range } from "../helpers.ts";
import { eighths, shape } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

type Parameters = Readonly<Record<string, number>>;

interface Unary {
  /** The function in float64, where the engine has it in single precision only. */
  readonly f?: (x: number, parameters: Parameters) => number;
  readonly range?: Range;
  /** Attributes that are numbers; each may be absent, and then has its default. */
  readonly numbers?: Readonly<Record<string, readonly [low: number, high: number, standard: number]>>;
  readonly opset?: number;
}

function unary(op: string, { f, range = {}, numbers = {}, opset = 18 }: Unary = {}): OperatorProperty {
  const parameters = fc.record(
    Object.fromEntries(Object.entries(numbers).map(([name, [low, high]]) => [name, eighths(low, high)])),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Parameters>;
  const standard = Object.fromEntries(Object.entries(numbers).map(([name, bounds]) => [name, bounds[2]]));
  return property(
    op,
    fc.record({ dims: shape(0), parameters }),
    (g, { dims, parameters: given }) => {
      const attributes = Object.entries(given).map(([name, x]): [string, Attribute] => [name, float(x)]);
      return g.op(op, [g.variable(dims, range)], Object.fromEntries(attributes));
    },
    ({ parameters: given }) =>
      f ? { opset, reference: each((x) => f(x, { ...standard, ...given })) } : { opset },
  );
}

const positive: Range = { low: 0.3, high: 2, positive: true };
const inside: Range = { high: 0.9 };
const softplus = (x: number): number => Math.log1p(Math.exp(x));
const elu = (x: number, alpha: number): number => (x > 0 ? x : alpha * Math.expm1(x));

const unaries: Readonly<Record<string, Unary>> = {
  Identity: {},
  Neg: {},
  Abs: {},
  Exp: {},
  Reciprocal: {},
  Sin: {},
  Cos: {},
  Tanh: {},
  Sigmoid: {},
  Relu: {},
  Log: { range: positive },
  Sqrt: { range: positive },
  LeakyRelu: { numbers: { alpha: [-1, 2, 0.01] } },
  Tan: { f: Math.tan, range: { high: 1.2 } },
  Sinh: { f: Math.sinh },
  Cosh: { f: Math.cosh },
  Asin: { f: Math.asin, range: inside },
  Acos: { f: Math.acos, range: inside },
  Atan: { f: Math.atan },
  Asinh: { f: Math.asinh },
  Acosh: { f: Math.acosh, range: { low: 1.2, high: 3, positive: true } },
  Atanh: { f: Math.atanh, range: inside },
  Erf: { f: erf },
  Softplus: { f: softplus },
  Softsign: { f: (x) => x / (1 + Math.abs(x)) },
  Mish: { f: (x) => x * Math.tanh(softplus(x)) },
  Elu: { f: (x, { alpha }) => elu(x, alpha!), numbers: { alpha: [0.125, 2, 1] } },
  Celu: {
    f: (x, { alpha }) => (x > 0 ? x : alpha! * Math.expm1(x / alpha!)),
    numbers: { alpha: [0.5, 2, 1] },
  },
  Selu: {
    f: (x, { alpha, gamma }) => gamma! * elu(x, alpha!),
    numbers: {
      alpha: [0.5, 2, 1.6732631921768188],
      gamma: [0.5, 2, 1.0507010221481323],
    },
  },
  HardSigmoid: {
    f: (x, { alpha, beta }) => hardSigmoid(x, alpha!, beta!),
    numbers: { alpha: [0.125, 1, Math.fround(0.2)], beta: [0, 1, 0.5] },
    range: { high: 3 },
  },
  HardSwish: { f: (x) => x * hardSigmoid(x, 1 / 6, 0.5), range: { high: 5 } },
  Shrink: {
    f: (x, { lambd, bias }) => (Math.abs(x) > lambd! ? x - Math.sign(x) * bias! : 0),
    numbers: { lambd: [0, 1, 0.5], bias: [-1, 1, 0] },
  },
  ThresholdedRelu: { f: (x, { alpha }) => (x > alpha! ? x : 0), numbers: { alpha: [0, 1, 1] } },
};

const gelus = {
  none: (x: number) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  tanh: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** A lower and an upper bound, each of which may be absent. */
const bounds = fc.tuple(
  fc.option(eighths(-1, -0.5), { nil: undefined }),
  fc.option(eighths(0.5, 1), { nil: undefined }),
);

export const elementwise: OperatorProperty[] = [
  ...Object.entries(unaries).map(([op, settings]) => unary(op, settings)),
  property(
    "Gelu",
    fc.record({ dims: shape(0), approximate: fc.constantFrom("none" as const, "tanh" as const) }),
    (g, { dims, approximate }) => g.op("Gelu", [g.variable(dims)], { approximate: string(approximate) }),
    ({ approximate }) => ({ opset: 20, reference: each(gelus[approximate]) }),
  ),
  property("Clip", fc.tuple(shape(0), bounds), (g, [dims, limits]) =>
    g.op("Clip", [g.variable(dims), ...limits.map((limit) => (limit === undefined ? "" : g.scalar(limit)))]),
  ),
  property("Dropout", fc.tuple(shape(0), eighths(0, 0.875)), (g, [dims, ratio]) =>
    g.op("Dropout", [g.variable(dims), g.scalar(ratio), g.bool([false], [])]),
  ),
  property("Cast", shape(0), (g, dims) => {
    const wide = g.op("Cast", [g.variable(dims)], { to: int(DataType.DOUBLE) });
    const to = int(g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT);
    return g.op("Cast", [g.op("Sin", [wide])], { to });
  }),
];
