// Compositions whose derivative is finite although that of a part is not, and what is said of those that are refused.

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { decodeModel, OnnxMap } from "../../src/index.ts";
import { int, ints, string } from "../../src/model/attributes.ts";
import { relativeError, runtime } from "../helpers.ts";
import { requireShared, shared } from "../shared.ts";
import { type Build, expectJacobian, hessian, modelOf } from "./composition.ts";

const square: Build = (g, x) => g.op("Mul", [x, x]);
const norm: Build = (g, x) => g.op("ReduceL2", [x], { keepdims: int(0) });
const isPositive: Build = (g, x) => g.op("Greater", [x, g.scalar(0)]);

describe("squares of norms", () => {
  const gaussians: Record<string, Build> = {
    "a product": (g, x) => g.op("Neg", [square(g, norm(g, x))]),
    "a product with the sign on one side": (g, x) => {
      const n = norm(g, x);
      return g.op("Mul", [g.op("Neg", [n]), n]);
    },
    "a power": (g, x) => g.op("Neg", [g.op("Pow", [norm(g, x), g.scalar(2)])]),
    "a scaled norm": (g, x) => {
      const scaled = g.op("Div", [norm(g, x), g.scalar(0.5)]);
      return g.op("Mul", [g.op("Pow", [scaled, g.scalar(2)]), g.scalar(-0.25)]);
    },
    "a root of squares": (g, x) => {
      const sum = g.op("ReduceSum", [g.op("Pow", [x, g.scalar(2)])], { keepdims: int(0) });
      return g.op("Neg", [square(g, g.op("Sqrt", [sum]))]);
    },
    "a norm reshaped": (g, x) => {
      const reshaped = g.op("Reshape", [g.op("ReduceL2", [x]), g.int64([1])]);
      return g.op("Neg", [square(g, reshaped)]);
    },
    "a sum of squares": (g, x) => g.op("Neg", [g.op("ReduceSumSquare", [norm(g, x)], { keepdims: int(0) })]),
  };
  test.each(Object.entries(gaussians))("exp(−‖x‖²) at 0, by %s", async (_name, exponent) => {
    const model = modelOf((g, x) => g.op("Exp", [exponent(g, x)]), 3);
    await expectJacobian(model, [0, 0, 0], [0, 0, 0]);
    expect(relativeError(await hessian(model, [0, 0, 0]), [-2, 0, 0, 0, -2, 0, 0, 0, -2])).toBeLessThan(1e-6);
    // −2·(1 − 2xxᵀ)·exp(−‖x‖²).
    const at = [0.5, -1, 0];
    const expected = at.flatMap((a, i) =>
      at.map((b, j) => (4 * a * b - (i === j ? 2 : 0)) * Math.exp(-1.25)),
    );
    expect(relativeError(await hessian(model, at), expected)).toBeLessThan(1e-5);
  });

  test("the root of an Einsum of a tensor with itself is a norm", async () => {
    const build: Build = (g, x) =>
      g.op("Sqrt", [g.op("Einsum", [x, x], { equation: string("ij, ij -> i") })]);
    await expectJacobian(modelOf(build, 2), [0, 0], [0, 0]);
    await expectJacobian(modelOf(build, 2), [3, 4], [0.6, 0.8]);
    expect([...(await hessian(modelOf(build, 2), [0, 0]))].every(Number.isNaN)).toBe(true);
  });

  test("the norm itself has slope 0 at 0, and its second derivative is not a number", async () => {
    const model = modelOf(norm, 2);
    await expectJacobian(model, [0, 0], [0, 0]);
    expect([...(await hessian(model, [0, 0]))].every(Number.isNaN)).toBe(true);
  });
});

describe("products of like roots", () => {
  const root: Build = (g, x) => g.op("Sqrt", [x]);
  const products: [string, Build, slope: (x: number) => number][] = [
    ["√x·√x", (g, x) => square(g, root(g, x)), () => 1],
    ["(√x)²", (g, x) => g.op("Pow", [root(g, x), g.scalar(2)]), () => 1],
    ["√x·x⁰·⁵", (g, x) => g.op("Mul", [root(g, x), g.op("Pow", [x, g.scalar(0.5)])]), () => 1],
    ["x·√x", (g, x) => g.op("Mul", [x, root(g, x)]), (x) => 1.5 * Math.sqrt(x)],
    ["(√x)⁴", (g, x) => square(g, square(g, root(g, x))), (x) => 2 * x],
    [
      "3·√x·sin x·√x",
      (g, x) => {
        const scaled = g.op("Mul", [g.scalar(3), root(g, x)]);
        return g.op("Mul", [g.op("Mul", [scaled, g.op("Sin", [x])]), root(g, x)]);
      },
      (x) => 3 * (Math.sin(x) + x * Math.cos(x)),
    ],
  ];
  test.each(products)("%s at 0 and at 4", async (_name, build, slope) => {
    await expectJacobian(modelOf(build, 2), [0, 4], [slope(0), 0, 0, slope(4)]);
  });

  test("a negative number has no root, whatever it is multiplied by", async () => {
    const map = await OnnxMap.create(
      modelOf((g, x) => square(g, root(g, x)), 1),
      runtime,
    );
    const [at, one] = [Float32Array.of(-1), Float32Array.of(1)];
    await expect(map.evaluate(at, 1)).rejects.toThrow(/Sqrt node/);
    await expect(map.jvp(at, one, 1)).rejects.toMatchObject({ code: "NUMERICAL_FAILURE" });
    await expect(map.vjp(at, one, 1)).rejects.toMatchObject({ code: "NUMERICAL_FAILURE" });
    await map.dispose();
  });
});

describe("what Where discards", () => {
  const masked =
    (f: Build): Build =>
    (g, x) =>
      g.op("Where", [isPositive(g, x), f(g, x), g.scalar(0)]);
  const softplus: Build = (g, x) => g.op("Log", [g.op("Add", [g.scalar(1), g.op("Exp", [x])])]);
  const cases: [string, Build, point: number[], slopes: number[]][] = [
    [
      "in two Where nodes",
      (g, x) => {
        const log = g.op("Log", [x]);
        const first = g.op("Where", [isPositive(g, x), log, g.scalar(-9)]);
        return g.op("Add", [first, g.op("Where", [g.op("Greater", [x, g.scalar(1)]), log, g.scalar(0)])]);
      },
      [0, 4],
      [0, 0.5],
    ],
    ["one inside the other", masked(masked((g, x) => g.op("Log", [x]))), [0, 4], [0, 0.25]],
    [
      "an exponential that overflows",
      (g, x) => g.op("Where", [g.op("Greater", [x, g.scalar(20)]), x, softplus(g, x)]),
      [200, 1],
      [1, 1 / (1 + Math.exp(-1))],
    ],
    [
      "by a condition on what another Where yields",
      (g, x) => {
        const log = g.op("Where", [isPositive(g, x), g.op("Log", [x]), g.scalar(-9)]);
        return g.op("Where", [g.op("Greater", [log, g.scalar(-5)]), log, g.scalar(-5)]);
      },
      [0, 4],
      [0, 0.25],
    ],
    [
      "a root of a root, each where it is positive",
      (g, x) => masked((h, s) => h.op("Sqrt", [s]))(g, masked((h, s) => h.op("Sqrt", [s]))(g, x)),
      [0, 16],
      [0, 1 / 32],
    ],
    [
      "by a condition on what it discards, two operators later",
      (g, x) => {
        const twice = g.op("Mul", [g.op("Reciprocal", [x]), g.scalar(2)]);
        return g.op("Where", [g.op("IsInf", [twice]), g.scalar(1), g.op("Exp", [twice])]);
      },
      [0, 2],
      [0, -0.5 * Math.E],
    ],
  ];
  test.each(cases)("%s", async (_name, build, point, slopes) => {
    await expectJacobian(modelOf(build, 2), point, [slopes[0]!, 0, 0, slopes[1]!]);
    expect([...(await hessian(modelOf(build, 2), point))].every(Number.isFinite)).toBe(true);
  });

  test("a row of a softmax that is masked", async () => {
    const build: Build = (g, x) => {
      const rows = g.op("Concat", [x, x], { axis: int(0) });
      const mask = g.float([0, 0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], [2, 2]);
      const s = g.op("Softmax", [g.op("Add", [rows, mask])], { axis: int(1) });
      const kept = g.op("Where", [g.op("IsNaN", [s]), g.scalar(0), s]);
      return g.op("ReduceSum", [kept, g.int64([0])]);
    };
    await expectJacobian(modelOf(build, 2), [1, 1], [0.25, -0.25, -0.25, 0.25]);
  });

  const moves: [string, (g: Parameters<Build>[0], x: string) => string][] = [
    ["Transpose", (g, x) => g.op("Transpose", [x], { perm: ints([1, 0]) })],
    ["Reshape", (g, x) => g.op("Reshape", [x, g.int64([2, 1])])],
    ["Expand", (g, x) => g.op("Expand", [x, g.int64([3, 2])])],
    ["Gather", (g, x) => g.op("Gather", [x, g.int64([1, 0, 1])], { axis: int(1) })],
    ["Slice", (g, x) => g.op("Slice", [x, g.int64([0]), g.int64([1]), g.int64([1])])],
    [
      "Slice backwards",
      (g, x) => g.op("Slice", [x, g.int64([1]), g.int64([-9]), g.int64([1]), g.int64([-1])]),
    ],
    ["Concat", (g, x) => g.op("Concat", [x, x], { axis: int(1) })],
  ];
  test.each(moves)("behind %s", async (_name, move) => {
    // The logarithm of a zero is discarded where it has been moved to.
    const build: Build = (g, x) => {
      const moved = g.op("Where", [isPositive(g, move(g, x)), move(g, g.op("Log", [x])), g.scalar(0)]);
      return g.op("ReduceSum", [moved], { keepdims: int(0) });
    };
    const linear: Build = (g, x) => g.op("ReduceSum", [move(g, x)], { keepdims: int(0) });
    const map = await OnnxMap.create(modelOf(linear, 2), runtime);
    const [, times] = await map.vjp(Float32Array.of(0, 0), Float32Array.of(1), 1);
    await map.dispose();
    await expectJacobian(modelOf(build, 2), [0, 4], [0, times! / 4]);
  });

  test("what others read of it stays as it is", async () => {
    const build: Build = (g, x) => {
      const log = g.op("Log", [x]);
      const kept = g.op("Where", [g.op("Greater", [x, g.scalar(1)]), log, g.scalar(0)]);
      return g.op("Add", [kept, g.op("Floor", [log])]);
    };
    const map = await OnnxMap.create(modelOf(build, 2), runtime);
    const found = await map.evaluate(Float32Array.of(0.25, 4), 1);
    expect(relativeError(found, [-2, 1 + Math.log(4)])).toBeLessThan(1e-6);
    await map.dispose();
    await expectJacobian(modelOf(build, 2), [0.25, 4], [0, 0, 0, 0.25]);
  });

  test("a direction of zeros, by its length", async () => {
    const build: Build = (g, x) => {
      const n = g.op("ReduceL2", [x]);
      return g.op("Where", [isPositive(g, n), g.op("Div", [x, n]), g.scalar(0)]);
    };
    await expectJacobian(modelOf(build, 2), [0, 0], [0, 0, 0, 0]);
    await expectJacobian(modelOf(build, 2), [3, 4], [0.128, -0.096, -0.096, 0.072]);
  });
});

describe("roots of sums of what cannot be negative", () => {
  const sum: Build = (g, x) => g.op("ReduceSum", [x], { keepdims: int(0) });
  const rooted =
    (f: Build): Build =>
    (g, x) =>
      g.op("Sqrt", [f(g, x)]);
  const norms: [string, Build, point: number[], slopes: number[]][] = [
    [
      "a matrix product of squares and weights",
      rooted((g, x) => g.op("MatMul", [square(g, x), g.float([1, 4], [2, 1])])),
      [3, 2],
      [0.6, 1.6],
    ],
    [
      "a convolution of squares by weights, with a bias of 0",
      rooted((g, x) => {
        const image = g.op("Reshape", [square(g, x), g.int64([1, 1, 2])]);
        return g.op("Conv", [image, g.float([1, 4], [1, 1, 2]), g.float([0], [1])]);
      }),
      [3, 2],
      [0.6, 1.6],
    ],
  ];
  test.each(norms)("%s: a norm", async (_name, build, point, slopes) => {
    await expectJacobian(modelOf(build, 2), [0, 0], [0, 0]);
    await expectJacobian(modelOf(build, 2), point, slopes);
    expect([...(await hessian(modelOf(build, 2), [0, 0]))].every(Number.isFinite)).toBe(false);
  });

  const [first, second] = [0, 1].map(
    (i): Build =>
      (g, x) =>
        g.op("Gather", [x, g.int64([i])], { axis: int(1) }),
  ) as [Build, Build];
  const refused: [string, Build, point: number[]][] = [
    [
      "a matrix product with the transpose",
      rooted((g, x) => g.op("MatMul", [x, g.op("Transpose", [x])])),
      [0, 0],
    ],
    [
      "a convolution of squares by weights of both signs",
      rooted((g, x) => {
        const image = g.op("Reshape", [square(g, x), g.int64([1, 1, 2])]);
        return g.op("Conv", [image, g.float([1, -1], [1, 1, 2])]);
      }),
      [0, 0],
    ],
    [
      "a square written out, under a guard",
      rooted((g, x) => {
        const [a, b] = [first(g, x), second(g, x)];
        const mixed = g.op("Mul", [g.scalar(2), g.op("Mul", [a, b])]);
        const expanded = g.op("Add", [g.op("Sub", [square(g, a), mixed]), square(g, b)]);
        return sum(g, g.op("Max", [expanded, g.scalar(0)]));
      }),
      [2, 2],
    ],
    [
      "a product of which one factor is zero",
      rooted((g, x) => g.op("Mul", [g.op("Abs", [first(g, x)]), g.op("Abs", [second(g, x)])])),
      [0, 1],
    ],
  ];
  test.each(refused)("%s: refused", async (_name, build, point) => {
    const map = await OnnxMap.create(modelOf(build, 2), runtime);
    const [at, m] = [Float32Array.from(point), map.to.dim];
    const refusal = { code: "NUMERICAL_FAILURE", message: expect.stringContaining("the derivative of Sqrt") };
    await expect(map.jvp(at, Float32Array.of(1, 0.5), 1)).rejects.toMatchObject(refusal);
    await expect(map.vjp(at, new Float32Array(m).fill(1), 1)).rejects.toMatchObject(refusal);
    await map.dispose();
  });

  test("a product of squares of which one is zero is an absolute value there, not flat", async () => {
    const build = rooted((g, x) => {
      const fourth = square(g, square(g, first(g, x)));
      return g.op("Mul", [fourth, square(g, second(g, x))]);
    });
    await expectJacobian(modelOf(build, 2), [1, 0], [0, 0]);
    expect([...(await hessian(modelOf(build, 2), [1, 0]))].every(Number.isFinite)).toBe(false);
  });

  test("a square written out is held by a bound above 0, and smooth with a term above 0", async () => {
    const expanded: Build = (g, x) => {
      const [a, b] = [first(g, x), second(g, x)];
      const mixed = g.op("Mul", [g.scalar(2), g.op("Mul", [a, b])]);
      return g.op("Add", [g.op("Sub", [square(g, a), mixed]), square(g, b)]);
    };
    const tiny = 1 / 1024;
    const held = modelOf(
      rooted((g, x) => g.op("Max", [expanded(g, x), g.scalar(tiny)])),
      2,
    );
    await expectJacobian(held, [2, 2], [0, 0]);
    expect([...(await hessian(held, [2, 2]))]).toEqual([0, 0, 0, 0]);
    const smooth = modelOf(
      rooted((g, x) => g.op("Add", [expanded(g, x), g.scalar(tiny)])),
      2,
    );
    await expectJacobian(smooth, [2, 2], [0, 0]);
    expect(relativeError(await hessian(smooth, [2, 2]), [32, -32, -32, 32])).toBeLessThan(1e-5);
  });
});

describe("powers with base and exponent from one point", () => {
  const powers: [string, Build][] = [
    ["xˣ", (g, x) => g.op("Pow", [x, x])],
    ["(x²)ˣ", (g, x) => g.op("Pow", [square(g, x), x])],
    ["|x|ˣ", (g, x) => g.op("Pow", [g.op("Abs", [x]), x])],
    ["0ˣ", (g, x) => g.op("Pow", [g.scalar(0), x])],
  ];
  test.each(powers)("%s falls infinitely fast at 0: refused", async (_name, build) => {
    const map = await OnnxMap.create(modelOf(build, 1), runtime);
    const [at, one] = [Float32Array.of(0), Float32Array.of(1)];
    const refusal = { code: "NUMERICAL_FAILURE", message: expect.stringContaining("the derivative of Pow") };
    await expect(map.jvp(at, one, 1)).rejects.toMatchObject(refusal);
    await expect(map.vjp(at, one, 1)).rejects.toMatchObject(refusal);
    await map.dispose();
  });

  test("(x²)^(2 + x) at 0 has slope 0, and xˣ its own elsewhere", async () => {
    const build: Build = (g, x) => g.op("Pow", [square(g, x), g.op("Add", [x, g.scalar(2)])]);
    await expectJacobian(modelOf(build, 1), [0], [0]);
    expect([...(await hessian(modelOf(build, 1), [0]))]).toEqual([0]);
    await expectJacobian(modelOf(powers[0]![1], 1), [2], [4 * (1 + Math.LN2)]);
  });
});

describe("a value that overflows has no derivative in either direction", () => {
  const overflowing: [string, Build][] = [
    ["ReduceL2", norm],
    [
      "Sqrt of a sum of squares",
      (g, x) => g.op("Sqrt", [g.op("ReduceSum", [square(g, x)], { keepdims: int(0) })]),
    ],
    ["LpPool", (g, x) => g.op("GlobalLpPool", [g.op("Reshape", [x, g.int64([1, 1, 2])])], { p: int(2) })],
  ];
  test.each(overflowing)("%s", async (_name, build) => {
    const map = await OnnxMap.create(modelOf(build, 2), runtime);
    const [at, one] = [Float32Array.of(1e20, 1e20), Float32Array.of(1, 1)];
    const refusal = { code: "NUMERICAL_FAILURE", message: expect.stringContaining("overflows") };
    await expect(map.evaluate(at, 1)).rejects.toMatchObject(refusal);
    await expect(map.jvp(at, one, 1)).rejects.toMatchObject(refusal);
    await expect(map.vjp(at, one.subarray(0, 1), 1)).rejects.toMatchObject(refusal);
    await expect(map.linearize(at)).rejects.toMatchObject(refusal);
    await map.dispose();
  });
});

describe("an infinite slope is refused by name", () => {
  const slopes: [string, Build, number][] = [
    ["Sqrt", (g, x) => g.op("Sqrt", [x]), 0],
    ["Pow", (g, x) => g.op("Pow", [x, g.scalar(0.5)]), 0],
    ["Asin", (g, x) => g.op("Asin", [x]), 1],
    ["Acosh", (g, x) => g.op("Acosh", [x]), 1],
  ];
  test.each(slopes)("%s", async (op, build, value) => {
    const map = await OnnxMap.create(modelOf(build, 2), runtime);
    const [at, one] = [Float32Array.of(value, value), Float32Array.of(1, 1)];
    const linear = await map.linearize(at);
    const refusal = {
      code: "NUMERICAL_FAILURE",
      message: expect.stringContaining(`the derivative of ${op} node`),
    };
    await expect(map.jvp(at, one, 1)).rejects.toMatchObject(refusal);
    await expect(map.vjp(at, one, 1)).rejects.toMatchObject(refusal);
    await expect(linear.jvp(one, 1)).rejects.toMatchObject(refusal);
    await expect(linear.vjp(one, 1)).rejects.toMatchObject(refusal);
    await map.dispose();
  });

  test("a network that overflows names the operator, too", async () => {
    const map = await OnnxMap.create(
      modelOf((g, x) => g.op("Exp", [g.op("Reciprocal", [x])]), 1),
      runtime,
    );
    await expect(map.evaluate(Float32Array.of(0), 1)).rejects.toThrow(/: Reciprocal node/);
    await map.dispose();
  });
});

test.each(["Max", "Min"])("%s of three shares a tie of all in thirds, one of two in halves", async (op) => {
  const build: Build = (g, x) => {
    const [a, b, c] = [0, 1, 2].map((i) => g.op("Gather", [x, g.int64([i])], { axis: int(1) }));
    return g.op(op, [a!, b!, c!]);
  };
  await expectJacobian(modelOf(build, 3), [2, 2, 2], [1 / 3, 1 / 3, 1 / 3]);
  const far = op === "Max" ? 1 : 3;
  await expectJacobian(modelOf(build, 3), [2, far, 2], [0.5, 0, 0.5]);
});

test("a product of four has the second derivatives of one, where one of them is zero", async () => {
  const model = modelOf((g, x) => g.op("ReduceProd", [x], { keepdims: int(0) }), 4);
  const second = await hessian(model, [2, 0, 3, 4]);
  expect([...second.subarray(4, 8)]).toEqual([12, 0, 8, 6]);
});

test.for(["rbf0", "sqrt0"])("%s of the shared cases", async (name, context) => {
  requireShared(context, `cases/${name}.onnx`);
  const file = `${shared}/cases/${name}.onnx`;
  const model = decodeModel(await readFile(file));
  if (name === "rbf0") {
    expect(relativeError(await hessian(model, [0, 0, 0]), [-2, 0, 0, 0, -2, 0, 0, 0, -2])).toBeLessThan(1e-6);
    return;
  }
  const map = await OnnxMap.create(model, runtime);
  await expect(map.jvp(new Float32Array(2), Float32Array.of(1, 0), 1)).rejects.toThrow(
    /derivative of Sqrt node/,
  );
  await map.dispose();
});

describe("a root moves wherever what it is of does", () => {
  const root: Build = (g, x) => g.op("Sqrt", [x]);
  const held: [string, Build, (x: number) => number][] = [
    ["Relu", (g, x) => g.op("Relu", [x]), (x) => (x > 0 ? 1 : 0)],
    ["Clip from 0", (g, x) => g.op("Clip", [x, g.scalar(0)]), (x) => (x > 0 ? 1 : 0)],
    [
      "Clip from 0 to 2",
      (g, x) => g.op("Clip", [x, g.scalar(0), g.scalar(2)]),
      (x) => (x > 0 && x < 2 ? 1 : 0),
    ],
    ["Max with 0", (g, x) => g.op("Max", [x, g.scalar(0)]), (x) => (x > 0 ? 1 : 0)],
    ["Max of 0", (g, x) => g.op("Max", [g.scalar(0), x]), (x) => (x > 0 ? 1 : 0)],
    [
      "Where above 0",
      (g, x) => g.op("Where", [g.op("Greater", [x, g.scalar(0)]), x, g.scalar(0)]),
      (x) => (x > 0 ? 1 : 0),
    ],
    [
      "Where not below 0",
      (g, x) => g.op("Where", [g.op("Less", [x, g.scalar(0)]), g.scalar(0), x]),
      (x) => (x > 0 ? 1 : 0),
    ],
  ];
  test.each(held)("%s", async (_name, hold, slope) => {
    const point = [-3, -0.5, 0.25, 0.5, 1.5, 3];
    const expected = point.flatMap((x, i) =>
      point.map((_, j) => (i === j && slope(x) > 0 ? slope(x) / (2 * Math.sqrt(x)) : 0)),
    );
    await expectJacobian(
      modelOf((g, x) => root(g, hold(g, x)), point.length),
      point,
      expected,
    );
  });
});

describe("an arc moves wherever what it is of does, and is held where that is", () => {
  const arcs: [string, (x: number) => number][] = [
    ["Asin", (x) => 1 / Math.sqrt(1 - x * x)],
    ["Acos", (x) => -1 / Math.sqrt(1 - x * x)],
  ];
  const held: [string, Build, (x: number) => boolean][] = [
    ["Relu", (g, x) => g.op("Relu", [x]), (x) => x > 0],
    ["Clip to −1 and 1", (g, x) => g.op("Clip", [x, g.scalar(-1), g.scalar(1)]), (x) => Math.abs(x) < 1],
    ["Clip from −1", (g, x) => g.op("Clip", [x, g.scalar(-1)]), (x) => x > -1],
    ["Clip up to 1", (g, x) => g.op("Clip", [x, "", g.scalar(1)]), (x) => x < 1],
    ["Max with −1", (g, x) => g.op("Max", [x, g.scalar(-1)]), (x) => x > -1],
    ["Max of −1", (g, x) => g.op("Max", [g.scalar(-1), x]), (x) => x > -1],
    ["Min with 1", (g, x) => g.op("Min", [x, g.scalar(1)]), (x) => x < 1],
    ["Min of 1", (g, x) => g.op("Min", [g.scalar(1), x]), (x) => x < 1],
    [
      "Where below 1",
      (g, x) => g.op("Where", [g.op("Less", [x, g.scalar(1)]), x, g.scalar(1)]),
      (x) => x < 1,
    ],
    [
      "Where not above 1",
      (g, x) => g.op("Where", [g.op("Greater", [x, g.scalar(1)]), g.scalar(1), x]),
      (x) => x < 1,
    ],
  ];
  const cases = arcs.flatMap(([op, slope]) =>
    held.map((one) => [`${op} of ${one[0]}`, op, slope, ...one] as const),
  );
  test.each(cases)("%s", async (_title, op, slope, name, hold, moves) => {
    // Beyond −1 or 1 only where it is held there.
    const isHeld = (x: number) => !moves(x);
    const point = [-3, -0.75, -0.25, 0.25, 0.5, 3].filter((x) => Math.abs(x) < 1 || isHeld(x));
    expect(point.length, name).toBeGreaterThan(4);
    const expected = point.flatMap((x, i) => point.map((_, j) => (i === j && moves(x) ? slope(x) : 0)));
    const model = modelOf((g, x) => g.op(op, [hold(g, x)]), point.length);
    await expectJacobian(model, point, expected);
  });
});
