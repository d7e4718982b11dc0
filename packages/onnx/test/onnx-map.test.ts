// How a map runs its engine: batches, chunks, turns, interruption, precision.

import { type FloatArray, jacobian, VielbeinError } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { DataType, type Model, type Node, OnnxMap, type Tensor } from "../src/index.ts";
import { float, int, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";
import { golden, requireShared, sharedModel } from "./shared.ts";

/** The engine with a record: `widths` are the leading extents of the first input of every run of a map. */
function observed(onRun: () => void = () => undefined, failures = 0): { runtime: Runtime; widths: number[] } {
  const widths: number[] = [];
  let left = failures;
  return {
    widths,
    runtime: {
      name: "observed",
      async createSession(model, options) {
        if (options?.optimize !== false && left-- > 0) throw new VielbeinError("BACKEND_FAILED", "not now");
        const session = await runtime.createSession(model, options);
        return {
          inputNames: session.inputNames,
          outputNames: session.outputNames,
          dispose: () => session.dispose(),
          async run(feeds, fetches) {
            if (options?.optimize !== false) {
              widths.push(Math.max(...Object.values(feeds).map(({ dims }) => dims[0]!)));
              onRun();
            }
            return session.run(feeds, fetches);
          },
        };
      },
    },
  };
}

const weights = (name: string, dims: [number, number], seed: number): Tensor =>
  float32Tensor(name, Float32Array.from(normal(seed, 0, dims[0] * dims[1])), dims);

/** z [n, 6] → y, through `nodes` that read h [n, 5] = tanh(z·w). */
function network(
  nodes: readonly Node[],
  changes: { shape?: (string | number)[]; extra?: Tensor[] } = {},
): Model {
  return makeModel({
    nodes: [makeNode("MatMul", ["z", "w"], ["a"]), makeNode("Tanh", ["a"], ["h"]), ...nodes],
    initializers: [weights("w", [6, 5], 1), weights("v", [5, 4], 2), ...(changes.extra ?? [])],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: changes.shape ?? ["n", 6] }],
    outputs: [{ name: "y" }],
  });
}

const plain = network([makeNode("MatMul", ["h", "v"], ["y"])]);
const COUNT = 50;
const points = Float32Array.from(normal(7, 0, 6 * COUNT));

/** Values point by point, from a map that has no occasion to batch. */
async function oneByOne(model: Model, options = {}): Promise<Float32Array> {
  const map = await OnnxMap.create(model, runtime, options);
  const values = new Float32Array(COUNT * map.to.dim);
  for (let i = 0; i < COUNT; i++) {
    values.set(await map.evaluate(points.subarray(6 * i, 6 * i + 6), 1), i * map.to.dim);
  }
  await map.dispose();
  return values;
}

describe("evaluate many points", () => {
  test("together, where the batch axis is open", async () => {
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(plain, engine);
    const values = await map.evaluate(points, COUNT);
    expect(relativeError(values, await oneByOne(plain))).toBeLessThan(3e-7);
    // Four single points and a batch of four to try, then all at once.
    expect(widths).toEqual([1, 1, 1, 1, 4, COUNT]);
    expect(await map.evaluate(points, COUNT)).toEqual(values);
    await map.evaluate(points.subarray(0, 6), 1);
    expect(widths.slice(6)).toEqual([COUNT, 1]);
    await map.dispose();
  });

  test("together, where every value of the trial is 0: nothing differs from it", async () => {
    const dark = network([makeNode("Sub", ["h", "two"], ["below"]), makeNode("Relu", ["below"], ["y"])], {
      extra: [float32Tensor("two", [2], [])],
    });
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(dark, engine);
    expect(await map.evaluate(points, COUNT)).toEqual(new Float32Array(5 * COUNT));
    expect(widths.at(-1)).toBe(COUNT);
    await map.dispose();
  });

  test("in as many runs as the memory budget wants", async () => {
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(plain, engine, { memoryBudget: 20 * 4 * 6 * 16 });
    const values = await map.evaluate(points, COUNT);
    expect(relativeError(values, await oneByOne(plain))).toBeLessThan(3e-7);
    expect(widths.slice(5)).toEqual([16, 16, 16, 2]);
    await map.dispose();
  });

  test("in small batches where the activations are large", async () => {
    const wide = network([makeNode("MatMul", ["h", "wide"], ["y"])], {
      extra: [float32Tensor("wide", new Float32Array(5 * 60_000).fill(0.1), [5, 60_000])],
    });
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(wide, engine);
    await map.evaluate(points.subarray(0, 60), 10);
    expect(widths.slice(5)).toEqual([3, 3, 3, 1]);
    await map.dispose();
  });

  const one = int64Tensor("one", [0]);
  const influenced: [string, Model][] = [
    [
      "a mean over the batch",
      network(
        [
          makeNode("ReduceMean", ["h", "one"], ["mean"], { keepdims: int(1) }),
          makeNode("Add", ["h", "mean"], ["y"]),
        ],
        { extra: [one] },
      ),
    ],
    [
      "a faint influence between the points",
      network(
        [
          makeNode("ReduceSum", ["h", "one"], ["sum"], { keepdims: int(1) }),
          makeNode("Mul", ["sum", "small"], ["faint"]),
          makeNode("Add", ["h", "faint"], ["y"]),
        ],
        { extra: [one, float32Tensor("small", [1e-3], [])] },
      ),
    ],
    [
      "a batch of one written into a shape, which the engine refuses",
      network([makeNode("Reshape", ["h", "shape"], ["y"])], { extra: [int64Tensor("shape", [1, 5])] }),
    ],
    [
      "a batch of one written into a shape, which the engine accepts",
      network([makeNode("Reshape", ["h", "shape"], ["y"])], { extra: [int64Tensor("shape", [1, -1])] }),
    ],
    ["a batch axis declared as one", network([makeNode("MatMul", ["h", "v"], ["y"])], { shape: [1, 6] })],
  ];

  test.each(influenced)("one by one: %s", async (_about, model) => {
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(model, engine);
    expect(await map.evaluate(points, COUNT)).toEqual(await oneByOne(model));
    expect(widths.slice(-COUNT)).toEqual(new Array(COUNT).fill(1));
    await map.dispose();
  });

  test("from a tensor between layers, whose shape the model does not declare", async () => {
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(plain, engine, { from: "h" });
    const codes = Float32Array.from(normal(3, 0, 5 * COUNT));
    const values = await map.evaluate(codes, COUNT);
    expect(widths.at(-1)).toBe(COUNT);
    const v = normal(2, 0, 20);
    const expected = Float64Array.from({ length: 4 * COUNT }, (_, at) => {
      let sum = 0;
      for (let i = 0; i < 5; i++)
        sum += codes[5 * Math.floor(at / 4) + i]! * Math.fround(v[4 * i + (at % 4)]!);
      return sum;
    });
    expect(relativeError(values, expected)).toBeLessThan(3e-7);
    await map.dispose();
  });

  test("with the value of another input repeated for each", async () => {
    const model = makeModel({
      nodes: [
        makeNode("Concat", ["z", "label"], ["both"], { axis: int(1) }),
        makeNode("Sin", ["both"], ["y"]),
      ],
      inputs: [
        { name: "z", dataType: DataType.FLOAT, shape: ["n", 6] },
        { name: "label", dataType: DataType.FLOAT, shape: ["n", 2] },
      ],
      outputs: [{ name: "y" }],
    });
    const label = { type: "float32", dims: [1, 2], data: Float32Array.of(0.25, -3) } as const;
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(model, engine, { inputs: { label } });
    const values = await map.evaluate(points, COUNT);
    expect(widths.at(-1)).toBe(COUNT);
    expect(relativeError(values, await oneByOne(model, { inputs: { label } }))).toBeLessThan(3e-7);
    await map.dispose();
  });
});

describe("a direct call with many tangents", () => {
  test("is split to keep to the memory budget", async () => {
    const whole = await OnnxMap.create(plain, runtime);
    const { runtime: engine, widths } = observed();
    const split = await OnnxMap.create(plain, engine, { memoryBudget: 20 * 4 * 6 * 16 });
    const point = points.subarray(0, 6);
    const cotangents = Float32Array.from(normal(4, 0, 4 * COUNT));
    expect(await split.jvp(point, points, COUNT)).toEqual(await whole.jvp(point, points, COUNT));
    expect(await split.vjp(point, cotangents, COUNT)).toEqual(await whole.vjp(point, cotangents, COUNT));
    expect(widths).toEqual([16, 16, 16, 2, 16, 16, 16, 2]);
    await whole.dispose();
    await split.dispose();
  });

  test("runs one at a time where not even one fits", async () => {
    const { runtime: engine, widths } = observed();
    const map = await OnnxMap.create(plain, engine, { memoryBudget: 1 });
    await map.jvp(points.subarray(0, 6), points.subarray(0, 18), 3);
    expect(widths).toEqual([1, 1, 1]);
    expect(await map.jvp(points.subarray(0, 6), new Float32Array(0), 0)).toHaveLength(0);
    await map.dispose();
  });
});

test("overlapping calls take turns", async () => {
  const map = await OnnxMap.create(plain, runtime);
  const at = (i: number): Float32Array => points.subarray(6 * i, 6 * i + 6);
  const tangent = at(9);
  const expected: FloatArray[] = [];
  for (let i = 0; i < 4; i++) expected.push(await map.jvp(at(i), tangent, 1), await map.evaluate(at(i), 1));
  const overlapping = await Promise.all(
    [0, 1, 2, 3].flatMap((i) => [map.jvp(at(i), tangent, 1), map.evaluate(at(i), 1)]),
  );
  expect(overlapping).toEqual(expected);
  await map.dispose();
});

test("a signal stops a call between two runs, and the map goes on", async () => {
  const controller = new AbortController();
  const { runtime: engine, widths } = observed(() => {
    if (widths.length === 2) controller.abort();
  });
  const map = await OnnxMap.create(plain, engine, { memoryBudget: 20 * 4 * 6 * 16 });
  const { signal } = controller;
  const point = points.subarray(0, 6);
  await expect(map.jvp(point, points, COUNT, { signal })).rejects.toMatchObject({ name: "AbortError" });
  expect(widths).toEqual([16, 16]);
  await expect(map.evaluate(points, COUNT, { signal })).rejects.toMatchObject({ name: "AbortError" });
  expect(await map.jvp(point, points, COUNT)).toHaveLength(4 * COUNT);
  await map.dispose();
});

describe("disposal", () => {
  test("waits for what is under way; calls are refused afterwards", async () => {
    const map = await OnnxMap.create(plain, runtime);
    const values = map.evaluate(points, COUNT);
    await map.dispose();
    expect(await values).toHaveLength(4 * COUNT);
    await map.dispose();
    await expect(map.evaluate(points, COUNT)).rejects.toMatchObject({
      code: "BACKEND_FAILED",
      message: expect.stringContaining("disposed"),
    });
  });

  test("succeeds although a session could not be opened, and the next call tries again", async () => {
    const map = await OnnxMap.create(plain, observed(undefined, 1).runtime);
    const point = points.subarray(0, 6);
    await expect(map.jvp(point, point, 1)).rejects.toThrow("not now");
    expect(await map.jvp(point, point, 1)).toHaveLength(4);
    await map.dispose();
    const broken = await OnnxMap.create(plain, observed(undefined, 9).runtime);
    await expect(broken.jvp(point, point, 1)).rejects.toThrow("not now");
    await broken.dispose();
  });
});

describe("float64", () => {
  test("a published mapping network to sixteen digits", async (context) => {
    const name = "neuralpil_film_mapping";
    requireShared(context, `models/${name}.onnx`, `golden/${name}.npz`);
    const { z, y, J } = await golden(name);
    const map = await OnnxMap.create(await sharedModel(name), runtime, { precision: "float64" });
    for (const method of ["forward", "reverse"] as const) {
      expect(relativeError((await jacobian(map, z![0]!, { method })).data, J![0]!)).toBeLessThan(1e-14);
    }
    const difference = await jacobian(map, z![0]!, { method: "difference", step: 1e-6 });
    expect(relativeError(difference.data, J![0]!)).toBeLessThan(1e-7);
    const value = await map.evaluate(z![0]!, 1);
    expect(value).toBeInstanceOf(Float64Array);
    expect(relativeError(value, y![0]!)).toBeLessThan(1e-14);
    await map.dispose();
  });

  test("the closed form, with constants in nodes, fixed inputs and batches", async () => {
    // y = tanh(z·w) + 0.1 + (1, 2, 3, 4, 5)/10 + s, the numbers as float32 has them.
    const nodes = [
      makeNode("Constant", [], ["tenth"], { value_float: float(0.1) }),
      makeNode("Constant", [], ["steps"], {
        value_floats: { type: "floats", value: [0.1, 0.2, 0.3, 0.4, 0.5] },
      }),
      makeNode("ConstantOfShape", ["shape"], ["zeros"]),
      makeNode("Sum", ["h", "tenth", "steps", "zeros", "s"], ["y"]),
    ];
    const base = network(nodes, { extra: [int64Tensor("shape", [5])] });
    const inputs = [...base.graph.inputs, { name: "s", dataType: DataType.FLOAT, shape: [1] }];
    const model = { ...base, graph: { ...base.graph, inputs } };
    const map = await OnnxMap.create(model, runtime, {
      precision: "float64",
      inputs: { s: { type: "float32", dims: [1], data: Float32Array.of(0.7) } },
    });
    const codes = normal(5, 0, 6 * COUNT);
    const w = Float32Array.from(normal(1, 0, 30));
    const preactivation = (row: number, col: number): number => {
      let sum = 0;
      for (let i = 0; i < 6; i++) sum += codes[6 * row + i]! * w[5 * i + col]!;
      return sum;
    };
    const shift = (col: number): number => Math.fround(0.1) + Math.fround(0.1 * (col + 1)) + Math.fround(0.7);
    const expected = Float64Array.from({ length: 5 * COUNT }, (_, at) => {
      const [row, col] = [Math.floor(at / 5), at % 5];
      return Math.tanh(preactivation(row, col)) + shift(col);
    });
    expect(relativeError(await map.evaluate(codes, COUNT), expected)).toBeLessThan(1e-14);
    const { data } = await jacobian(map, codes.subarray(0, 6));
    const derivative = Float64Array.from({ length: 30 }, (_, at) => {
      const [row, col] = [Math.floor(at / 6), at % 6];
      return w[5 * col + row]! * (1 - Math.tanh(preactivation(0, row)) ** 2);
    });
    expect(relativeError(data, derivative)).toBeLessThan(1e-14);
    await map.dispose();
  });

  test.each([
    ["Erf", makeNode("Erf", ["h"], ["y"])],
    ["Gelu", makeNode("Gelu", ["h"], ["y"])],
  ])("%s is refused by name where the engine has no such kernel", async (_operator, node) => {
    const model = { ...network([{ ...node, name: "culprit" }]), opsets: new Map([["", 20]]) };
    await expect(OnnxMap.create(model, runtime, { precision: "float64" })).rejects.toMatchObject({
      code: "UNSUPPORTED_OPERATOR",
      message: expect.stringMatching(/no float64 kernel for operator Erf/),
    });
  });

  test.each([
    [
      "x·sigmoid(x)",
      [makeNode("Sigmoid", ["a"], ["s"]), makeNode("Mul", ["a", "s"], ["y"])],
      (x: number) => x / (1 + Math.exp(-x)),
    ],
    [
      "clip(relu(x), 0, 6)",
      [makeNode("Relu", ["a"], ["r"]), makeNode("Clip", ["r", "low", "high"], ["y"])],
      (x: number) => Math.min(Math.max(x, 0), 6),
    ],
  ] as const)("%s, which engines fuse in single precision", async (_name, nodes, expected) => {
    const model = makeModel({
      nodes: [makeNode("Mul", ["z", "two"], ["a"]), ...nodes],
      initializers: [
        float32Tensor("two", [2], []),
        float32Tensor("low", [0], []),
        float32Tensor("high", [6], []),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
      outputs: [{ name: "y" }],
    });
    const map = await OnnxMap.create(model, runtime, { precision: "float64" });
    const codes = Float64Array.from({ length: 3 * COUNT }, (_, i) => 5 * Math.sin(i));
    const values = codes.map((x) => expected(2 * x));
    expect(relativeError(await map.evaluate(codes.subarray(0, 3), 1), values.subarray(0, 3))).toBeLessThan(
      1e-15,
    );
    expect(relativeError(await map.evaluate(codes, COUNT), values)).toBeLessThan(1e-15);
    await map.dispose();
  });

  test("Resize, whose scales stay float32, is refused by name", async () => {
    const model = makeModel({
      nodes: [{ ...makeNode("Resize", ["z", "", "scales"], ["y"]), name: "up" }],
      initializers: [float32Tensor("scales", [1, 1, 2, 2], [4])],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 1, 2, 2] }],
      outputs: [{ name: "y" }],
    });
    await expect(OnnxMap.create(model, runtime, { precision: "float64" })).rejects.toThrow(
      'no float64 kernel for operator Resize, node "up"',
    );
  });
});

describe("sessions of the two products", () => {
  const x = points.slice(0, 6);

  /** How many are open after `counts` tangents and cotangents in turns, with room for four vectors. */
  async function openAfter(...counts: readonly number[]): Promise<number> {
    let open = 0;
    const counted: Runtime = {
      name: "counted",
      async createSession(model, options) {
        const session = await runtime.createSession(model, options);
        open++;
        return {
          inputNames: session.inputNames,
          outputNames: session.outputNames,
          run: (feeds, fetches) => session.run(feeds, fetches),
          async dispose() {
            open--;
            await session.dispose();
          },
        };
      },
    };
    const map = await OnnxMap.create(plain, counted, { memoryBudget: 20 * 4 * 6 * 4 });
    const unhurried = await OnnxMap.create(plain, runtime);
    for (const [i, count] of counts.entries()) {
      const [kind, dim] = i % 2 === 0 ? (["jvp", map.from.dim] as const) : (["vjp", map.to.dim] as const);
      const vectors = Float32Array.from(normal(9, i, count * dim));
      expect(await map[kind](x, vectors, count)).toEqual(await unhurried[kind](x, vectors, count));
    }
    await unhurried.dispose();
    const left = open;
    await map.dispose();
    expect(open).toBe(0);
    return left;
  }

  test("stay side by side while what both keep fits the budget", async () => {
    expect(await openAfter(3, 1)).toBe(2);
    expect(await openAfter(3, 1, 1, 1)).toBe(2);
  });

  test("make room for one another where it does not", async () => {
    expect(await openAfter(3, 3)).toBe(1);
    expect(await openAfter(1, 1, 3, 3)).toBe(1);
    expect(await openAfter(3, 3, 1)).toBe(2);
  });
});

describe("linearize", () => {
  const [x, other] = [points.slice(0, 6), points.slice(6, 12)];
  const tangents = points.slice(12, 12 + 18);
  const cotangents = Float32Array.from(normal(8, 0, 3 * 4));

  test("gives the products of its own point, whatever else the map is asked in between", async () => {
    const map = await OnnxMap.create(plain, runtime);
    const [here, there] = [await map.linearize(x), await map.linearize(other)];
    for (const [differential, point] of [
      [there, other],
      [here, x],
    ] as const) {
      const pushed = await map.jvp(point, tangents, 3);
      const pulled = await map.vjp(point, cotangents, 3);
      expect(relativeError(await differential.jvp(tangents, 3), pushed)).toBeLessThan(1e-6);
      expect(relativeError(await differential.vjp(cotangents, 3), pulled)).toBeLessThan(1e-6);
    }
    await map.dispose();
    await expect(here.jvp(tangents, 3)).rejects.toMatchObject({ code: "BACKEND_FAILED" });
  });

  test("gives the same where what it would keep exceeds the budget", async () => {
    const map = await OnnxMap.create(plain, runtime, { memoryBudget: 16 });
    const differential = await map.linearize(x);
    expect(await differential.jvp(tangents, 3)).toEqual(await map.jvp(x, tangents, 3));
    expect(await differential.vjp(cotangents, 3)).toEqual(await map.vjp(x, cotangents, 3));
    await map.dispose();
  });

  test("gives the same however little fits, and after a rest: what is kept is computed again, in several runs", async () => {
    const routes = new Set<boolean>();
    for (let memoryBudget = 16; memoryBudget <= 1024; memoryBudget += 28) {
      const map = await OnnxMap.create(plain, runtime, { memoryBudget });
      const [here, there] = [await map.linearize(x), await map.linearize(other)];
      routes.add(here.isLinearized ?? false);
      for (const [differential, point] of [
        [there, other],
        [here, x],
        [there, other],
      ] as const) {
        const pushed = await differential.jvp(tangents, 3);
        expect(relativeError(pushed, await map.jvp(point, tangents, 3))).toBeLessThan(1e-6);
        await map.rest();
      }
      await map.dispose();
    }
    expect(routes).toEqual(new Set([false, true]));
  });

  test("in float64", async () => {
    const map = await OnnxMap.create(plain, runtime, { precision: "float64" });
    const differential = await map.linearize(x);
    const pushed = await differential.jvp(tangents, 3);
    expect(pushed).toBeInstanceOf(Float64Array);
    expect(relativeError(pushed, await map.jvp(x, tangents, 3))).toBeLessThan(1e-14);
    await map.dispose();
  });

  test("refuses vectors of another space", async () => {
    const map = await OnnxMap.create(plain, runtime);
    const differential = await map.linearize(x);
    await expect(differential.vjp(tangents, 3)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await map.dispose();
  });
});
