// Curvature of a network against PyTorch in float64 (tools/reference/core/curvature.py), and of large ones within a
// memory budget.

import { readFileSync } from "node:fs";
import { type Curvature, curvatureAt } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { DataType, type Model, OnnxMap } from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, float64Tensor, int64Tensor } from "../src/model/tensor.ts";
import { engines } from "./engines.ts";
import { makeModel, type Precision, runtime } from "./helpers.ts";

const golden = JSON.parse(readFileSync(new URL("fixtures/curvature.json", import.meta.url), "utf8"));
const { n, hidden, m, epsilon, weights } = golden;

/** z/√(mean z² + 0.1) → tanh(·A) = h → (sigmoid(h·B) ⊙ h)·C. */
function network(precision: Precision): Model {
  const float = precision === "float64" ? float64Tensor : float32Tensor;
  const dataType = precision === "float64" ? DataType.DOUBLE : DataType.FLOAT;
  return makeModel({
    nodes: [
      makeNode("Mul", ["z", "z"], ["square"]),
      makeNode("ReduceMean", ["square", "axes"], ["mean"], { keepdims: int(1) }),
      makeNode("Add", ["mean", "floor"], ["sum"]),
      makeNode("Sqrt", ["sum"], ["length"]),
      makeNode("Div", ["z", "length"], ["code"]),
      makeNode("MatMul", ["code", "A"], ["a"]),
      makeNode("Tanh", ["a"], ["h"]),
      makeNode("MatMul", ["h", "B"], ["b"]),
      makeNode("Sigmoid", ["b"], ["gate"]),
      makeNode("Mul", ["gate", "h"], ["gated"]),
      makeNode("MatMul", ["gated", "C"], ["y"]),
    ],
    initializers: [
      float("A", weights[0], [n, hidden]),
      float("B", weights[1], [hidden, hidden]),
      float("C", weights[2], [hidden, m]),
      float("floor", [0.1], []),
      int64Tensor("axes", [1]),
    ],
    inputs: [{ name: "z", dataType, shape: ["batch", n] }],
    outputs: [{ name: "y", dataType, shape: ["batch", m] }],
  });
}

const point = Float64Array.from(golden.point);
const directions = matrix(n, 3, Float64Array.from(golden.directions));

/** All numbers of a result in one row, a number that is missing as null. */
const numbers = ({ directions, sectional, mean }: Curvature): (number | null)[] =>
  [
    ...directions.flatMap(({ speed, normal, geodesic, secant, turn }) => [
      speed,
      normal,
      geodesic,
      secant,
      turn,
    ]),
    ...sectional.flat(),
    mean,
  ].map((x) => x ?? null);

const expected = ({ speeds, normal, geodesic, secant, turn, sectional, mean }: typeof golden.given) => [
  ...speeds.flatMap((speed: number, i: number) => [speed, normal[i], geodesic[i], secant[i], turn[i]]),
  ...sectional.flat(),
  mean,
];

const expectGolden = (found: Curvature, reference: typeof golden.given, tolerance: number) => {
  const wanted = expected(reference);
  numbers(found).forEach((x, i) => {
    if (wanted[i] === null) expect(x).toBeNull();
    else expect(Math.abs(x! / wanted[i] - 1)).toBeLessThan(tolerance);
  });
};

describe("a smooth network against PyTorch", () => {
  test("in float64", async () => {
    const map = await OnnxMap.create(network("float64"), runtime, { precision: "float64" });
    const leading = await curvatureAt(map, point, { k: 4, epsilon });
    expectGolden(leading, golden.leading, 1e-8);
    expect(leading).toMatchObject({ rank: golden.leading.rank, route: "matrix", isPiecewiseLinear: false });
    expectGolden(await curvatureAt(map, point, { directions, epsilon }), golden.given, 1e-8);
    await map.dispose();
  });

  const backends = {
    cpu: { missing: undefined, open: async () => ({ runtime, close: async () => {} }) },
    ...engines,
  };

  const onEach = test.for(Object.entries(backends));
  onEach("in float32 on %s", { timeout: 180_000 }, async ([, { missing, open }], context) => {
    if (missing) context.skip(missing);
    const { runtime, close } = await open();
    try {
      const map = await OnnxMap.create(network("float32"), runtime);
      const single = Float32Array.from(point);
      expectGolden(await curvatureAt(map, single, { directions, epsilon }), golden.given, 2e-3);
      await map.dispose();
    } finally {
      await close();
    }
  });
});
