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
