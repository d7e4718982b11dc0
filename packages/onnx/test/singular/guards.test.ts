// Guards that never act have the derivatives of what they guard, also where that touches zero.

import { describe, expect, test } from "vitest";
import { OnnxMap } from "../../src/index.ts";
import { float, int } from "../../src/model/attributes.ts";
import { relativeError, runtime } from "../helpers.ts";
import { type Build, expectJacobian, hessian, modelOf } from "./composition.ts";

const squares: Build = (g, x) => g.op("Mul", [x, x]);
const sum: Build = (g, x) => g.op("ReduceSum", [x], { keepdims: int(0) });
const sumOfSquares: Build = (g, x) => sum(g, squares(g, x));
const twice = [2, 0, 0, 0, 2, 0, 0, 0, 2];

const guards: Record<string, Build> = {
  Abs: (g, s) => g.op("Abs", [s]),
  Relu: (g, s) => g.op("Relu", [s]),
  LeakyRelu: (g, s) => g.op("LeakyRelu", [s]),
  PRelu: (g, s) => g.op("PRelu", [s, g.scalar(0.25)]),
  Elu: (g, s) => g.op("Elu", [s], { alpha: float(0.5) }),
  Celu: (g, s) => g.op("Celu", [s], { alpha: float(0.5) }),
  "Selu, scaled": (g, s) => g.op("Selu", [s], { gamma: float(1) }),
  "Clip at 0": (g, s) => g.op("Clip", [s, g.scalar(0)]),
  "Clip between bounds": (g, s) => g.op("Clip", [s, g.scalar(-1), g.scalar(9)]),
  "Max with 0": (g, s) => g.op("Max", [s, g.scalar(0)]),
  "Min of negatives": (g, s) => g.op("Neg", [g.op("Min", [g.op("Neg", [s]), g.scalar(0)])]),
  "Clip of negatives": (g, s) =>
    g.op("Neg", [g.op("Clip", [g.op("Mul", [s, g.scalar(-1)]), "", g.scalar(0)])]),
  "Max of 0": (g, s) => g.op("Max", [g.scalar(0), s]),
};

describe("guards of squared lengths", () => {
  test.each(Object.entries(guards))("%s", async (_name, guard) => {
    for (const build of [
      (g, x) => guard(g, sumOfSquares(g, x)),
      (g, x) => sum(g, guard(g, squares(g, x))),
    ] satisfies Build[]) {
      const model = modelOf(build, 3);
      await expectJacobian(model, [0, 0.5, 2], [0, 1, 4]);
      expect(relativeError(await hessian(model, [0, 0, 0]), twice)).toBeLessThan(1e-6);
      expect(relativeError(await hessian(model, [0, 0.5, 2]), twice)).toBeLessThan(1e-6);
    }
  });

  test.each(Object.entries(guards))("a radial kernel with %s", async (_name, guard) => {
    const model = modelOf((g, x) => g.op("Exp", [g.op("Neg", [guard(g, sumOfSquares(g, x))])]), 3);
    const expected = twice.map((value) => -value);
    expect(relativeError(await hessian(model, [0, 0, 0]), expected)).toBeLessThan(1e-6);
  });

  test("a bound that acts stays", async () => {
    const [low, tiny] = [0.25, 1e-12];
    for (const [op, bound] of [
      ["Max", low],
      ["Clip", low],
      ["Max", tiny],
    ] as const) {
      const map = await OnnxMap.create(
        modelOf((g, x) => g.op(op, [sumOfSquares(g, x), g.scalar(bound)]), 1),
        runtime,
      );
      const at = Float32Array.of(0);
      expect([...(await map.evaluate(at, 1))]).toEqual([Math.fround(bound)]);
      expect([...(await map.jvp(at, Float32Array.of(1), 1))]).toEqual([0]);
      await map.dispose();
    }
  });
});

describe("what may be above or below a bound is no guard", () => {
  const bounded: [string, Build, number, number][] = [
    ["half a square below 1", (g, s) => g.op("Min", [g.op("Mul", [s, g.scalar(0.5)]), g.scalar(1)]), 3, 1],
    ["a square below 0", (g, s) => g.op("Min", [s, g.scalar(0)]), 3, 0],
    [
      "a square above −1 less 2",
      (g, s) => g.op("Max", [g.op("Sub", [s, g.scalar(2)]), g.scalar(-1)]),
      0.5,
      -1,
    ],
    [
      "minus half a square above −1",
      (g, s) => g.op("Max", [g.op("Mul", [s, g.scalar(-0.5)]), g.scalar(-1)]),
      3,
      -1,
    ],
    ["a square between −1 and 1", (g, s) => g.op("Clip", [s, g.scalar(-1), g.scalar(1)]), 3, 1],
    [
      "half a square up to 1",
      (g, s) => g.op("Clip", [g.op("Mul", [s, g.scalar(0.5)]), "", g.scalar(1)]),
      3,
      1,
    ],
    [
      "a product of which one factor changes its sign",
      (g, s) => g.op("Max", [g.op("Mul", [s, g.float([-1, 1])]), g.float([0, 0])]),
      2,
      0,
    ],
  ];
  test.each(bounded)("%s", async (_name, guard, x, expected) => {
    const map = await OnnxMap.create(
      modelOf((g, x) => guard(g, sumOfSquares(g, x)), 1),
      runtime,
    );
    const at = Float32Array.of(x);
    expect((await map.evaluate(at, 1))[0]).toBe(expected);
    expect((await map.jvp(at, Float32Array.of(1), 1))[0]).toBeCloseTo(0, 12);
    await map.dispose();
  });
});

describe("even functions of absolute values", () => {
  const absolute: Build = (g, x) => g.op("Abs", [x]);
  const even: Record<string, Build> = {
    ReduceSumSquare: (g, x) => g.op("ReduceSumSquare", [absolute(g, x)], { keepdims: int(0) }),
    "ReduceL1 of squares": (g, x) => g.op("ReduceL1", [squares(g, x)], { keepdims: int(0) }),
    "a product": (g, x) => sumOfSquares(g, absolute(g, x)),
    "a power": (g, x) => sum(g, g.op("Pow", [absolute(g, x), g.scalar(2)])),
    "a scaled one": (g, x) => {
      const scaled = g.op("Neg", [g.op("Mul", [g.scalar(2), absolute(g, x)])]);
      return g.op("Mul", [sumOfSquares(g, scaled), g.scalar(0.25)]);
    },
    "a squared norm": (g, x) => {
      const norm = g.op("ReduceL2", [absolute(g, x)], { keepdims: int(0) });
      return g.op("Mul", [norm, norm]);
    },
  };
  test.each(Object.entries(even))("%s", async (_name, build) => {
    expect(relativeError(await hessian(modelOf(build, 3), [0, 0.5, 2]), twice)).toBeLessThan(1e-6);
  });

  test("the norm of absolute values", async () => {
    const model = modelOf((g, x) => g.op("ReduceL2", [absolute(g, x)], { keepdims: int(0) }), 2);
    expect(relativeError(await hessian(model, [0, 2]), [0.5, 0, 0, 0])).toBeLessThan(1e-6);
  });
});
