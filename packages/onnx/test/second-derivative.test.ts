// Second derivatives along pairs of directions, forward over forward, against closed forms and against Hessian-vector
// products, which are forward over reverse.

import { describe, expect, test } from "vitest";
import { DataType, hvp, OnnxMap, prepare } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor, float64Tensor } from "../src/model/tensor.ts";
import { exported, runGraph } from "./graphs.ts";
import { irregular, makeModel, randomStream, relativeError, runtime } from "./helpers.ts";

const [n, hidden, m] = [5, 7, 4];
const random = randomStream(11);
const [first, second] = [irregular(random, n * hidden), irregular(random, hidden * m)];
const [x, u, t] = [irregular(random, n), irregular(random, n), irregular(random, 3 * n)].map((values) =>
  Float64Array.from(values),
) as [Float64Array, Float64Array, Float64Array];

/** y = φ(x·A)·B in float64. */
const layered = (activation: string) =>
  makeModel({
    nodes: [
      makeNode("MatMul", ["x", "A"], ["h"]),
      makeNode(activation, ["h"], ["t"]),
      makeNode("MatMul", ["t", "B"], ["y"]),
    ],
    initializers: [float64Tensor("A", first, [n, hidden]), float64Tensor("B", second, [hidden, m])],
    inputs: [{ name: "x", dataType: DataType.DOUBLE, shape: ["batch", n] }],
    outputs: [{ name: "y", dataType: DataType.DOUBLE, shape: ["batch", m] }],
  });

/** Σⱼ tanh″(hⱼ)·(Aᵀu)ⱼ·(Aᵀt)ⱼ·Bⱼ. */
function closedForm(tangent: Float64Array): number[] {
  const times = (v: Float64Array, j: number) => v.reduce((sum, v, i) => sum + v * first[i * hidden + j]!, 0);
  return Array.from({ length: m }, (_, k) =>
    Array.from({ length: hidden }, (_, j) => {
      const value = Math.tanh(times(x, j));
      return -2 * value * (1 - value * value) * times(u, j) * times(tangent, j) * second[j * m + k]!;
    }).reduce((sum, part) => sum + part, 0),
  );
}

describe("a network with a closed form, in float64", () => {
  test("several tangents at once, as one by one", async () => {
    const map = await OnnxMap.create(layered("Tanh"), runtime, { precision: "float64" });
    const together = await map.secondDerivative(x, u, t, 3);
    const expected = [0, 1, 2].flatMap((i) => closedForm(t.subarray(i * n, (i + 1) * n)));
    expect(relativeError(together, expected)).toBeLessThan(1e-14);
    expect(await map.isPiecewiseLinear()).toBe(false);
    expect((await map.secondDerivative(x, u, new Float64Array(), 0)).length).toBe(0);
    await map.dispose();
  });

  test("in runs of one tangent, within a small budget", async () => {
    const map = await OnnxMap.create(layered("Tanh"), runtime, { precision: "float64", memoryBudget: 2000 });
    const expected = [0, 1, 2].flatMap((i) => closedForm(t.subarray(i * n, (i + 1) * n)));
    expect(relativeError(await map.secondDerivative(x, u, t, 3), expected)).toBeLessThan(1e-14);
    await map.dispose();
  });

  test.each(["Relu", "LeakyRelu", "Identity", "Abs"])("%s: 0, and said to be so", async (activation) => {
    const map = await OnnxMap.create(layered(activation), runtime, { precision: "float64" });
    expect(await map.isPiecewiseLinear()).toBe(true);
    expect(await map.secondDerivative(x, u, t, 3)).toEqual(new Float64Array(3 * m));
    await map.dispose();
  });
});

test("arrays of another size are refused, and what has no second derivative", async () => {
  const map = await OnnxMap.create(
    makeModel({
      nodes: [makeNode("Pow", ["x", "p"], ["y"])],
      initializers: [float32Tensor("p", [1.5], [])],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["batch", 2] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["batch", 2] }],
    }),
    runtime,
  );
  const one = Float32Array.of(1, 1);
  await expect(map.secondDerivative(one, Float32Array.of(1), one, 1)).rejects.toMatchObject({
    code: "SHAPE_MISMATCH",
    message: expect.stringContaining("secondDerivative: direction"),
  });
  const found = await map.secondDerivative(Float32Array.of(4, 1), one, one, 1);
  expect([...found]).toEqual([0.375, 0.75]);
  await expect(map.secondDerivative(Float32Array.of(0, 1), one, one, 1)).rejects.toMatchObject({
    code: "NUMERICAL_FAILURE",
  });
  await map.dispose();
});

test.each([
  ...["vit", "attention", "mapping", "glow", "nerf", "encodec", "hifigan"],
  ...["flux_vae", "music_vae", "melody", "dcgan", "lpips_alex"],
])("%s: w·D²f(v, u) is u·(Hessian of w·f)·v", async (name) => {
  const { model } = await exported(name);
  const map = await OnnxMap.create(model, runtime);
  const random = randomStream(17);
  const vector = () => Float32Array.from(irregular(random, map.from.dim));
  const [point, v, u] = [vector(), vector(), vector()];
  const forward = await map.secondDerivative(point, v, u, 1);
  const swapped = await map.secondDerivative(point, u, v, 1);
  const isLinear = await map.isPiecewiseLinear();
  const { dim } = map.to;
  await map.dispose();
  if (isLinear) {
    await expect(hvp(await prepare(model, runtime), runtime)).rejects.toMatchObject({
      code: "INVALID_SPACE",
    });
    return;
  }
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
  const size = Math.sqrt(dot(forward, forward));
  expect(size).toBeGreaterThan(0);
  expect(relativeError(swapped, forward)).toBeLessThan(1e-4);
  const backward = await hvp(await prepare(model, runtime), runtime);
  const w = Array.from({ length: dim }, (_, i) => Math.cos(3 * i));
  const { [backward.product]: product } = await runGraph(backward.model, {
    [backward.input]: point,
    [backward.cotangent]: w,
    [backward.inputTangent]: v,
  });
  // Errors of products are relative to the sizes of the vectors, not to that of w·D²f(v, u).
  const scale = size * Math.sqrt(dot(w, w)) + Math.sqrt(dot(product!, product!) * dot(u, u));
  expect(Math.abs(dot(w, forward) - dot(product!, u)) / scale).toBeLessThan(1e-5);
});
