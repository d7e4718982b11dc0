// Operators whose operands broadcast, either or both of which depend on the point.

import fc from "fast-check";
import { int } from "../../src/model/attributes.ts";
import { product, type Range } from "../helpers.ts";
import { broadcastable, many, narrower, operands, shape } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

const binary = (op: string, ranges: readonly [Range, Range] = [{}, {}], fmod = false): OperatorProperty =>
  property(op, fc.tuple(broadcastable, operands), (g, [[a, b], [first, second]]) =>
    g.op(op, [g[first](a, ranges[0]), g[second](b, ranges[1])], fmod ? { fmod: int(1) } : {}),
  );

/** One to four operands, all of which broadcast to one shape; at least the first depends on the point. */
const variadic = (op: string): OperatorProperty =>
  property(
    op,
    shape(0).chain((dims) =>
      fc.array(fc.tuple(narrower(dims), fc.constantFrom("variable" as const, "constant" as const)), {
        minLength: 1,
        maxLength: 4,
      }),
    ),
    (g, parts) =>
      g.op(
        op,
        parts.map(([dims, kind], i) => (i === 0 ? g.variable(dims) : g[kind](dims))),
      ),
  );

export const arithmetic: OperatorProperty[] = [
  ...["Add", "Sub", "Mul", "Div", "Max", "Min"].map((op) => binary(op)),
  binary("Pow", [{ low: 0.4, high: 1.8, positive: true }, {}]),
  binary("Mod", [{ low: 2, high: 9 }, { low: 0.5 }], true),
  ...["Sum", "Max", "Min"].map(variadic),
  property(
    "Where",
    fc.tuple(broadcastable, operands).chain(([dims, kinds]) =>
      narrower(dims[0]).chain((at) =>
        fc.record({
          dims: fc.constant(dims),
          kinds: fc.constant(kinds),
          at: fc.constant(at),
          chosen: many(fc.boolean(), product(at)),
        }),
      ),
    ),
    (g, { dims: [a, b], kinds: [first, second], at, chosen }) =>
      g.op("Where", [g.bool(chosen, at), g[first](a), g[second](b)]),
  ),
  property(
    "PRelu",
    shape().chain((dims) => fc.tuple(fc.constant(dims), narrower(dims), operands)),
    (g, [dims, slope, [first, second]]) => g.op("PRelu", [g[first](dims), g[second](slope)]),
  ),
];
