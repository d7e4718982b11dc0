// Points where a rule would divide zero by zero, and files that leave something unsaid.

import { describe, expect, test } from "vitest";
import { DataType, type Model, OnnxMap } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { forwardJacobian, makeModel, runtime } from "./helpers.ts";

const vector = (name: string, n: number, dataType: number = DataType.FLOAT) => ({
  name,
  dataType,
  shape: [1, n],
});

/** The Jacobian by forward and by reverse mode, both row-major. */
async function bothWays(map: OnnxMap, point: readonly number[]): Promise<[number[], number[]]> {
  const [at, m] = [Float32Array.from(point), map.to.dim];
  const identity = Float32Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0));
  return [Array.from(await forwardJacobian(map, at)), Array.from(await map.vjp(at, identity, m))];
}

async function expectJacobian(model: Model, point: number[], expected: number[]): Promise<void> {
  const map = await OnnxMap.create(model, runtime);
  for (const found of await bothWays(map, point)) {
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  }
  await map.dispose();
}

describe("far out", () => {
  test.each<[string, number[], (x: number) => number]>([
    ["Asinh", [1e20, -3e30, 2e18, 0.5], (x) => 1 / Math.hypot(x, 1)],
    ["Acosh", [1e20, 3e30, 2e18, 1.001], (x) => 1 / (Math.sqrt(x - 1) * Math.sqrt(x + 1))],
    ["Softsign", [1e4, -3e5, 1e12, 0.5], (x) => 1 / (1 + Math.abs(x)) ** 2],
  ])("the slope of %s keeps its digits", async (opType, point, slope) => {
    const model = makeModel({
      nodes: [makeNode(opType, ["z"], ["y"])],
      inputs: [vector("z", 4)],
      outputs: [vector("y", 4)],
    });
    const map = await OnnxMap.create(model, runtime);
    const at = Array.from(point, Math.fround);
    for (const found of await bothWays(map, at)) {
      for (const [i, x] of at.entries()) expect(found[5 * i]! / slope(x)).toBeCloseTo(1, 5);
    }
    await map.dispose();
  });
});

describe("zero over zero", () => {
  test("0ᵇ does not change with b", async () => {
    const model = makeModel({
      nodes: [makeNode("Pow", ["base", "z"], ["y"])],
      initializers: [float32Tensor("base", [0, 2], [1, 2])],
      inputs: [vector("z", 2)],
      outputs: [vector("y", 2)],
    });
    await expectJacobian(model, [3, 3], [0, 0, 0, 8 * Math.LN2]);
  });

  test("the length of features that a ReLU has put out, as LPIPS normalises them", async () => {
    const model = makeModel({
      nodes: [
        makeNode("Relu", ["z"], ["x"]),
        makeNode("Mul", ["x", "x"], ["squares"]),
        makeNode("ReduceSum", ["squares", "axes"], ["sum"]),
        makeNode("Sqrt", ["sum"], ["length"]),
        makeNode("Add", ["length", "epsilon"], ["divisor"]),
        makeNode("Div", ["x", "divisor"], ["y"]),
      ],
      initializers: [int64Tensor("axes", [1]), float32Tensor("epsilon", [1e-10], [])],
      inputs: [vector("z", 2)],
      outputs: [vector("y", 2)],
    });
    await expectJacobian(model, [-1, -2], [0, 0, 0, 0]);
    // At (3, 4): (1 − x xᵀ/25)/5.
    await expectJacobian(model, [3, 4], [0.128, -0.096, -0.096, 0.072]);
  });

  test("LpNormalization of zeros is zero; its slope there is infinite, unless a ReLU holds them", async () => {
    const normalised = (input: string) => makeNode("LpNormalization", [input], ["y"]);
    const model = (nodes: Parameters<typeof makeModel>[0]["nodes"]): Model =>
      makeModel({ nodes, inputs: [vector("z", 2)], outputs: [vector("y", 2)] });
    const map = await OnnxMap.create(model([normalised("z")]), runtime);
    const zeros = new Float32Array(2);
    expect([...(await map.evaluate(zeros, 1))]).toEqual([0, 0]);
    const refusal = { code: "NUMERICAL_FAILURE", message: expect.stringContaining('node "y/Sqrt"') };
    await expect(map.jvp(zeros, Float32Array.of(1, 0), 1)).rejects.toMatchObject(refusal);
    await expect(map.vjp(zeros, Float32Array.of(1, 0), 1)).rejects.toMatchObject(refusal);
    await map.dispose();
    await expectJacobian(model([makeNode("Relu", ["z"], ["x"]), normalised("x")]), [-1, -2], [0, 0, 0, 0]);
  });
});

test("values in half precision for inputs that the file has in half precision", async () => {
  const model = makeModel({
    nodes: [makeNode("Mul", ["z", "gain"], ["y"])],
    inputs: [vector("z", 2, DataType.FLOAT16), vector("gain", 2, DataType.FLOAT16)],
    outputs: [vector("y", 2, DataType.FLOAT16)],
  });
  const gain = { type: "float16", dims: [1, 2], data: Uint16Array.of(0x3c00, 0xc000) } as const;
  for (const precision of ["float32", "float64"] as const) {
    const map = await OnnxMap.create(model, runtime, {
      inputs: { gain },
      ...({ precision } as { precision: "float64" }),
    });
    expect([...(await map.jvp(Float64Array.of(5, 5), Float64Array.of(1, 1), 1))]).toEqual([1, -2]);
    await map.dispose();
  }
});

test("the type of a chain of CastLike is that of its end", async () => {
  const model = makeModel({
    nodes: [
      makeNode("CastLike", ["count", "z"], ["first"]),
      makeNode("CastLike", ["other", "first"], ["second"]),
      makeNode("Mul", ["z", "second"], ["y"]),
    ],
    initializers: [int64Tensor("count", [3]), int64Tensor("other", [2])],
    inputs: [vector("z", 1)],
    outputs: [vector("y", 1)],
  });
  await expectJacobian(model, [1], [2]);
});

test("a model without standard operators names the operator, not the operator set", async () => {
  const model = makeModel({
    nodes: [{ ...makeNode("Binarizer", ["z"], ["y"]), domain: "ai.onnx.ml" }],
    inputs: [vector("z", 1)],
    outputs: [vector("y", 1)],
  });
  const foreign = { ...model, opsets: new Map([["ai.onnx.ml", 1]]) };
  await expect(OnnxMap.create(foreign, runtime)).rejects.toThrow(/ai\.onnx\.ml::Binarizer/);
});
