// What the options of the optimisers may be: the least that is taken, and what is refused beyond it.

import { identity, matrix } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { adam, cmaEs, lbfgs, levenbergMarquardt } from "../../src/optimize/index.ts";
import { isBelowSingle, isNegligible } from "../../src/optimize/objective.ts";
import { truncatedNewton } from "../../src/optimize/truncated-newton.ts";

/** ½‖x‖². */
const value = async (x: Float64Array) => x.reduce((sum, v) => sum + (v * v) / 2, 0);
const smooth = async (x: Float64Array) => ({ value: await value(x), gradient: x.slice() });
const quadratic = {
  value,
  model: async (x: Float64Array) => ({ gradient: x.slice(), hessian: identity(2) }),
};
const newton = {
  value,
  model: async (x: Float64Array) => ({
    gradient: x.slice(),
    product: async (c: Float64Array) => c,
    move: (c: Float64Array) => c,
  }),
};
const start = Float64Array.of(1, -2);

type Options = Record<string, unknown>;
const searches: Record<string, (options: Options) => Promise<unknown>> = {
  adam: (options) => adam(smooth, start, { steps: 2, ...options }),
  lbfgs: (options) => lbfgs(smooth, start, { steps: 2, ...options }),
  levenbergMarquardt: (options) => levenbergMarquardt(quadratic, start, { steps: 2, ...options }),
  truncatedNewton: (options) => truncatedNewton(newton, start, { steps: 2, radius: 1, ...options }),
  cmaEs: (options) => cmaEs((points) => Promise.all(points.map(value)), start, { steps: 2, ...options }),
};

const counts = {
  adam: ["steps"],
  lbfgs: ["steps", "memory"],
  levenbergMarquardt: ["steps"],
  truncatedNewton: ["steps"],
  cmaEs: ["steps"],
};
const positive = {
  adam: ["learningRate"],
  lbfgs: ["tolerance"],
  levenbergMarquardt: ["damping", "tolerance"],
  truncatedNewton: ["radius", "tolerance"],
  cmaEs: ["sigma", "tolerance"],
};
const pairs = (options: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(options).flatMap(([name, list]) => list.map((option) => [name, option] as const));

const refused = { code: "INVALID_ARGUMENT" };

test.each(pairs(counts))("%s: %s is a count", async (name, option) => {
  const search = searches[name]!;
  for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(search({ [option]: bad })).rejects.toMatchObject(refused);
  }
  await expect(search({ [option]: 1 })).resolves.toBeDefined();
});

test.each(pairs(positive))("%s: %s is positive and finite", async (name, option) => {
  const search = searches[name]!;
  for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(search({ [option]: bad })).rejects.toMatchObject(refused);
  }
  await expect(search({ [option]: 1e-12 })).resolves.toBeDefined();
});

test("adam: the decay of its means is at least 0 and below 1", async () => {
  for (const option of ["beta1", "beta2"]) {
    for (const bad of [-0.1, 1, Number.NaN]) {
      await expect(searches.adam!({ [option]: bad })).rejects.toMatchObject(refused);
    }
    await expect(searches.adam!({ [option]: 0 })).resolves.toBeDefined();
  }
});

test("cmaEs: two samples are a generation, one is none", async () => {
  for (const population of [1, 2.5, Number.NaN]) {
    await expect(searches.cmaEs!({ population })).rejects.toMatchObject(refused);
  }
  await expect(searches.cmaEs!({ population: 2 })).resolves.toBeDefined();
});

test("levenbergMarquardt: a box has an inside, and both ends", async () => {
  const ends = [
    [1, 1],
    [2, 1],
    [Number.NaN, 1],
    [0, Number.NaN],
    [Number.NEGATIVE_INFINITY, 1],
  ];
  for (const bounds of ends) {
    await expect(searches.levenbergMarquardt!({ bounds })).rejects.toMatchObject(refused);
  }
});

test("Levenberg–Marquardt begins with the damping times the largest of the diagonal", async () => {
  // ½(x² + (10y)²): H = diag(1, 100), so that with damping 1 the first step divides by 101 and 200.
  const objective = {
    value: async ([x, y]: Float64Array) => 0.5 * (x! ** 2 + 100 * y! ** 2),
    model: async ([x, y]: Float64Array) => ({
      gradient: Float64Array.of(x!, 100 * y!),
      hessian: matrix(2, 2, [1, 0, 0, 100]),
    }),
  };
  const { point } = await levenbergMarquardt(objective, Float64Array.of(1, 1), { damping: 1, steps: 1 });
  expect(point[0]).toBeCloseTo(1 - 1 / 101, 12);
  expect(point[1]).toBeCloseTo(0.5, 12);
});

test("what is negligible is so beside a first value of either sign", () => {
  for (const first of [-1, 1]) {
    expect(isNegligible(1e-33, 0, first, 1e-6)).toBe(true);
    expect(isNegligible(1e-30, 0, first, 1e-6)).toBe(false);
    expect(isNegligible(1e-7, first, first, 1e-6)).toBe(true);
  }
});

test("what is negligible, and what single precision may not show, includes the limit itself", () => {
  expect(isNegligible(0.5, 2, 0, 0.25)).toBe(true);
  expect(isNegligible(0.5 + 2 ** -53, 2, 0, 0.25)).toBe(false);
  expect(isNegligible(2 ** -104, 0, 1, 0.25)).toBe(true);
  expect(isNegligible(2 ** -103, 0, 1, 0.25)).toBe(false);
  expect(isBelowSingle(2 ** -19, -2)).toBe(true);
  expect(isBelowSingle(2 ** -19 + 2 ** -71, 2)).toBe(false);
});

/** Where a plane whose slope is 1 leads, with the values given for x = 0 and for where the first step goes, 1. */
async function walkOn(first: number, reached: number): Promise<number[]> {
  const asked: number[] = [];
  const plane = {
    value: async ([x]: Float64Array) => {
      asked.push(x!);
      return x === 0 ? first : reached;
    },
    model: async () => ({
      gradient: Float64Array.of(-1),
      product: async () => Float64Array.of(0),
      move: (c: Float64Array) => c,
    }),
  };
  await truncatedNewton(plane, Float64Array.of(0), { radius: 1, steps: 2 });
  return asked.slice(0, 3);
}

test.each([
  // A step that keeps three quarters of what was promised was good enough, one that keeps more lets the region grow.
  ["three quarters", 1, 0.25, 2],
  ["more than three quarters", 1, 0.25 - 2 ** -53, 3],
  ["more than a quarter", 1, 0.75 - 2 ** -53, 2],
  ["a quarter", 1, 0.75, 1.25],
  ["hardly anything", 1e-4, 0, 0.25],
  ["hardly more than that", 1.01e-4, 0, 1.25],
])("truncatedNewton, where a step keeps %s of its promise", async (_, first, reached, next) => {
  expect(await walkOn(first, reached)).toEqual([0, 1, next]);
});
