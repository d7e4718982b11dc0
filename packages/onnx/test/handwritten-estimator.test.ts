// The straight-through estimator as networks write it themselves, x + (q − x): its derivative is that of q, which is 0.
// For who asks for the estimator it is that of x, in closed form.

import { describe, expect, test } from "vitest";
import { differentiability, handwrittenEstimators, OnnxMap, prepare } from "../src/index.ts";
import { int } from "../src/model/attributes.ts";
import { assemble, type Build } from "./derivative.ts";
import { forwardJacobian, type GraphBuilder, relativeError, runtime } from "./helpers.ts";

const count = 3;
const factors = [3, -2, 0.5];

type Rounding = (g: GraphBuilder, x: string) => string;

const rounded: Rounding = (g, x) => g.op("Round", [x]);

/** The nearest of four vectors, by a look-up. */
const nearest: Rounding = (g, x) => {
  const book = g.float([1, 0, 0, 0, 1, 0, 0, 0, 1, -1, -1, -1], [4, count]);
  const differences = g.op("Sub", [g.op("Unsqueeze", [x, g.int64([1])]), book]);
  const distances = g.op("ReduceSumSquare", [differences, g.int64([2])], { keepdims: int(0) });
  return g.op("Gather", [book, g.op("ArgMin", [distances], { axis: int(1), keepdims: int(0) })]);
};

/** The same by a product with its one-hot code. */
const nearestByProduct: Rounding = (g, x) =>
  g.op("MatMul", [
    g.op("Hardmax", [g.op("MatMul", [x, g.float([1, 0, 0, 0, 1, 0, 0, 0, 1], [count, count])])]),
    g.float([2, 1, 0, 1, -1, 3, 0, 0, 1], [count, count]),
  ]);

const forms: Readonly<Record<string, (g: GraphBuilder, x: string, q: string) => string>> = {
  "x + (q − x)": (g, x, q) => g.op("Add", [x, g.op("Sub", [q, x])]),
  "(q − x) + x": (g, x, q) => g.op("Add", [g.op("Sub", [q, x]), x]),
  "x − (x − q)": (g, x, q) => g.op("Sub", [x, g.op("Sub", [x, q])]),
  "(q + x) − x": (g, x, q) => g.op("Sub", [g.op("Add", [q, x]), x]),
  "(x + q) − x": (g, x, q) => g.op("Sub", [g.op("Add", [x, q]), x]),
  "x + (q − x), x repeated by Identity": (g, x, q) =>
    g.op("Add", [x, g.op("Sub", [q, g.op("Identity", [x])])]),
};

/** factors·q(tanh z), as an estimator of a form. */
const quantised =
  (round: Rounding, form: (typeof forms)[string]): Build =>
  (g) => {
    const x = g.op("Tanh", [g.variable([1, count])]);
    return g.op("Mul", [form(g, x, round(g, x)), g.float(factors, [1, count])]);
  };

async function jacobians(build: Build, straightThrough: boolean) {
  const { model, point } = assemble(build, "float32", {});
  const z = Float32Array.from(point);
  const map = await OnnxMap.create(model, runtime, { straightThrough });
  const forward = await forwardJacobian(map, z);
  const rows = await map.vjp(z, Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]), count);
  await map.dispose();
  const graph = await prepare(model, runtime, { straightThrough });
  return { forward, rows, point, reports: differentiability(graph), found: handwrittenEstimators(graph) };
}

const cases = [
  ...Object.entries(forms).map(([name, form]) => [name, rounded, form] as const),
  ["a look-up", nearest, forms["x + (q − x)"]!] as const,
  ["a product with a one-hot code", nearestByProduct, forms["x + (q − x)"]!] as const,
];

describe.each(cases)("%s", (_name, round, form) => {
  test("has derivative 0, and is named", async () => {
    const { forward, rows, reports, found } = await jacobians(quantised(round, form), false);
    expect(Math.max(...forward.map(Math.abs), ...rows.map(Math.abs))).toBe(0);
    expect(found).toHaveLength(1);
    const named = reports.filter(({ node }) => node === found[0]);
    expect(named).toMatchObject([{ derivative: "zero", reason: expect.stringMatching(/straight-through/) }]);
  });

  test("passes the derivative of x to who asks for it", async () => {
    const { forward, rows, point, reports, found } = await jacobians(quantised(round, form), true);
    const expected = factors.flatMap((factor, i) =>
      factors.map((_, j) => (i === j ? factor * (1 - Math.tanh(point[j]!) ** 2) : 0)),
    );
    expect(relativeError(forward, expected)).toBeLessThan(1e-6);
    expect(relativeError(rows, expected)).toBeLessThan(1e-6);
    expect(reports.filter(({ derivative }) => derivative === "straight").map(({ node }) => node)).toEqual(
      found,
    );
  });
});

test.each<[string, (g: GraphBuilder, x: string) => string]>([
  ["x + (q − x) with q that varies smoothly", (g, x) => g.op("Add", [x, g.op("Sub", [g.op("Exp", [x]), x])])],
  ["x + (c − x) with a constant c", (g, x) => g.op("Add", [x, g.op("Sub", [g.float([1, 2, 3], [1, 3]), x])])],
  ["x + (q − y)", (g, x) => g.op("Add", [x, g.op("Sub", [rounded(g, x), g.op("Exp", [x])])])],
  ["x + (x − q)", (g, x) => g.op("Add", [x, g.op("Sub", [x, rounded(g, x)])])],
  ["x − (q − x)", (g, x) => g.op("Sub", [x, g.op("Sub", [rounded(g, x), x])])],
])("is not seen in %s", async (_name, write) => {
  const build: Build = (g) => g.op("Mul", [write(g, g.op("Tanh", [g.variable([1, count])])), g.scalar(2)]);
  const [exact, asked] = [await jacobians(build, false), await jacobians(build, true)];
  expect(asked.found).toEqual([]);
  expect(asked.forward).toEqual(exact.forward);
});
