// Infinite slopes of what an operator further back holds fixed: the derivative is 0 there, of every order, and that of
// the function in float64 elsewhere.

import { describe, expect, test } from "vitest";
import { OnnxMap } from "../../src/index.ts";
import { int, ints } from "../../src/model/attributes.ts";
import { relativeError, runtime } from "../helpers.ts";
import { type Build, expectJacobian, hessian, modelOf } from "./composition.ts";

const clamped: Build = (g, x) => g.op("Min", [g.op("Max", [x, g.scalar(0)]), g.scalar(2)]);
const positive: Build = (g, x) => g.op("Max", [x, g.scalar(0)]);
const clip =
  (low: number, high: number): Build =>
  (g, x) =>
    g.op("Clip", [x, g.scalar(low), g.scalar(high)]);

/** f(x), f′(x), f″(x) between the bounds, in float64. */
interface Held {
  readonly build: Build;
  /** Where it is held with an infinite slope behind. */
  readonly held: readonly number[];
  readonly free: readonly number[];
  readonly first: (x: number) => number;
  readonly second: (x: number) => number;
}

const root = { first: (x: number) => 0.5 / Math.sqrt(x), second: (x: number) => -0.25 * x ** -1.5 };
const arcSine = {
  first: (x: number) => 1 / Math.sqrt(1 - x * x),
  second: (x: number) => x * (1 - x * x) ** -1.5,
};

const cases: Readonly<Record<string, Held>> = {
  "√min(max(x, 0), 2)": {
    build: (g, x) => g.op("Sqrt", [clamped(g, x)]),
    held: [-3, -1e-3, 2.5],
    free: [1, 1.5],
    ...root,
  },
  "min(max(x, 0), 2)^½": {
    build: (g, x) => g.op("Pow", [clamped(g, x), g.scalar(0.5)]),
    held: [-3, -1e-3, 2.5],
    free: [1, 1.5],
    ...root,
  },
  "√ of a scaled maximum": {
    build: (g, x) => g.op("Sqrt", [g.op("Mul", [positive(g, x), g.scalar(4)])]),
    held: [-1],
    free: [1, 5],
    first: (x) => 2 * root.first(x),
    second: (x) => 2 * root.second(x),
  },
  "√max(x, 0, −1)": {
    build: (g, x) => g.op("Sqrt", [g.op("Max", [x, g.scalar(0), g.scalar(-1)])]),
    held: [-2, -0.5],
    free: [3],
    ...root,
  },
  "√(2 − min(x, 2))": {
    build: (g, x) => g.op("Sqrt", [g.op("Sub", [g.scalar(2), g.op("Min", [x, g.scalar(2)])])]),
    held: [3],
    free: [1],
    first: (x) => -root.first(2 - x),
    second: (x) => root.second(2 - x),
  },
  "√(1 − clip(x, −1, 1)²)": {
    build: (g, x) => {
      const c = clip(-1, 1)(g, x);
      return g.op("Sqrt", [g.op("Sub", [g.scalar(1), g.op("Mul", [c, c])])]);
    },
    held: [-3, -1, 1, 2],
    free: [0, 0.5],
    first: (x) => -x / Math.sqrt(1 - x * x),
    second: (x) => -((1 - x * x) ** -1.5),
  },
  "√hardsigmoid x": {
    build: (g, x) => g.op("Sqrt", [g.op("HardSigmoid", [x])]),
    held: [-3],
    free: [1],
    first: (x) => 0.2 * root.first(0.2 * x + 0.5),
    second: (x) => 0.04 * root.second(0.2 * x + 0.5),
  },
  "√ where x > 1": {
    build: (g, x) => {
      const kept = g.op("Where", [g.op("Greater", [x, g.scalar(1)]), x, g.scalar(0)]);
      return g.op("Sqrt", [g.op("Identity", [kept])]);
    },
    held: [-1, 0, 0.5],
    free: [4],
    ...root,
  },
  "arcsin of a clip halved": {
    build: (g, x) => g.op("Asin", [g.op("Mul", [clip(-2, 2)(g, x), g.scalar(0.5)])]),
    held: [-3, -2, 2, 5],
    free: [1],
    first: (x) => 0.5 * arcSine.first(x / 2),
    second: (x) => 0.25 * arcSine.second(x / 2),
  },
  "arcsin max(min(x, 1), −1)": {
    build: (g, x) => g.op("Asin", [g.op("Max", [g.op("Min", [x, g.scalar(1)]), g.scalar(-1)])]),
    held: [-3, 2],
    free: [0.5],
    ...arcSine,
  },
};

describe.each(Object.entries(cases))("%s", (_name, { build, held, free, first, second }) => {
  test("has derivatives 0 where it is held", async () => {
    for (const x of held) {
      await expectJacobian(modelOf(build, 1), [x], [0]);
      expect((await hessian(modelOf(build, 1), [x]))[0]).toBeCloseTo(0, 12);
    }
  });

  test("has its own elsewhere", async () => {
    for (const x of free) {
      await expectJacobian(modelOf(build, 1), [x], [first(x)]);
      expect(relativeError(await hessian(modelOf(build, 1), [x]), [second(x)], 1e-3)).toBeLessThan(1e-5);
    }
  });
});

const carried: Readonly<Record<string, Build>> = {
  Reshape: (g, x) => g.op("Reshape", [x, g.int64([2, 1])]),
  Transpose: (g, x) => g.op("Transpose", [x], { perm: ints([1, 0]) }),
  Squeeze: (g, x) => g.op("Squeeze", [x, g.int64([0])]),
  "Gather backwards": (g, x) => g.op("Gather", [x, g.int64([1, 0])], { axis: int(1) }),
  "Slice backwards": (g, x) => g.op("Slice", [x, g.int64([1]), g.int64([-9]), g.int64([1]), g.int64([-1])]),
};

test.each(Object.entries(carried))("behind %s the same elements are held", async (name, move) => {
  const build: Build = (g, x) => g.op("Sqrt", [move(g, positive(g, x))]);
  const expected = name.endsWith("backwards") ? [0, 0.25, 0, 0] : [0, 0, 0, 0.25];
  await expectJacobian(modelOf(build, 2), [-1, 4], expected);
});

test("a sum is held where all its terms are", async () => {
  const build: Build = (g, x) => g.op("Sqrt", [g.op("ReduceSum", [positive(g, x)], { keepdims: int(0) })]);
  await expectJacobian(modelOf(build, 2), [-1, -2], [0, 0]);
  await expectJacobian(modelOf(build, 2), [-1, 4], [0, 0.25]);
});

const refused: readonly [string, Build, number][] = [
  ["√min(max(x, 0), 2) at 0", cases["√min(max(x, 0), 2)"]!.build, 0],
  ["√max(0, x) at 0", (g, x) => g.op("Sqrt", [g.op("Max", [g.scalar(0), x])]), 0],
  ["√max(x, 2x) at 0", (g, x) => g.op("Sqrt", [g.op("Max", [x, g.op("Mul", [x, g.scalar(2)])])]), 0],
];

test.each(refused)("%s moves to one side, infinitely fast: refused", async (_name, build, x) => {
  const map = await OnnxMap.create(modelOf(build, 1), runtime);
  const [at, one] = [Float32Array.of(x), Float32Array.of(1)];
  const refusal = { code: "NUMERICAL_FAILURE", message: expect.stringContaining("the derivative of Sqrt") };
  await expect(map.jvp(at, one, 1)).rejects.toMatchObject(refusal);
  await expect(map.vjp(at, one, 1)).rejects.toMatchObject(refusal);
  await map.dispose();
});
