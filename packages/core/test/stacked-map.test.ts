// Several maps as one: the mean of their metrics, by every way that a derivative is taken.

import { gram, normal } from "@vielbein/linalg";
import { expect, it } from "vitest";
import {
  type DifferentiableMap,
  functionMap,
  jacobian,
  metricSpectrum,
  stackedSpace,
  stackMaps,
} from "../src/index.ts";

const [n, m] = [3, 5];
const affine = (seed: number, to = m): DifferentiableMap => {
  const weights = normal(seed, 0, to * n);
  const times = (z: Float64Array) =>
    Array.from({ length: to }, (_, i) => z.reduce((sum, x, j) => sum + weights[i * n + j]! * x, 0));
  const map = functionMap({
    from: { name: "z", dim: n, shape: [n] },
    to: { name: "y", dim: to, shape: [to] },
    evaluate: times,
    jvp: (_, tangent) => times(tangent),
  });
  return {
    ...map,
    linearize: async (point) => ({
      jvp: (tangents, count) => map.jvp(point, tangents, count),
      vjp: (cotangents, count) => map.vjp(point, cotangents, count),
      isLinearized: true,
    }),
  };
};
const maps = [1, 2, 3].map((seed) => affine(seed));
const stack = stackMaps(maps);
const point = Float32Array.of(0.5, -1, 2);

it("values stand one after another, over √n", async () => {
  const points = Float32Array.from(normal(4, 0, 2 * n));
  const values = await stack.evaluate(points, 2);
  const parts = await Promise.all(maps.map((map) => map.evaluate(points, 2)));
  for (const row of [0, 1]) {
    for (const [i, part] of parts.entries()) {
      for (let k = 0; k < m; k++) {
        expect(values[(row * 3 + i) * m + k]).toBeCloseTo(part[row * m + k]! / Math.sqrt(3), 6);
      }
    }
  }
  expect(stack.to).toEqual({ name: "y", dim: 3 * m, shape: [3, m] });
  expect(stackedSpace(maps[0]!.to, 3)).toEqual(stack.to);
});

it("the metric is the mean of the metrics, by columns, products and linearised products", async () => {
  const mean = new Float64Array(n * n);
  for (const map of maps) {
    const { data } = gram(await jacobian(map, point));
    for (const [i, x] of data.entries()) mean[i]! += x / 3;
  }
  const { data } = gram(await jacobian(stack, point));
  for (const [i, x] of mean.entries()) expect(data[i]).toBeCloseTo(x, 5);
  const at = await stack.linearize!(point);
  expect(at.isLinearized).toBe(true);
  for (const pulled of [
    async (v: Float32Array) => stack.vjp(point, await stack.jvp(point, v, 2), 2),
    async (v: Float32Array) => at.vjp(await at.jvp(v, 2), 2),
  ]) {
    const v = Float32Array.of(1, 0, 2, -1, 1, 0);
    const product = await pulled(v);
    for (const row of [0, 1]) {
      for (let i = 0; i < n; i++) {
        const expected = [0, 1, 2].reduce((sum, j) => sum + mean[i * n + j]! * v[row * n + j]!, 0);
        expect(product[row * n + i]).toBeCloseTo(expected, 5);
      }
    }
  }
  const { eigenvalues } = await metricSpectrum(stack, point);
  expect(eigenvalues.reduce((a, b) => a + b)).toBeCloseTo(mean[0]! + mean[4]! + mean[8]!, 5);
});

it("of one map is that map; of none, or of maps between other spaces, is refused", () => {
  expect(stackMaps([maps[0]!])).toBe(maps[0]);
  expect(() => stackMaps([])).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(() => stackMaps([affine(1), affine(2, 6)])).toThrow(
    expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringMatching(/3 → 5 and 3 → 6/) }),
  );
});

it("the space of one map is its own, of several has an axis before", () => {
  const to = { name: "y", dim: 6, shape: [2, 3] };
  expect(stackedSpace(to, 1)).toEqual(to);
  expect(stackedSpace(to, 2)).toEqual({ name: "y", dim: 12, shape: [2, 2, 3] });
});

it("a tangent costs what it costs the first, and four bytes for each output of all", () => {
  const costly = maps.map((map) => ({ ...map, bytesPerTangent: 100 }));
  expect(stackMaps(costly).bytesPerTangent).toBe(100 + 4 * 3 * m);
  expect(stack.bytesPerTangent).toBeUndefined();
});

it("is linearised where all are", async () => {
  const { linearize: _linearize, ...plain } = maps[0]!;
  expect((await stackMaps([maps[1]!, plain]).linearize!(point)).isLinearized).toBe(false);
});

it("maps from another space are refused, too", () => {
  const other = { ...affine(1), from: { name: "z", dim: n + 1, shape: [n + 1] } };
  expect(() => stackMaps([affine(1), other])).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
});

it("disposes of all of them", async () => {
  const gone: number[] = [];
  const counted = [1, 2].map((i) => ({ ...affine(i), dispose: async () => void gone.push(i) }));
  await stackMaps(counted).dispose();
  expect(gone).toEqual([1, 2]);
});
