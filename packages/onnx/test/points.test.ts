// What a map says to points and tangents that it cannot take, and to values that it cannot return.

import { describe, expect, test } from "vitest";
import { DataType, OnnxMap } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { makeModel, runtime } from "./helpers.ts";

describe("points", () => {
  const exponential = makeModel({
    nodes: [makeNode("Exp", ["z"], ["y"])],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
  });
  const withMap = async (use: (map: OnnxMap) => Promise<void>): Promise<void> => {
    const map = await OnnxMap.create(exponential, runtime);
    await use(map).finally(() => map.dispose());
  };
  const good = Float32Array.of(0, 1, 2, 3);

  test("of the wrong size", () =>
    withMap(async (map) => {
      const short = good.slice(1);
      await expect(map.evaluate(short, 1)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
      await expect(map.jvp(short, good, 1)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
      await expect(map.jvp(good, good, 2)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
      await expect(map.vjp(good, short, 1)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    }));

  test("that are not finite", () =>
    withMap(async (map) => {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const bad = Float32Array.of(0, value, 0, 0);
        await expect(map.evaluate(bad, 1)).rejects.toMatchObject({ code: "NOT_FINITE" });
        await expect(map.jvp(bad, good, 1)).rejects.toMatchObject({ code: "NOT_FINITE" });
        await expect(map.jvp(good, bad, 1)).rejects.toMatchObject({ code: "NOT_FINITE" });
      }
    }));

  test("at which the network overflows", () =>
    withMap(async (map) => {
      const large = Float32Array.of(0, 0, 500, 0);
      await expect(map.evaluate(large, 1)).rejects.toMatchObject({ code: "NUMERICAL_FAILURE" });
      await expect(map.jvp(large, good, 1)).rejects.toThrow(/element 2.*overflows/);
    }));

  test("none at all", () =>
    withMap(async (map) => {
      expect(await map.evaluate(new Float32Array(0), 0)).toHaveLength(0);
      expect(await map.jvp(good, new Float32Array(0), 0)).toHaveLength(0);
    }));

  test("the transposed product agrees with the product", () =>
    withMap(async (map) => {
      const [t, u] = [Float32Array.of(1, -2, 0.5, 3), Float32Array.of(0.25, 1, -1, 2)];
      const [forward, backward] = [await map.jvp(good, t, 1), await map.vjp(good, u, 1)];
      const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
      expect(dot(forward, u)).toBeCloseTo(dot(t, backward), 4);
    }));
});
