// The optimisers step by step, down a bent valley: what a search is after a few steps shows constants and rules that
// its end, the same minimum for many of them, does not. The numbers are those of the code when this was written.

import { type Matrix, matrix } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { adam, cmaEs, lbfgs, levenbergMarquardt, type Progress } from "../../src/optimize/index.ts";
import { truncatedNewton } from "../../src/optimize/truncated-newton.ts";

const start = Float64Array.of(-1.2, 1);

/** ½ Σ rᵢ² of r = (1 − x, 10(y − x²)), with its gradient and its second derivatives. */
const value = async ([x, y]: Float64Array) => ((1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2) / 2;
const gradient = ([x, y]: Float64Array) =>
  Float64Array.of(x! - 1 - 200 * x! * (y! - x! * x!), 100 * (y! - x! * x!));
const smooth = async (p: Float64Array) => ({ value: await value(p), gradient: gradient(p) });
/** JᵀJ of the residuals. */
const gaussNewton = ([x]: Float64Array): Matrix =>
  matrix(2, 2, [1 + 400 * x! * x!, -200 * x!, -200 * x!, 100]);

/** Value and place at some of the steps, to six digits. */
function recorder(at: readonly number[]) {
  const seen: number[][] = [];
  const onStep = ({ step, value, point }: Progress): undefined => {
    if (at.includes(step)) seen.push([step, value, ...point].map((x) => Number(x.toPrecision(6))));
    return undefined;
  };
  return { seen, onStep };
}

const searches = {
  adam: (options: object) => adam(smooth, start, { steps: 40, ...options }),
  lbfgs: (options: object) => lbfgs(smooth, start, { steps: 40, ...options }),
  "lbfgs that remembers two steps": (options: object) =>
    lbfgs(smooth, start, { steps: 40, memory: 2, ...options }),
  levenbergMarquardt: (options: object) =>
    levenbergMarquardt(
      { value, model: async (x) => ({ gradient: gradient(x), hessian: gaussNewton(x) }) },
      start,
      { steps: 40, ...options },
    ),
  "levenbergMarquardt in a box": (options: object) =>
    levenbergMarquardt(
      { value, model: async (x) => ({ gradient: gradient(x), hessian: gaussNewton(x) }) },
      start,
      { steps: 40, bounds: [-1.5, 0.8], ...options },
    ),
  truncatedNewton: (options: object) =>
    truncatedNewton(
      {
        value,
        model: async (x) => ({
          gradient: gradient(x),
          product: async (c) => {
            const [a, b, , d] = gaussNewton(x).data;
            return Float64Array.of(a! * c[0]! + b! * c[1]!, b! * c[0]! + d! * c[1]!);
          },
          move: (c) => c,
        }),
      },
      start,
      { steps: 40, radius: 0.5, ...options },
    ),
  cmaEs: (options: object) =>
    cmaEs((points) => Promise.all(points.map(value)), start, { steps: 40, seed: 3, ...options }),
  "cmaEs of twelve": (options: object) =>
    cmaEs((points) => Promise.all(points.map(value)), start, { steps: 40, population: 12, ...options }),
};

test.each(Object.entries(searches))("%s", async (_, search) => {
  const { seen, onStep } = recorder([1, 2, 3, 5, 8, 13, 21, 34]);
  const { steps, converged } = await search({ onStep });
  expect({ seen: seen.map(String), steps, converged }).toMatchSnapshot();
});
