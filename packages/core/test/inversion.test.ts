// Inversion recovers codes of outputs that the map made, by every method.

import { identity, normal, orthogonal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import {
  functionMap,
  type InversionMethod,
  type InversionOptions,
  type InversionProgress,
  invert,
  metricBasis,
  metricSpectrum,
} from "../src/index.ts";

const [n, hidden, m] = [5, 12, 30];
const a = normal(1, 0, hidden * n);
const b = normal(2, 0, m * hidden);

/** Axes of very different strength: the last moves the output a hundred times less than the first. */
const strength = (j: number) => 10 ** ((-2 * j) / (n - 1));

const map = functionMap({
  from: { name: "z", dim: n, shape: [n] },
  to: { name: "y", dim: m, shape: [m] },
  evaluate,
});

function evaluate(z: Float64Array): number[] {
  const h = Array.from({ length: hidden }, (_, i) =>
    Math.tanh(0.4 * z.reduce((sum, x, j) => sum + a[i * n + j]! * strength(j) * x, 0)),
  );
  return Array.from({ length: m }, (_, i) => h.reduce((sum, x, j) => sum + b[i * hidden + j]! * x, 0));
}

const truth = Float32Array.from(normal(5, 0, n));
const start = Float32Array.from(normal(6, 0, n));
const far = async (method: InversionMethod, options = {}) => {
  const target = await map.evaluate(truth, 1);
  const first = await map.evaluate(start, 1);
  const before = first.reduce((sum, x, i) => sum + (x - target[i]!) ** 2, 0);
  const result = await invert(map, target, start, { method, ...options });
  return { ...result, ratio: result.distance / before };
};

describe("invert", () => {
  test("Levenberg–Marquardt finds the code itself", async () => {
    const { point, ratio, work, searches } = await far("levenberg-marquardt");
    expect(ratio).toBeLessThan(1e-9);
    point.forEach((x, i) => {
      expect(x).toBeCloseTo(truth[i]!, 2);
    });
    expect(searches).toHaveLength(1);
    expect(work.jvps % n).toBe(0);
    expect(work.values).toBeLessThan(60);
  });

  test.each([
    ["lbfgs", { steps: 200 }, 1e-5],
    ["adam", { steps: 600 }, 1e-3],
    ["cma-es", { steps: 300 }, 1e-5],
  ] as const)("%s comes near", async (method, options, ratio) => {
    expect((await far(method, options)).ratio).toBeLessThan(ratio);
  });

  test("Adam's path depends on the coordinates: the metric's axes undo a rotation of the code", async () => {
    const q = orthogonal(8, 0, n);
    const turn = (z: ArrayLike<number>) =>
      Float64Array.from({ length: n }, (_, i) =>
        Array.from(z).reduce((sum, x, j) => sum + q.data[i * n + j]! * x, 0),
      );
    const turned = functionMap({
      from: map.from,
      to: map.to,
      evaluate: (z) => evaluate(turn(z)),
    });
    const target = await turned.evaluate(truth, 1);
    const search = (options: InversionOptions) =>
      invert(turned, target, start, { method: "adam", steps: 300, ...options });
    const axes = metricBasis(await metricSpectrum(turned, start), 0);
    const [plain, along, same] = [
      await search({}),
      await search({ basis: axes }),
      await search({ basis: identity(n) }),
    ];
    expect(along.distance).toBeLessThan(plain.distance / 2);
    expect(same.distance / plain.distance).toBeCloseTo(1, 2);
  });

  test("the best of several starts wins, and all are reported", async () => {
    const target = await map.evaluate(truth, 1);
    const starts = new Float32Array(3 * n);
    starts.set(
      start.map((x) => 40 * x),
      0,
    );
    starts.set(truth, n);
    starts.set(start, 2 * n);
    const seen = new Set<number>();
    let last: InversionProgress | undefined;
    const { searches, distance } = await invert(map, target, starts, {
      method: "lbfgs",
      steps: 5,
      onStep: (progress) => {
        seen.add(progress.start);
        last = progress;
        return undefined;
      },
    });
    expect(last!.point).toEqual(searches[last!.start]!.point);
    expect(searches).toHaveLength(3);
    expect(distance).toBeCloseTo(Math.min(...searches.map(({ loss }) => loss)), 10);
    expect(searches[1]!.loss).toBe(0);
    expect(seen).toContain(0);
  });

  test("a watcher may end it: what was found is kept, and no further start is tried", async () => {
    const target = await map.evaluate(truth, 1);
    const starts = new Float32Array(3 * n).fill(0.5);
    const { searches, point } = await invert(map, target, starts, {
      method: "lbfgs",
      onStep: ({ start: index, step }) => index === 1 && step === 2,
    });
    expect(searches).toHaveLength(2);
    expect(searches[1]).toMatchObject({ steps: 2, converged: false });
    expect(point).toEqual(searches[0]!.point);
  });

  test("the prior draws the code towards the origin", async () => {
    const free = await far("levenberg-marquardt");
    const drawn = await far("levenberg-marquardt", { prior: 100 });
    expect(Math.hypot(...drawn.point)).toBeLessThan(0.5 * Math.hypot(...free.point));
    expect(drawn.searches[0]!.loss).toBeCloseTo(drawn.distance + 100 * Math.hypot(...drawn.point) ** 2, 3);
  });

  describe.each<[InversionMethod, InversionOptions]>([
    ["levenberg-marquardt", {}],
    ["lbfgs", { steps: 300 }],
    ["adam", { steps: 2000, learningRate: 0.01 }],
    ["cma-es", { steps: 300 }],
  ])("%s", (method, options) => {
    const scaled = (factor: number) =>
      functionMap({ from: map.from, to: map.to, evaluate: (z) => evaluate(z).map((y) => factor * y) });

    /** d(‖f(x) − y‖² + ρ‖x‖²)/dx by differences in float64. */
    const slopes = (target: ArrayLike<number>, x: ArrayLike<number>, prior: number) => {
      const loss = (z: Float64Array) =>
        evaluate(z).reduce((sum, y, i) => sum + (y - target[i]!) ** 2, 0) +
        prior * z.reduce((sum, value) => sum + value * value, 0);
      return Array.from({ length: n }, (_, j) => {
        const [above, below] = [1e-5, -1e-5].map((h) => {
          const z = Float64Array.from(x);
          z[j]! += h;
          return loss(z);
        });
        return (above! - below!) / 2e-5;
      });
    };

    test.each([0, 0.3, 30])("with a prior of weight %s, the point is stationary", async (prior) => {
      // A target that no code has exactly.
      const target = (await map.evaluate(truth, 1)).map((y, i) => y + 0.3 * Math.sin(i));
      const { point, searches } = await invert(map, target, start, { method, ...options, prior });
      const [before, after] = [start, point].map((x) => Math.hypot(...slopes(target, x, prior)));
      expect(after! / before!).toBeLessThan(1e-3);
      // Adam has no criterion, and in single precision the samples of CMA-ES stop shrinking.
      if (method !== "adam" && method !== "cma-es") expect(searches[0]!.converged).toBe(true);
    });

    test.each([1, -1])("f(x) = x, target %s, prior 1: half of it", async (target) => {
      const line = functionMap({
        from: { name: "z", dim: 1, shape: [1] },
        to: { name: "y", dim: 1, shape: [1] },
        evaluate: (z) => [z[0]!],
      });
      const found = await invert(line, Float32Array.of(target), Float32Array.of(1.7), {
        method,
        ...options,
        prior: 1,
      });
      expect(found.point[0]).toBeCloseTo(target / 2, 3);
      expect(found.searches[0]!.loss).toBeCloseTo(0.5, 6);
    });

    test.each([1e-4, 1e-8, 1e-30, 1e8])("a map %s times as large is inverted as well", async (factor) => {
      const small = scaled(factor);
      const target = await small.evaluate(truth, 1);
      const { distance } = await invert(small, target, start, { method, ...options });
      const before = (await small.evaluate(start, 1)).reduce((sum, y, i) => sum + (y - target[i]!) ** 2, 0);
      expect(distance / before).toBeLessThan(1e-3);
    });
  });

  test.each<[InversionOptions, string]>([
    [{ prior: -1 }, "prior must be at least 0"],
    [{ prior: Number.NaN }, "prior must be at least 0"],
    [{ prior: Number.POSITIVE_INFINITY }, "prior must be at least 0"],
    [{ steps: 0 }, "steps must be a positive integer"],
    [{ method: "lbfgs", steps: 1.5 }, "steps must be a positive integer"],
    [{ method: "adam", learningRate: 0 }, "learningRate must be positive"],
    [{ method: "cma-es", sigma: -1 }, "sigma must be positive"],
    [{ method: "adam", basis: identity(n - 1) }, `basis must be [${n}, k]`],
    [{ method: "levenberg-marquardt", basis: identity(n) }, `basis must be [${n}, k]`],
  ])("refuses %o", async (options, message) => {
    await expect(invert(map, new Float32Array(m), start, options)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  test("a map that is not a number at the start is refused", async () => {
    const root = functionMap({ from: map.from, to: map.to, evaluate: (z) => evaluate(z.map(Math.sqrt)) });
    for (const method of ["levenberg-marquardt", "lbfgs", "adam"] as const) {
      const outside = new Float32Array(n).fill(-1);
      await expect(invert(root, new Float32Array(m), outside, { method })).rejects.toThrow();
    }
  });

  test("refusals", async () => {
    const target = new Float32Array(m);
    await expect(invert(map, target.slice(1), start)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(invert(map, target, start.slice(1))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(invert(map, target, start, { basis: identity(n) })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(invert(map, target, start, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe("badly scaled maps by L-BFGS", () => {
  const of = (f: (x: ArrayLike<number>) => number[]) =>
    functionMap({
      from: { name: "x", dim: 2, shape: [2] },
      to: { name: "y", dim: 2, shape: [2] },
      evaluate: f,
    });

  test.each([1e-1, 1e-2, 1e-3, 1e-4])(
    "the second coordinate moves the output %s times the first",
    async (k) => {
      const scaled = of((x) => [x[0]!, k * x[1]!]);
      const { point, searches } = await invert(scaled, Float32Array.of(1, 1), new Float32Array(2), {
        method: "lbfgs",
        steps: 500,
      });
      expect(searches[0]!.loss).toBeLessThan(1e-12);
      expect(searches[0]!.converged).toBe(true);
      expect(point[1]! * k).toBeCloseTo(1, 5);
    },
  );

  test.each([1, 1e8, 1e-15])("Powell's badly scaled function, in units of %s", async (unit) => {
    const powell = of((x) => [
      unit * (1e4 * x[0]! * x[1]! - 1),
      unit * (Math.exp(-x[0]!) + Math.exp(-x[1]!) - 1.0001),
    ]);
    const { searches, point } = await invert(powell, new Float32Array(2), Float32Array.of(0, 1), {
      method: "lbfgs",
      steps: 500,
    });
    expect(searches[0]!.loss / unit ** 2).toBeLessThan(1e-10);
    expect(point[1]).toBeCloseTo(9.106, 2);
  });
});
