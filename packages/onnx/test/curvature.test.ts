// Curvature of a network against PyTorch in float64 (tools/reference/core/curvature.py), and of large ones within a
// memory budget.

import { readFileSync } from "node:fs";
import { type Curvature, curvatureAt } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { DataType, OnnxMap } from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { float64Tensor, int64Tensor } from "../src/model/tensor.ts";
import { makeModel, runtime } from "./helpers.ts";

const golden = JSON.parse(readFileSync(new URL("fixtures/curvature.json", import.meta.url), "utf8"));
const { n, hidden, m, epsilon, weights } = golden;

/** z/√(mean z² + 0.1) → tanh(·A) = h → (sigmoid(h·B) ⊙ h)·C. */
const network = makeModel({
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
    float64Tensor("A", weights[0], [n, hidden]),
    float64Tensor("B", weights[1], [hidden, hidden]),
    float64Tensor("C", weights[2], [hidden, m]),
    float64Tensor("floor", [0.1], []),
    int64Tensor("axes", [1]),
  ],
  inputs: [{ name: "z", dataType: DataType.DOUBLE, shape: ["batch", n] }],
  outputs: [{ name: "y", dataType: DataType.DOUBLE, shape: ["batch", m] }],
});

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
    const map = await OnnxMap.create(network, runtime, { precision: "float64" });
    const leading = await curvatureAt(map, point, { k: 4, epsilon });
    expectGolden(leading, golden.leading, 1e-8);
    expect(leading).toMatchObject({ rank: golden.leading.rank, route: "matrix", isPiecewiseLinear: false });
    expectGolden(await curvatureAt(map, point, { directions, epsilon }), golden.given, 1e-8);
    await map.dispose();
  });
});
