import { matmul, matrix, normal, svd } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { functionMap, jacobianSpectrum, metricSpectrum, singularValues } from "../../src/index.ts";

const [n, m] = [12, 500];
const a = matrix(m, n, normal(1, 0, m * n));
// Columns of falling size, so that the spectrum spans two decades.
a.data.forEach((x, at) => {
  a.data[at] = x * 0.7 ** (at % n);
});
const map = functionMap({
  from: { name: "x", dim: n, shape: [n] },
  to: { name: "y", dim: m, shape: [m] },
  evaluate: (x) => matmul(a, matrix(n, 1, Float64Array.from(x, Math.sin))).data,
  jvp: (x, t) =>
    matmul(
      a,
      matrix(
        n,
        1,
        Float64Array.from(t, (value, i) => Math.cos(x[i]!) * value),
      ),
    ).data,
});
const point = Float32Array.from({ length: n }, (_, i) => 0.1 * i);
const scaled = matrix(
  m,
  n,
  a.data.map((x, at) => x * Math.cos(point[at % n]!)),
);
const expected = svd(scaled, { vectors: "none" }).s;

const deviation = (values: Float64Array): number =>
  Math.max(...values.map((s, i) => Math.abs(s - expected[i]!) / expected[0]!));

test.each([
  ["in memory", 2 ** 31, 1e-6],
  // 8·m·n = 48000 bytes; in float32 half of it.
  ["in chunks of rows", 40_000, 1e-6],
  ["from products with J and its transpose", 10_000, 1e-4],
] as const)("singular values %s", async (_, memoryBudget, tolerance) => {
  const values = await singularValues(map, point, { memoryBudget });
  expect(values).toHaveLength(n);
  expect(deviation(values)).toBeLessThan(tolerance);
});

test("dead inputs and outputs are counted, however the values are found", async () => {
  // y = (x₀, 0, x₁, x₂, 0, …) of x with two inputs that move nothing.
  const sparse = functionMap({
    from: { name: "x", dim: 5, shape: [5] },
    to: { name: "y", dim: 40, shape: [40] },
    evaluate: (x) =>
      Float64Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? (i + 1) * x[(i / 4) % 3]! : 0)),
  });
  for (const [memoryBudget, deadOutputs] of [
    [2 ** 31, 30],
    [1200, 30],
    [500, 0],
  ] as const) {
    const found = await jacobianSpectrum(sparse, new Float32Array(5), { memoryBudget });
    expect(found).toMatchObject({ deadInputs: 2, deadOutputs });
    expect(found.singularValues).toHaveLength(5);
  }
});

test("of a map to a smaller space, and at an invalid point", async () => {
  const sum = functionMap({
    from: { name: "x", dim: n, shape: [n] },
    to: { name: "s", dim: 1, shape: [1] },
    evaluate: (x) => [x.reduce((total, value) => total + value, 0)],
  });
  const values = await singularValues(sum, point);
  expect(values).toHaveLength(1);
  expect(values[0]).toBeCloseTo(Math.sqrt(n), 5);
  await expect(singularValues(map, new Float32Array(3))).rejects.toThrow("has dimension 12");
});

test.each([2 ** -83, 2 ** 83])(
  "products of a map in units of %s do not leave single precision",
  async (unit) => {
    const small = functionMap({
      from: map.from,
      to: map.to,
      evaluate: (x) => matmul(a, matrix(n, 1, Float64Array.from(x))).data.map((y) => unit * y),
      jvp: (_, t) => matmul(a, matrix(n, 1, Float64Array.from(t))).data.map((y) => unit * y),
      vjp: (_, c) =>
        matmul(a, matrix(m, 1, Float64Array.from(c)), { transposeA: true }).data.map((y) => unit * y),
    });
    const exact = svd(a, { vectors: "none" }).s;
    const {
      singularValues: s,
      route,
      deadInputs,
    } = await jacobianSpectrum(small, point, { memoryBudget: 10_000 });
    expect({ route, deadInputs }).toEqual({ route: "products", deadInputs: 0 });
    const { eigenvalues } = await metricSpectrum(small, point, { memoryBudget: 10_000, k: 2 });
    expect(Math.sqrt(eigenvalues[0]!) / unit / exact[0]!).toBeCloseTo(1, 5);
    for (let i = 0; i < n; i++) expect(s[i]! / unit / exact[i]!).toBeCloseTo(1, 3);
  },
);
