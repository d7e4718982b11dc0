// Piecewise constant operators over random shapes: what they compute from the point carries no derivative.

import fc from "fast-check";
import { int } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { axisOf, shape } from "./draws.ts";

interface Piecewise {
  readonly op: string;
  /** The operator, applied to `x` or to what `x` is compared to. */
  readonly apply: (g: GraphBuilder, x: string, axis: number) => string;
}

const comparison = (op: string): Piecewise => ({ op, apply: (g, x) => g.op(op, [x, g.scalar(0.4)]) });
const logic = (op: string): Piecewise => ({
  op,
  apply: (g, x) => g.op(op, [g.op("Greater", [x, g.scalar(-0.6)]), g.op("Less", [x, g.scalar(0.6)])]),
});
const plain = (op: string): Piecewise => ({ op, apply: (g, x) => g.op(op, [x]) });
const alongAxis = (op: string): Piecewise => ({
  op,
  apply: (g, x, axis) => g.op(op, [x], { axis: int(axis) }),
});

export const piecewise: Piecewise[] = [
  ...["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"].map(comparison),
  ...["And", "Or", "Xor"].map(logic),
  { op: "Not", apply: (g, x) => g.op("Not", [g.op("Less", [x, g.scalar(0)])]) },
  ...["IsNaN", "IsInf", "Sign", "Floor", "Ceil", "Round", "Shape", "Size"].map(plain),
  ...["ArgMax", "ArgMin", "Hardmax"].map(alongAxis),
];

export const placed: fc.Arbitrary<{ dims: number[]; axis: number; seed: number }> = shape().chain((dims) =>
  fc.record({ dims: fc.constant(dims), axis: axisOf(dims.length), seed: fc.nat(1e6) }),
);
