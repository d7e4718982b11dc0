// The metric by its three routes, on maps whose metric is known in closed form.

import { identity, matmul, matrix, normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import {
  functionMap,
  metricByDifferences,
  metricSpectrum,
  metricTensor,
  spectrumByDifferences,
} from "../../src/index.ts";

const [n, hidden, m] = [6, 9, 40];
const b = normal(1, 0, hidden * n);
const a = normal(2, 0, m * hidden);

/** G(z) = A·tanh(B·z), with J = A·diag(1 − tanh²)·B. */
function toy() {
  const activations = (z: Float64Array) =>
    Array.from({ length: hidden }, (_, h) => Math.tanh(z.reduce((sum, x, j) => sum + b[h * n + j]! * x, 0)));
  const image = (values: readonly number[]) =>
    Array.from({ length: m }, (_, i) => values.reduce((sum, x, h) => sum + a[i * hidden + h]! * x, 0));
  return functionMap({
    from: { name: "z", dim: n, shape: [n] },
    to: { name: "image", dim: m, shape: [m] },
    evaluate: (z) => image(activations(z)),
    jvp: (z, t) =>
      image(activations(z).map((x, h) => (1 - x * x) * t.reduce((sum, y, j) => sum + b[h * n + j]! * y, 0))),
  });
}

const point = Float32Array.from(normal(3, 0, n), (x) => x / 2);

function exact() {
  const slopes = Array.from({ length: hidden }, (_, h) => {
    const t = Math.tanh(point.reduce((sum, x, j) => sum + b[h * n + j]! * x, 0));
    return 1 - t * t;
  });
  const scaled = matrix(
    hidden,
    n,
    b.map((x, at) => x * slopes[Math.floor(at / n)]!),
  );
  const j = matmul(matrix(m, hidden, a), scaled);
  return matmul(j, j, { transposeA: true });
}

const relative = (x: ArrayLike<number>, y: ArrayLike<number>) => {
  const norm = (values: number[]) => Math.hypot(...values);
  return norm(Array.from(x, (value, i) => value - y[i]!)) / norm(Array.from(y));
};

describe("metricTensor", () => {
  test("is JᵀJ, by columns and by products", async () => {
    const g = exact().data;
    for (const route of ["columns", "products"] as const) {
      expect(relative((await metricTensor(toy(), point, { route })).data, g), route).toBeLessThan(1e-6);
    }
  });

  test.each([1, 0.01, 300])("of a sphere of radius %f is r²·diag(cos² v, 1)", async (r) => {
    const sphere = functionMap({
      from: { name: "chart", dim: 2, shape: [2] },
      to: { name: "space", dim: 3, shape: [3] },
      evaluate: ([u, v]) => [
        r * Math.cos(u!) * Math.cos(v!),
        r * Math.sin(u!) * Math.cos(v!),
        r * Math.sin(v!),
      ],
    });
    const { data } = await metricTensor(sphere, Float32Array.of(0.3, 0.7));
    const expected = [Math.cos(0.7) ** 2, 0, 0, 1];
    for (const [i, value] of expected.entries()) expect(data[i]! / r ** 2).toBeCloseTo(value, 6);
  });

  test("rows of zeros, as units that are off leave them, change nothing", async () => {
    const padded = (live: readonly number[], dim: number) =>
      functionMap({
        from: { name: "z", dim: 3, shape: [3] },
        to: { name: "y", dim, shape: [dim] },
        evaluate: (z) => {
          const y = new Float64Array(dim);
          live.forEach((row, i) => {
            y[row] = z[0]! * (i + 1) + z[1]! * (i % 2) - z[2]! * i * i;
          });
          return y;
        },
      });
    const [at, all] = [Float32Array.of(1, 2, 3), { accuracy: "high" } as const];
    const dense = await metricTensor(padded([0, 1, 2, 3, 4], 5), at);
    const sparse = padded([3, 17, 18, 40, 99], 100);
    expect(relative((await metricTensor(sparse, at)).data, dense.data)).toBeLessThan(1e-12);
    const spectrum = await metricSpectrum(sparse, at, all);
    expect(
      relative(spectrum.eigenvalues, (await metricSpectrum(padded([0, 1, 2, 3, 4], 5), at)).eigenvalues),
    ).toBeLessThan(1e-10);
    // Fewer live rows than columns: rank 2.
    const { eigenvalues } = await metricSpectrum(padded([7, 50], 100), at, all);
    expect(eigenvalues[1]! / eigenvalues[0]!).toBeGreaterThan(1e-3);
    expect(eigenvalues[2]! / eigenvalues[0]!).toBeLessThan(1e-14);
    expect((await metricTensor(padded([], 100), at)).data.every((x) => x === 0)).toBe(true);
  });

  test("a budget below the columns makes it matrix-free, with the same result", async () => {
    let reverse = 0;
    const map = toy();
    const counting = {
      ...map,
      vjp: (...args: Parameters<typeof map.vjp>) => {
        reverse++;
        return map.vjp(...args);
      },
    };
    const small = await metricTensor(counting, point, { memoryBudget: 4 * n * m - 1 });
    expect(reverse).toBeGreaterThan(0);
    expect(relative(small.data, (await metricTensor(map, point)).data)).toBeLessThan(1e-6);
  });

  test("half its double is the second derivative of the squared distance", async () => {
    // D(z′) = ‖G(z′) − G(z)‖²; its Hessian at z is 2g: central differences of second order.
    const g = exact();
    const map = toy();
    const value = await map.evaluate(point, 1);
    const distance = async (offset: readonly number[]) => {
      const moved = await map.evaluate(
        Float32Array.from(point, (x, i) => x + offset[i]!),
        1,
      );
      return moved.reduce((sum, x, i) => sum + (x - value[i]!) ** 2, 0);
    };
    const step = 0.02;
    for (const k of [0, 3]) {
      const along = (sign: number) => Array.from({ length: n }, (_, i) => (i === k ? sign * step : 0));
      const second = ((await distance(along(1))) + (await distance(along(-1)))) / step ** 2;
      expect(Math.abs(second / (2 * g.data[k * n + k]!) - 1)).toBeLessThan(5e-3);
    }
  });
});

describe("metricSpectrum", () => {
  test("the three routes agree", async () => {
    const full = await metricSpectrum(toy(), point);
    const high = await metricSpectrum(toy(), point, { accuracy: "high" });
    const top = await metricSpectrum(toy(), point, { k: 3 });
    expect([full.method, high.method, top.method]).toEqual(["gram", "qr", "lanczos"]);
    expect(relative(high.eigenvalues, full.eigenvalues)).toBeLessThan(1e-12);
    expect(relative(top.eigenvalues, full.eigenvalues.slice(0, 3))).toBeLessThan(1e-6);
    const signs = (v: typeof full, k: number) =>
      Array.from({ length: n }, (_, i) => v.eigenvectors.data[i * v.eigenvectors.cols + k]!);
    for (const k of [0, 1, 2]) expect(relative(signs(top, k), signs(full, k))).toBeLessThan(1e-4);
    expect(Math.max(...top.residuals!)).toBeLessThan(1e-6 * full.eigenvalues[0]!);
    // Products are single precision, and a residual that claimed less would be wrong.
    expect(Math.max(...top.residuals!)).toBeGreaterThan(1e-10 * full.eigenvalues[0]!);
  });

  test("leading pairs linearise a map that can be, once at the point", async () => {
    const map = toy();
    const asked: Float32Array[] = [];
    const linearisable = {
      ...map,
      jvp: () => Promise.reject(new Error("not from the beginning")),
      vjp: () => Promise.reject(new Error("not from the beginning")),
      async linearize(x: Float32Array) {
        asked.push(x);
        return {
          jvp: (tangents: Float32Array, count: number) => map.jvp(x, tangents, count),
          vjp: (cotangents: Float32Array, count: number) => map.vjp(x, cotangents, count),
        };
      },
    };
    const found = await metricSpectrum(linearisable, point, { k: 3 });
    expect(found).toEqual(await metricSpectrum(map, point, { k: 3 }));
    expect(asked).toEqual([point]);
  });

  test("small eigenvalues survive the QR route only", async () => {
    const scales = [1, 1e-3, 1e-6, 1e-10];
    const diagonal = functionMap({
      from: { name: "z", dim: 4, shape: [4] },
      to: { name: "y", dim: 4, shape: [4] },
      evaluate: (z) => z.map((x, i) => x * scales[i]!),
      jvp: (_z, t) => t.map((x, i) => x * scales[i]!),
    });
    const high = await metricSpectrum(diagonal, new Float32Array(4), { accuracy: "high" });
    const ratios = scales.map((scale, i) => high.eigenvalues[i]! / Math.fround(scale) ** 2);
    expect(Math.max(...ratios.map((ratio) => Math.abs(ratio - 1)))).toBeLessThan(1e-6);
  });

  test("refusals", async () => {
    for (const k of [0, n + 1, 1.5]) {
      await expect(metricSpectrum(toy(), point, { k })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(metricSpectrum(toy(), point, { accuracy: "high", memoryBudget: 100 })).rejects.toMatchObject(
      { code: "MEMORY_BUDGET" },
    );
  });

  test("a normalised code does not feel its length: g·z = 0", async () => {
    const sphere = functionMap({
      from: { name: "z", dim: 5, shape: [5] },
      to: { name: "y", dim: 5, shape: [5] },
      evaluate: (z) => {
        const norm = Math.hypot(...z);
        return z.map((x) => (Math.sqrt(5) * x) / norm);
      },
    });
    const z = Float32Array.of(1, -2, 0.5, 3, 1);
    const { eigenvalues, eigenvectors } = await metricSpectrum(sphere, z);
    expect(eigenvalues[4]! / eigenvalues[0]!).toBeLessThan(1e-12);
    const norm = Math.hypot(...z);
    const cosine = z.reduce((sum, x, i) => sum + (x / norm) * eigenvectors.data[i * 5 + 4]!, 0);
    expect(Math.abs(cosine)).toBeCloseTo(1, 10);
    // Elsewhere the metric is d/‖z‖², so that the spectrum scales with the inverse square of the length.
    expect(eigenvalues[0]! * norm ** 2).toBeCloseTo(5, 5);
  });
});

describe("metricByDifferences", () => {
  test("tends to g, half of the Hessian of the squared distance, with the square of the step", async () => {
    const g = exact().data;
    const errors: number[] = [];
    for (const step of [0.2, 0.1, 0.05]) {
      errors.push(relative((await metricByDifferences(toy(), point, { step })).data, g));
    }
    expect(errors[2]).toBeLessThan(0.01);
    expect(errors[0]! / errors[1]!).toBeGreaterThan(3);
    expect(errors[1]! / errors[2]!).toBeGreaterThan(3.5);
  });

  test("is exact for a linear map, also at the origin", async () => {
    const linear = functionMap({
      from: { name: "z", dim: n, shape: [n] },
      to: { name: "y", dim: hidden, shape: [hidden] },
      evaluate: (z) =>
        Array.from({ length: hidden }, (_, h) => z.reduce((sum, x, j) => sum + b[h * n + j]! * x, 0)),
    });
    const found = await metricByDifferences(linear, new Float32Array(n), { step: 0.5 });
    const weights = matrix(hidden, n, b);
    expect(relative(found.data, matmul(weights, weights, { transposeA: true }).data)).toBeLessThan(1e-6);
  });

  test("its spectrum is that of g, by falling magnitude", async () => {
    const full = await metricSpectrum(toy(), point);
    const { eigenvalues, eigenvectors } = await spectrumByDifferences(toy(), point, { step: 0.01 });
    expect(relative(eigenvalues, full.eigenvalues)).toBeLessThan(2e-3);
    expect(relative(eigenvectors.data, full.eigenvectors.data)).toBeLessThan(0.05);
    expect(Array.from(eigenvalues)).toEqual(Array.from(eigenvalues).sort((x, y) => y - x));
  });

  test("refuses a step that is none", async () => {
    for (const step of [0, -1, Number.NaN]) {
      await expect(metricByDifferences(toy(), point, { step })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    }
  });
});

describe("fewer outputs than inputs", () => {
  const wide = functionMap({
    from: { name: "z", dim: 5, shape: [5] },
    to: { name: "y", dim: 2, shape: [2] },
    evaluate: (z) => [z[0]! + 2 * z[1]!, 3 * z[2]! - z[4]!],
  });

  test.each(["normal", "high"] as const)("all eigenpairs are there, accuracy %s", async (accuracy) => {
    const { eigenvalues, eigenvectors } = await metricSpectrum(wide, new Float32Array(5), { accuracy });
    expect(eigenvalues).toHaveLength(5);
    [10, 5, 0, 0, 0].forEach((value, i) => {
      expect(eigenvalues[i]).toBeCloseTo(value, 5);
    });
    expect([eigenvectors.rows, eigenvectors.cols]).toEqual([5, 5]);
    const products = matmul(eigenvectors, eigenvectors, { transposeA: true });
    expect(relative(products.data, identity(5).data)).toBeLessThan(1e-12);
    for (let j = 0; j < 5; j++) {
      const column = Array.from({ length: 5 }, (_, i) => eigenvectors.data[i * 5 + j]!);
      const largest = column.reduce((most, x) => (Math.abs(x) > Math.abs(most) + 1e-12 ? x : most), 0);
      expect(largest).toBeGreaterThan(0);
    }
  });
});

describe("derivatives that are not finite", () => {
  const broken = functionMap({
    from: { name: "z", dim: 3, shape: [3] },
    to: { name: "y", dim: 4, shape: [4] },
    evaluate: () => new Float64Array(4),
    jvp: (_, t) => [t[0]!, t[1]!, t[2] === 0 ? 0 : Number.NaN, 0],
  });
  const at = new Float32Array(3);

  test.each([
    ["metricTensor by columns", () => metricTensor(broken, at)],
    ["metricTensor by products", () => metricTensor(broken, at, { route: "products" })],
    ["metricSpectrum, high accuracy", () => metricSpectrum(broken, at, { accuracy: "high" })],
    ["metricSpectrum, leading", () => metricSpectrum(broken, at, { k: 1 })],
  ])("%s says so", async (_, compute) => {
    await expect(compute()).rejects.toMatchObject({
      code: "NUMERICAL_FAILURE",
      message: expect.stringMatching(/must be finite, got NaN/),
    });
  });
});
