// What the options of the optimisers may be: the least that is taken, and what is refused beyond it.

import { identity } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { adam, cmaEs, lbfgs, levenbergMarquardt } from "../../src/optimize/index.ts";
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
