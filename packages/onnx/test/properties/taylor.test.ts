// The remainder of Taylor's formula of first order has slope 2.

import { describe, expect, test } from "vitest";
import { OnnxMap } from "../../src/index.ts";
import { assemble, type Build } from "../derivative.ts";
import { irregular, randomStream, relativeError, runtime } from "../helpers.ts";

describe("Taylor: f(x + ht) − f(x) − h·Jt shrinks with h²", () => {
  const smooth: readonly (readonly [string, Build])[] = [
    ["Tanh", (g) => g.op("Tanh", [g.variable([6])])],
    ["Erf", (g) => g.op("Erf", [g.variable([6])])],
    ["Softplus", (g) => g.op("Softplus", [g.variable([6])])],
    ["Gelu", (g) => g.op("Gelu", [g.variable([6])])],
    [
      "InstanceNormalization",
      (g) => g.op("InstanceNormalization", [g.variable([1, 2, 6]), g.constant([2]), g.constant([2])]),
    ],
    ["Softmax", (g) => g.op("Softmax", [g.variable([1, 6])])],
    ["ReduceL2", (g) => g.op("ReduceL2", [g.variable([2, 3]), g.int64([1])])],
    ["Mul", (g) => g.op("Mul", [g.variable([2, 3]), g.variable([3])])],
    ["Pow", (g) => g.op("Pow", [g.variable([3], { positive: true }), g.variable([2, 3])])],
  ];

  test.each(smooth)("%s", async (_op, build) => {
    const { model, point } = assemble(build, "float32", { opset: 20, seed: 5 });
    const map = await OnnxMap.create(model, runtime);
    const x = Float32Array.from(point);
    const t = Float32Array.from(irregular(randomStream(2), x.length));
    const [value, derivative] = [await map.evaluate(x, 1), await map.jvp(x, t, 1)];
    const remainder = async (h: number): Promise<number> => {
      const moved = await map.evaluate(
        x.map((xi, i) => xi + h * t[i]!),
        1,
      );
      return (
        relativeError(
          moved.map((y, i) => y - value[i]!),
          derivative.map((d) => h * d),
          1e-6,
        ) * h
      );
    };
    // Steps far above float32 rounding: the slope between them is 2, but for third-order terms.
    const slope = Math.log2((await remainder(2 ** -5)) / (await remainder(2 ** -6)));
    expect(slope).toBeGreaterThan(1.8);
    expect(slope).toBeLessThan(2.2);
    await map.dispose();
  });
});
