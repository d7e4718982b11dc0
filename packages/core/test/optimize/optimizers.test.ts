// The optimisers on functions whose minima are known.

import { identity, matmul, matrix, normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import {
  adam,
  cmaEs,
  type DifferentiableObjective,
  lbfgs,
  levenbergMarquardt,
} from "../../src/optimize/index.ts";
import { truncatedNewton } from "../../src/optimize/truncated-newton.ts";

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

  test("a step that lowers nothing is no step: from ½ the first one would go to −½, as high", async () => {
    const found = await lbfgs(
      async ([x]) => ({ value: 10 + x! ** 2 / 2, gradient: Float64Array.of(x!) }),
      Float64Array.of(0.5),
      {
        steps: 1,
      },
    );
    expect(found).toMatchObject({ value: 10, point: Float64Array.of(0) });
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

describe("levenbergMarquardt in a box", () => {
  test("holds a coordinate on its face while the gradient points out, and lets go of it when it turns", async () => {
    // ½xᵀHx + gᵀx with H = (2, −1.5; −1.5, 2): the minimum lies inside, though at 0 the first coordinate wants to go
    // down.
    const hessian = matrix(2, 2, [2, -1.5, -1.5, 2]);
    const along = ([x, y]: Float64Array) => Float64Array.of(2 * x! - 1.5 * y!, 2 * y! - 1.5 * x!);
    const path: number[][] = [];
    const objective = {
      value: async (x: Float64Array) =>
        50 + 0.5 * along(x).reduce((sum, h, i) => sum + h * x[i]!, 0) + x[0]! - 4 * x[1]!,
      model: async (x: Float64Array) => {
        path.push([...x]);
        return { gradient: Float64Array.from(along(x), (h, i) => h + [1, -4][i]!), hessian };
      },
    };
    const { point, converged } = await levenbergMarquardt(objective, new Float64Array(2), {
      bounds: [0, 10],
      damping: 1e-12,
    });
    expect(path[1]![0]).toBe(0);
    expect(path[1]![1]).toBeCloseTo(2, 9);
    expect(converged).toBe(true);
    expect(point[0]).toBeCloseTo(4 / 1.75, 6);
    expect(point[1]).toBeCloseTo(6.5 / 1.75, 6);
  });

  const [n, m] = [3, 8];
  const weights = normal(11, 0, m * n);
  /** Residuals tanh(A·x) − tanh(A·truth), in float64. */
  const towards = (truth: readonly number[]) => {
    const outputs = (x: ArrayLike<number>) =>
      Array.from({ length: m }, (_, i) =>
        Math.tanh([0, 1, 2].reduce((sum, j) => sum + 0.3 * weights[i * n + j]! * x[j]!, 0)),
      );
    const target = outputs(truth);
    const residuals = (x: Float64Array) => outputs(x).map((value, i) => value - target[i]!);
    return {
      value: async (x: Float64Array) => residuals(x).reduce((sum, r) => sum + 0.5 * r * r, 0),
      model: async (x: Float64Array) => {
        const slopes = outputs(x).map((value) => 1 - value * value);
        const jacobian = matrix(
          m,
          n,
          weights.map((w, at) => 0.3 * w * slopes[Math.floor(at / n)]!),
        );
        const r = matrix(m, 1, Float64Array.from(residuals(x)));
        return {
          gradient: matmul(jacobian, r, { transposeA: true }).data,
          hessian: matmul(jacobian, jacobian, { transposeA: true }),
        };
      },
    };
  };
  const targets = {
    inside: [0.4, -0.3, 0.6],
    "on a face": [1.4, -0.3, 0.6],
    "on an edge": [1.5, -1.5, 0.2],
    "at a corner": [2, -2, 2],
  };
  const starts = [
    [0.1, 0.2, -0.3],
    [1, 0.2, -0.3],
    [-1, 1, -1],
    [-1, -1, -1],
    [1, -1, 1],
    [5, 0, -5],
  ];
  const cases = Object.entries(targets).flatMap(([where, truth], faces) =>
    starts.map((from) => ({ where, truth, faces, from })),
  );

  test.each(cases)("the optimum $where from $from", async ({ truth, faces, from }) => {
    const objective = towards(truth);
    const { point, converged } = await levenbergMarquardt(objective, Float64Array.from(from), {
      bounds: [-1, 1],
      tolerance: 1e-14,
      steps: 200,
    });
    expect(converged).toBe(true);
    // The conditions of Karush, Kuhn and Tucker: inside the slope is 0, on a face it presses against it.
    const { gradient } = await objective.model(point);
    expect(point.filter((x) => Math.abs(x) === 1)).toHaveLength(faces);
    point.forEach((x, i) => {
      if (Math.abs(x) === 1) expect(-gradient[i]! * x).toBeGreaterThan(1e-3);
      else expect(Math.abs(gradient[i]!)).toBeLessThan(1e-6);
    });
  });

  test("a start on the wrong face is no optimum", async () => {
    const [gone, here] = [Float64Array.of(1, 1, 1), towards(targets["at a corner"])];
    const found = await levenbergMarquardt(here, gone, { bounds: [-1, 1] });
    expect(found.point).toEqual(Float64Array.of(1, -1, 1));
  });

  test.each([
    [1, 1],
    [2, 1],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
  ])("refuses a box from %s to %s", async (low, high) => {
    const run = levenbergMarquardt(towards([0, 0, 0]), new Float64Array(n), { bounds: [low, high] });
    await expect(run).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("truncatedNewton", () => {
  /** ½‖r‖² of the valley, and as H the JᵀJ of Gauss–Newton, both with a factor. */
  const valley = (factor = 1, sign = 1) => {
    const residuals = ([x, y]: Float64Array) => [Math.SQRT2 * (1 - x!), Math.SQRT2 * 10 * (y! - x! * x!)];
    return {
      value: async (x: Float64Array) => factor * residuals(x).reduce((sum, r) => sum + 0.5 * r * r, 0),
      model: async (at: Float64Array) => {
        const jacobian = matrix(
          2,
          2,
          [-1, 0, -20 * at[0]!, 10].map((d) => d * Math.SQRT2),
        );
        const r = matrix(2, 1, Float64Array.from(residuals(at)));
        const scaled = (values: Float64Array, by: number) => values.map((value) => by * value);
        return {
          gradient: scaled(matmul(jacobian, r, { transposeA: true }).data, sign * factor),
          product: async (c: Float64Array) =>
            scaled(matmul(jacobian, matmul(jacobian, matrix(2, 1, c)), { transposeA: true }).data, factor),
          move: (c: Float64Array) => c,
        };
      },
    };
  };

  test("the valley, from a small region and a large one", async () => {
    for (const radius of [0.01, 1e6]) {
      const { point, converged } = await truncatedNewton(valley(), start, { radius, steps: 500 });
      expect(converged).toBe(true);
      expect(Math.hypot(point[0]! - 1, point[1]! - 1)).toBeLessThan(1e-5);
    }
  });

  test("a power of two changes neither point nor flag", async () => {
    const { value, ...plain } = await truncatedNewton(valley(), start, { radius: 1 });
    for (const k of [-200, 60]) {
      const found = await truncatedNewton(valley(2 ** k), start, { radius: 1 });
      expect(found).toEqual({ ...plain, value: 2 ** k * value });
    }
  });

  test("with the gradient of the wrong sign nothing is lower, and nothing is said to have converged", async () => {
    const found = await truncatedNewton(valley(1, -1), start, { radius: 1, steps: 500 });
    expect(found).toMatchObject({ point: start, converged: false });
  });

  test("a saddle, from which no gradient leads, is no minimum: it goes on along the negative curvature", async () => {
    /** (x² − a)² + y² + 1: for a > 0 two minima at ±√a, and a saddle at 0 with the curvature −4a. */
    const wells = (a: number) => ({
      value: async ([x, y]: Float64Array) => (x! ** 2 - a) ** 2 + y! ** 2 + 1,
      model: async ([x, y]: Float64Array) => ({
        gradient: Float64Array.of(4 * x! * (x! ** 2 - a), 2 * y!),
        product: async (c: Float64Array) => Float64Array.of((12 * x! ** 2 - 4 * a) * c[0]!, 2 * c[1]!),
        move: (c: Float64Array) => c,
      }),
    });
    for (const from of [Float64Array.of(0, 0), Float64Array.of(0, 0.7), Float64Array.of(1e-9, 0)]) {
      for (const radius of [0.1, 100]) {
        const { point, value, converged } = await truncatedNewton(wells(1), from, { radius });
        expect(converged).toBe(true);
        expect(value).toBeCloseTo(1, 5);
        expect(Math.abs(point[0]!)).toBeCloseTo(1, 2);
      }
    }
    const cut = await truncatedNewton(wells(1), Float64Array.of(0, 0), { radius: 1, steps: 1 });
    expect(cut).toMatchObject({ converged: false, steps: 1 });
    const flat = await truncatedNewton(wells(0), Float64Array.of(0, 0.5), { radius: 1 });
    expect(flat).toMatchObject({ converged: true, value: expect.closeTo(1, 6) });
  });

  test("counts its steps, and stops when told to", async () => {
    expect(await truncatedNewton(valley(), start, { radius: 1, steps: 3 })).toMatchObject({
      steps: 3,
      converged: false,
    });
    const { steps } = await truncatedNewton(valley(), start, { radius: 1, onStep: ({ step }) => step === 4 });
    expect(steps).toBe(4);
    const signal = AbortSignal.abort();
    await expect(truncatedNewton(valley(), start, { radius: 1, signal })).rejects.toThrow();
    const bad = { ...valley(), value: async () => Number.NaN };
    await expect(truncatedNewton(bad, start, { radius: 1 })).rejects.toMatchObject({ code: "NOT_FINITE" });
    await expect(truncatedNewton(valley(), start, { radius: 0 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
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

describe("scales", () => {
  const powers = [-200, -60, 60, 200];
  const times = (k: number): DifferentiableObjective => {
    const factor = 2 ** k;
    return async (x) => {
      const { value, gradient } = await smooth(x);
      return { value: factor * value, gradient: gradient.map((g) => factor * g) };
    };
  };
  /** The valley as a sum of squares, of residuals multiplied by 2^(k/2). */
  const valley = (k: number) => {
    const factor = 2 ** (k / 2);
    const residuals = (x: Float64Array) =>
      [Math.SQRT2 * (1 - x[0]!), Math.SQRT2 * 10 * (x[1]! - x[0]! ** 2)].map((r) => factor * r);
    return {
      value: async (x: Float64Array) => residuals(x).reduce((sum, r) => sum + 0.5 * r * r, 0),
      model: async (x: Float64Array) => {
        const rows = [-Math.SQRT2, 0, -20 * Math.SQRT2 * x[0]!, 10 * Math.SQRT2].map((d) => factor * d);
        const jacobian = matrix(2, 2, Float64Array.from(rows));
        const r = matrix(2, 1, Float64Array.from(residuals(x)));
        return {
          gradient: matmul(jacobian, r, { transposeA: true }).data,
          hessian: matmul(jacobian, jacobian, { transposeA: true }),
        };
      },
    };
  };

  const methods = {
    lbfgs: (k: number) => lbfgs(times(k), start, { steps: 200, tolerance: 1e-12 }),
    levenbergMarquardt: (k: number) => levenbergMarquardt(valley(k), start),
    adam: (k: number) => adam(times(k), start, { steps: 50 }),
    cmaEs: (k: number) =>
      cmaEs(async (points) => points.map((x) => 2 ** k * rosenbrock(x)), start, { steps: 100 }),
  };

  test.each(Object.entries(methods))("%s: a power of two changes neither point nor flag", async (_, run) => {
    const { value, ...plain } = await run(0);
    for (const k of powers) expect(await run(k)).toEqual({ ...plain, value: 2 ** k * value });
  });

  test.each(["lbfgs", "levenbergMarquardt"] as const)("%s converges to the minimum", async (name) => {
    const { point, converged } = await methods[name](0);
    expect(converged).toBe(true);
    expect(Math.hypot(point[0]! - 1, point[1]! - 1)).toBeLessThan(1e-5);
  });
});

describe("no minimum, no convergence", () => {
  const shifted = (x: Float64Array) => x.map((value) => value - 3);
  const square = (x: Float64Array) => 1 + shifted(x).reduce((sum, r) => sum + 0.5 * r * r, 0);
  const away = Float64Array.of(1, -2);

  test.each([1, 0.5])("L-BFGS with %s times the gradient of the wrong sign", async (factor) => {
    const found = await lbfgs(
      async (x) => ({ value: square(x), gradient: shifted(x).map((r) => -factor * r) }),
      away,
    );
    expect(found).toMatchObject({ converged: false, point: away });
  });

  test("L-BFGS with a penalty's gradient of the wrong sign", async () => {
    // The value is least at 1.5; where value and gradient disagree, at 1.5 to 6, nothing is lower along the gradient.
    const found = await lbfgs(
      async (x) => ({
        value: square(x) + 0.5 * x[0]! ** 2,
        gradient: Float64Array.of(x[0]! - 3 - 0.5 * x[0]!),
      }),
      Float64Array.of(0),
    );
    expect(found.converged).toBe(false);
  });

  test("Levenberg–Marquardt with the gradient of the wrong sign", async () => {
    const found = await levenbergMarquardt(
      {
        value: async (x) => square(x),
        model: async (x) => ({ gradient: shifted(x).map((r) => -r), hessian: identity(2) }),
      },
      away,
    );
    expect(found).toMatchObject({ converged: false, point: away });
  });

  test("a start where nothing changes is a stationary point, and said to be so at once", async () => {
    const flat = async (x: Float64Array) => ({ value: 2, gradient: new Float64Array(x.length) });
    expect(await lbfgs(flat, away)).toEqual({ point: away, value: 2, steps: 0, converged: true });
    expect(await adam(flat, away)).toMatchObject({ point: away, value: 2, converged: false });
    const model = async () => ({ gradient: new Float64Array(2), hessian: matrix(2, 2) });
    expect(await levenbergMarquardt({ value: async () => 2, model }, away)).toMatchObject({
      steps: 0,
      converged: true,
    });
  });
});

test("without a number of steps, as many as the options say", async () => {
  // Downhill for ever.
  const down: DifferentiableObjective = async ([x]) => ({ value: -x!, gradient: Float64Array.of(-1, 0) });
  expect(await adam(down, start)).toMatchObject({ steps: 300, converged: false });
  const slope = async (points: readonly Float64Array[]) => points.map(([x]) => -x!);
  expect(await cmaEs(slope, start)).toMatchObject({ steps: 300, converged: false });
});

describe("refusals", () => {
  const box = async (points: readonly Float64Array[]) => points.map(rosenbrock);
  const squares = {
    value: async () => 1,
    model: async () => ({ gradient: new Float64Array(2), hessian: identity(2) }),
  };
  const invalid: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ...[0, -1, 2.5, Number.NaN].flatMap((steps) => [
      [
        "adam",
        `steps must be a positive integer, got ${steps}`,
        () => adam(smooth, start, { steps }),
      ] as const,
      [
        "lbfgs",
        `steps must be a positive integer, got ${steps}`,
        () => lbfgs(smooth, start, { steps }),
      ] as const,
      [
        "lm",
        `steps must be a positive integer, got ${steps}`,
        () => levenbergMarquardt(squares, start, { steps }),
      ] as const,
      [
        "cmaEs",
        `steps must be a positive integer, got ${steps}`,
        () => cmaEs(box, start, { steps }),
      ] as const,
      [
        "lbfgs",
        `memory must be a positive integer, got ${steps}`,
        () => lbfgs(smooth, start, { memory: steps }),
      ] as const,
    ]),
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].flatMap((x) => [
      [
        "adam",
        `learningRate must be positive and finite, got ${x}`,
        () => adam(smooth, start, { learningRate: x }),
      ] as const,
      [
        "lbfgs",
        `tolerance must be positive and finite, got ${x}`,
        () => lbfgs(smooth, start, { tolerance: x }),
      ] as const,
      [
        "lm",
        `tolerance must be positive and finite, got ${x}`,
        () => levenbergMarquardt(squares, start, { tolerance: x }),
      ] as const,
      [
        "lm",
        `damping must be positive and finite, got ${x}`,
        () => levenbergMarquardt(squares, start, { damping: x }),
      ] as const,
      [
        "cmaEs",
        `sigma must be positive and finite, got ${x}`,
        () => cmaEs(box, start, { sigma: x }),
      ] as const,
      [
        "cmaEs",
        `tolerance must be positive and finite, got ${x}`,
        () => cmaEs(box, start, { tolerance: x }),
      ] as const,
    ]),
    ...[-0.1, 1, Number.NaN].flatMap((x) => [
      [
        "adam",
        `beta1 must be at least 0 and below 1, got ${x}`,
        () => adam(smooth, start, { beta1: x }),
      ] as const,
      [
        "adam",
        `beta2 must be at least 0 and below 1, got ${x}`,
        () => adam(smooth, start, { beta2: x }),
      ] as const,
    ]),
    ...[1, 0, 3.5].map(
      (population) =>
        [
          "cmaEs",
          `population must be an integer of at least 2, got ${population}`,
          () => cmaEs(box, start, { population }),
        ] as const,
    ),
  ];
  test.each(invalid)("%s: %s", async (_, message, run) => {
    await expect(run()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  test("the least of each is taken", async () => {
    expect(await adam(smooth, start, { steps: 1, beta1: 0, beta2: 0 })).toMatchObject({ steps: 1 });
    expect(await lbfgs(smooth, start, { steps: 1, memory: 1 })).toMatchObject({ steps: 1 });
    expect(await cmaEs(box, start, { steps: 1, population: 2 })).toMatchObject({ steps: 1 });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a function that is %s at the start", async (value) => {
    const bad: DifferentiableObjective = async (x) => ({ value, gradient: x });
    const steep: DifferentiableObjective = async (x) => ({ value: 1, gradient: x.map(() => value) });
    const code = { code: "NOT_FINITE" };
    for (const objective of [bad, steep]) {
      await expect(adam(objective, start)).rejects.toMatchObject(code);
      await expect(lbfgs(objective, start)).rejects.toMatchObject(code);
    }
    await expect(levenbergMarquardt({ ...squares, value: async () => value }, start)).rejects.toMatchObject(
      code,
    );
    await expect(cmaEs(async (points) => points.map(() => value), start)).rejects.toMatchObject(code);
  });

  test("CMA-ES goes around values that are not numbers", async () => {
    const holed = async (points: readonly Float64Array[]) =>
      points.map((x) => (x[0]! < 0.99 ? Number.NaN : rosenbrock(x)));
    expect((await cmaEs(holed, Float64Array.of(1.5, 2), { steps: 200 })).value).toBeLessThan(1e-8);
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
