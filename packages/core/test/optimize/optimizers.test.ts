// The optimisers on functions whose minima are known.

import { matmul, matrix, normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { adam, cmaEs, type DifferentiableObjective, lbfgs, levenbergMarquardt } from "../../src/index.ts";

/** (1 − x)² + 100(y − x²)², whose minimum is 0 at (1, 1), behind a bent valley. */
const rosenbrock = ([x, y]: ArrayLike<number> & Iterable<number>) =>
  (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2;
const smooth: DifferentiableObjective = async (p) => {
  const [x, y] = p as unknown as [number, number];
  const gradient = Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x));
  return { value: rosenbrock(p), gradient };
};
const start = Float64Array.of(-1.2, 1);

/** ½ Σ cᵢ xᵢ², with a condition of 10⁴. */
const scales = Float64Array.from({ length: 10 }, (_, i) => 10 ** ((4 * i) / 9));
const bowl = (x: Float64Array) => x.reduce((sum, value, i) => sum + 0.5 * scales[i]! * value * value, 0);

describe("lbfgs", () => {
  test("finds the end of the bent valley", async () => {
    const { point, value, converged } = await lbfgs(smooth, start, { steps: 200, tolerance: 1e-12 });
    expect(value).toBeLessThan(1e-12);
    expect(point[0]).toBeCloseTo(1, 5);
    expect(converged).toBe(true);
  });

  test("an ill-conditioned bowl in few steps", async () => {
    const objective: DifferentiableObjective = async (x) => ({
      value: bowl(x),
      gradient: x.map((value, i) => scales[i]! * value),
    });
    const { value } = await lbfgs(objective, new Float64Array(10).fill(1), { steps: 120 });
    expect(value).toBeLessThan(1e-8 * bowl(new Float64Array(10).fill(1)));
  });
});

test("adam: the best point of the walk, which goes down", async () => {
  const values: number[] = [];
  const { value, steps, converged } = await adam(smooth, start, {
    steps: 3000,
    learningRate: 0.02,
    onStep: ({ value }) => {
      values.push(value);
      return undefined;
    },
  });
  expect(value).toBeLessThan(1e-2);
  expect([steps, converged]).toEqual([3000, false]);
  expect(values).toEqual(values.toSorted((a, b) => b - a));
});

describe("levenbergMarquardt", () => {
  test("the valley as a sum of squares", async () => {
    const residuals = (x: Float64Array) => [Math.SQRT2 * (1 - x[0]!), Math.SQRT2 * 10 * (x[1]! - x[0]! ** 2)];
    const { value, steps } = await levenbergMarquardt(
      {
        value: async (x) => residuals(x).reduce((sum, r) => sum + 0.5 * r * r, 0),
        model: async (x) => {
          const jacobian = matrix(
            2,
            2,
            Float64Array.of(-Math.SQRT2, 0, -20 * Math.SQRT2 * x[0]!, 10 * Math.SQRT2),
          );
          const r = matrix(2, 1, Float64Array.from(residuals(x)));
          return {
            gradient: matmul(jacobian, r, { transposeA: true }).data,
            hessian: matmul(jacobian, jacobian, { transposeA: true }),
          };
        },
      },
      start,
    );
    expect(value).toBeLessThan(1e-15);
    expect(steps).toBeLessThan(40);
  });

  test("linear least squares in one undamped step", async () => {
    const a = matrix(8, 3, normal(1, 0, 24));
    const b = matrix(8, 1, normal(2, 0, 8));
    const residual = (x: Float64Array) =>
      matmul(a, matrix(3, 1, x)).data.map((value, i) => value - b.data[i]!);
    const normalEquations = matmul(a, a, { transposeA: true });
    const { point } = await levenbergMarquardt(
      {
        value: async (x) => residual(x).reduce((sum, r) => sum + 0.5 * r * r, 0),
        model: async (x) => ({
          gradient: matmul(a, matrix(8, 1, residual(x)), { transposeA: true }).data,
          hessian: normalEquations,
        }),
      },
      new Float64Array(3),
      { damping: 1e-14 },
    );
    const gradient = matmul(a, matrix(8, 1, residual(point)), { transposeA: true }).data;
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-9);
  });
});

describe("cmaEs", () => {
  const box = (f: (x: Float64Array) => number) => async (points: readonly Float64Array[]) => points.map(f);

  test("finds minima of ill-conditioned and bent functions, without derivatives", async () => {
    const valley = await cmaEs(box(rosenbrock), start, { steps: 400 });
    expect(valley.value).toBeLessThan(1e-8);
    const round = await cmaEs(box(bowl), new Float64Array(10).fill(1), { steps: 800 });
    expect(round.value).toBeLessThan(1e-8);
  });

  test("is the same for the same seed, and another for another", async () => {
    const run = (seed: number) => cmaEs(box(bowl), new Float64Array(10).fill(1), { steps: 20, seed });
    expect(await run(3)).toEqual(await run(3));
    expect((await run(3)).value).not.toBe((await run(4)).value);
  });
});

test("all stop when told to", async () => {
  const aborted = AbortSignal.abort();
  await expect(adam(smooth, start, { signal: aborted })).rejects.toThrow();
  await expect(lbfgs(smooth, start, { signal: aborted })).rejects.toThrow();
  let seen = 0;
  const { steps } = await lbfgs(smooth, start, { onStep: () => ++seen === 3 });
  expect(steps).toBe(3);
});
