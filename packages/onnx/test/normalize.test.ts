// Older operator sets: what is read as opset 18 computes what the engine computes from the original.

import { describe, expect, test } from "vitest";
import { modelSource } from "../src/file/source.ts";
import {
  type Attribute,
  DataType,
  differentiability,
  type Graph,
  type Model,
  type Node,
  OnnxMap,
  prepare,
  standardOpset,
  type Tensor,
} from "../src/index.ts";
import { float, int, ints, makeNode, string } from "../src/model/attributes.ts";
import { float32Tensor, floatToHalf, halfToFloat, int64Tensor } from "../src/model/tensor.ts";
import { irregular, makeModel, product, randomStream, runtime } from "./helpers.ts";

const shape = [2, 3, 4, 4];
const values = Float32Array.from(irregular(randomStream(3), product(shape)));

interface Form {
  readonly opset: number;
  readonly op: string;
  readonly about: string;
  readonly attributes?: Record<string, Attribute>;
  readonly inputs?: readonly Tensor[];
  readonly outputs?: number;
  /** Names of the inputs where some are left out. */
  readonly names?: readonly string[];
}

const form = (
  op: string,
  opset: number,
  about: string,
  rest: Omit<Form, "op" | "opset" | "about"> = {},
): Form => ({
  op,
  opset,
  about,
  ...rest,
});

function modelOf({ op, opset, attributes = {}, inputs = [], names, outputs = 1 }: Form): Model {
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const parts = names ?? inputs.map(({ name }) => name);
  // All outputs, one after the other, are compared as one vector.
  const flat = results.map((name, i) => makeNode("Reshape", [name, "flat"], [`flat${i}`]));
  return makeModel({
    opset,
    nodes: [
      makeNode(op, ["z", ...parts], results, attributes),
      ...flat,
      makeNode(
        "Concat",
        results.map((_, i) => `flat${i}`),
        ["y"],
        { axis: int(0) },
      ),
    ],
    initializers: [...inputs, int64Tensor("flat", [-1])],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape }],
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
  });
}

async function evaluate(model: Model): Promise<number[]> {
  const session = await runtime.createSession(modelSource(model), { optimize: false });
  const result = await session.run({ z: { type: "float32", dims: shape, data: values } }, ["y"]);
  await session.dispose();
  return Array.from(result.y!.data as Float32Array);
}

const reductions = ["ReduceSum", "ReduceMean", "ReduceL2", "ReduceSumSquare"];
const scales = float32Tensor("scales", [1, 1, 2, 1.5], [4]);

const forms: Form[] = [
  ...[7, 9, 11, 12].flatMap((opset) => [
    form("Unsqueeze", opset, "axes", { attributes: { axes: ints([0, 3]) } }),
    form("Flatten", opset, "axis", { attributes: { axis: int(2) } }),
    ...reductions.flatMap((op) => [
      form(op, opset, "axes, dropped", { attributes: { axes: ints([1, 3]), keepdims: int(0) } }),
      form(op, opset, "all axes", {}),
    ]),
    form("Softmax", opset, "axis 1 by default"),
    form("Softmax", opset, "axis 2", { attributes: { axis: int(2) } }),
    form("Softmax", opset, "last axis", { attributes: { axis: int(3) } }),
    form("Dropout", opset, "inference", opset < 12 ? { attributes: { ratio: float(0.4) } } : {}),
    form("Split", opset, "sizes", { attributes: { axis: int(1), split: ints([1, 2]) }, outputs: 2 }),
    form("Split", opset, "equal parts", { attributes: { axis: int(2) }, outputs: 2 }),
  ]),
  ...[11, 12].map((opset) => form("Softmax", opset, "axis −2", { attributes: { axis: int(-2) } })),
  ...[13, 15, 17].flatMap((opset) => [
    form("ReduceSum", opset, "axes as an input", { inputs: [int64Tensor("axes", [1])] }),
    form("ReduceMean", opset, "axes", { attributes: { axes: ints([-1]) } }),
    form("ReduceL2", opset, "axes", { attributes: { axes: ints([2]), keepdims: int(0) } }),
    form("Split", opset, "equal parts", { attributes: { axis: int(3) }, outputs: 2 }),
    form("Split", opset, "sizes as an input", {
      attributes: { axis: int(1) },
      inputs: [int64Tensor("sizes", [2, 1])],
      outputs: 2,
    }),
    form("Softmax", opset, "one axis only", { attributes: { axis: int(1) } }),
    form("Unsqueeze", opset, "axes as an input", { inputs: [int64Tensor("axes", [-1])] }),
  ]),
  ...[7, 9].flatMap((opset) => [
    form("Slice", opset, "axes", {
      attributes: { starts: ints([1, -3]), ends: ints([2 ** 63, -1]), axes: ints([1, 3]) },
    }),
    form("Slice", opset, "axes by default", { attributes: { starts: ints([0, 1]), ends: ints([1, 3]) } }),
  ]),
  ...[7, 9, 10].flatMap((opset) => [
    form("Clip", opset, "both bounds", { attributes: { min: float(-0.5), max: float(0.75) } }),
    form("Clip", opset, "upper bound", { attributes: { max: float(0.75) } }),
    form("Clip", opset, "lower bound", { attributes: { min: float(0.25) } }),
    form("Clip", opset, "no bound"),
    form("Pad", opset, "constant", {
      attributes: { pads: ints([0, 0, 1, 0, 0, 0, 0, 2]), value: float(1.5) },
    }),
    form("Pad", opset, "constant 0 by default", { attributes: { pads: ints([0, 0, 1, 0, 0, 0, 0, 2]) } }),
    form("Pad", opset, "reflect", {
      attributes: { mode: string("reflect"), pads: ints([0, 0, 1, 2, 0, 0, 1, 0]) },
    }),
    form("Pad", opset, "edge", {
      attributes: { mode: string("edge"), pads: ints([0, 0, 1, 2, 0, 0, 1, 0]) },
    }),
  ]),
  ...["nearest", "linear"].flatMap((mode) => [
    form("Upsample", 7, mode, {
      attributes: { mode: string(mode), scales: { type: "floats", value: [1, 1, 2, 2] } },
    }),
    form("Upsample", 9, mode, { attributes: { mode: string(mode) }, inputs: [scales] }),
    form("Resize", 10, mode, { attributes: { mode: string(mode) }, inputs: [scales] }),
  ]),
  ...[
    [1, 1, 0.6, 0.7],
    [1, 1, 0.6, 1.7],
    [1, 1, 2.3, 0.3],
  ].flatMap((by) =>
    ["nearest", "linear"].map((mode) =>
      form("Resize", 10, `${mode} by ${by}`, {
        attributes: { mode: string(mode) },
        inputs: [float32Tensor("scales", by, [4])],
      }),
    ),
  ),
  form("Resize", 10, "nearest, down", { inputs: [float32Tensor("scales", [1, 1, 0.5, 0.5], [4])] }),
  ...["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"].map((mode) =>
    form("Resize", 11, mode, {
      attributes: { mode: string("linear"), coordinate_transformation_mode: string(mode) },
      inputs: [float32Tensor("roi", [], [0]), scales],
    }),
  ),
  form("Hardmax", 11, "flattened from axis 2", { attributes: { axis: int(2) } }),
  form("LRN", 7, "default attributes", { attributes: { size: int(3) } }),
  form("ReduceProd", 11, "axes", { attributes: { axes: ints([1, 3]), keepdims: int(0) } }),
  form("Scatter", 9, "is ScatterElements", {
    attributes: { axis: int(1) },
    inputs: [int64Tensor("at", [2], [1, 1, 1, 1]), float32Tensor("updates", [9], [1, 1, 1, 1])],
  }),
  form("Resize", 13, "roi left out", {
    attributes: { mode: string("nearest") },
    inputs: [scales],
    names: ["", "scales"],
  }),
  form("BatchNormalization", 7, "opset 7, spatial", {
    attributes: { spatial: int(1) },
    inputs: ["scale", "bias", "mean", "var"].map((name, i) => float32Tensor(name, [0.5 + i, 1, 2], [3])),
  }),
  form("BatchNormalization", 9, "opset 9 with momentum", {
    attributes: { momentum: float(0.8), epsilon: float(1e-3) },
    inputs: ["scale", "bias", "mean", "var"].map((name, i) => float32Tensor(name, [0.5 + i, 1, 2], [3])),
  }),
];

describe("the same values as the engine gives for the original", () => {
  test.each(forms.map((entry) => [entry.op, entry.opset, entry.about, entry] as const))(
    "%s of opset %i: %s",
    async (_op, _opset, _about, entry) => {
      const model = modelOf(entry);
      const prepared = await prepare(model, runtime);
      expect(standardOpset(prepared.model)).toBeGreaterThanOrEqual(18);
      const expected = await evaluate(model);
      const actual = await evaluate(prepared.model);
      expect(actual).toHaveLength(expected.length);
      actual.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(expected[i]!)));
      });
    },
  );
});

describe("squeezing", () => {
  test.each([7, 11, 12])("opset %i", async (opset) => {
    const model = makeModel({
      opset,
      nodes: [
        makeNode("Unsqueeze", ["z"], ["u"], { axes: ints([0, 5]) }),
        makeNode("Squeeze", ["u"], ["s"], { axes: ints([5]) }),
        makeNode("Squeeze", ["s"], ["y"]),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });
    const prepared = await prepare(model, runtime);
    expect(prepared.info.get("y")!.shape).toEqual(shape);
    expect(await evaluate(prepared.model)).toEqual([...values]);
  });
});

describe("double precision", () => {
  test("bounds and paddings that were attributes take the type of the data", async () => {
    const model = makeModel({
      opset: 9,
      nodes: [
        makeNode("Clip", ["z"], ["c"], { min: float(-0.5), max: float(0.5) }),
        makeNode("Pad", ["c"], ["y"], { pads: ints([0, 1, 0, 1]), value: float(2) }),
      ],
      inputs: [{ name: "z", dataType: DataType.DOUBLE, shape: [1, 3] }],
      outputs: [{ name: "y", dataType: DataType.DOUBLE }],
    });
    // The engine itself has Clip of opset 6 in single precision only.
    const prepared = await prepare(model, runtime);
    expect(prepared.info.get("y")).toEqual({ shape: [1, 5], dataType: DataType.DOUBLE });
  });
});

describe("half precision", () => {
  const halves = Uint16Array.of(0x3c00, 0xb800, 0x4248, 0x0001, 0x7bff, 0x3555);
  const half = { dims: [2, 3], dataType: DataType.FLOAT16, raw: new Uint8Array(halves.buffer) };
  const model = makeModel({
    nodes: [
      makeNode("MatMul", ["z", "w"], ["h"]),
      makeNode("Cast", ["h"], ["narrow"], { to: int(DataType.FLOAT16) }),
      makeNode("Constant", [], ["b"], { value: { type: "tensor", value: { name: "", ...half } } }),
      makeNode("Add", ["narrow", "b"], ["y"]),
    ],
    initializers: [{ name: "w", ...half }],
    inputs: [{ name: "z", dataType: DataType.FLOAT16, shape: ["n", 2] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT16 }],
  });

  test("is widened throughout: weights, constants, casts, inputs and outputs", async () => {
    const prepared = await prepare(model, runtime);
    expect([...prepared.info.values()].map(({ dataType }) => dataType)).toEqual(
      [...prepared.info].map(() => DataType.FLOAT),
    );
    const session = await runtime.createSession(modelSource(prepared.model));
    const result = await session.run({ z: { type: "float32", dims: [1, 2], data: Float32Array.of(2, 1) } });
    await session.dispose();
    const w = Array.from(halves, halfToFloat);
    // Row 0 of the product plus each row of b.
    const expected = [0, 1].flatMap((row) => [0, 1, 2].map((j) => 2 * w[j]! + w[3 + j]! + w[3 * row + j]!));
    (result.y!.data as Float32Array).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });

  test("every half is read exactly", () => {
    const expected = (bits: number): number => {
      const [sign, exponent, mantissa] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
      return sign * (exponent ? 2 ** (exponent - 15) * (1 + mantissa / 1024) : 2 ** -14 * (mantissa / 1024));
    };
    for (let bits = 0; bits < 65536; bits++)
      if (!Object.is(halfToFloat(bits), expected(bits))) expect.fail(`${bits}`);
  });

  test("every half is written as it was read, and what lies between as its nearest neighbour", () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [value, next] = [halfToFloat(bits), bits === 0x7bff ? 65_536 : halfToFloat(bits + 1)];
      const middle = (value + next) / 2;
      const written = [value, -value, middle * (1 - 1e-6), middle * (1 + 1e-6), middle].map(floatToHalf);
      const even = bits % 2 === 0 ? bits : bits + 1;
      // 0 and −0 differ in the sign alone.
      expect(written).toEqual([bits, bits | 0x8000, bits, bits + 1, even]);
    }
    const beyond = [Number.POSITIVE_INFINITY, -70_000, Number.NaN];
    expect(beyond.map(floatToHalf)).toEqual([0x7c00, 0xfc00, 0x7e00]);
  });
});

test.each([1, 6])("opset %i is refused with the remedy", async (opset) => {
  const model = modelOf(form("Relu", opset, ""));
  await expect(prepare(model, runtime)).rejects.toMatchObject({
    code: "INVALID_MODEL",
    message: expect.stringMatching(new RegExp(`operator set ${opset}.*oldest supported is 7.*opset 17`)),
  });
});

describe("subgraphs", () => {
  const body = (nodes: readonly Node[], inputs: Graph["inputs"], outputs: readonly string[]): Graph => ({
    name: "body",
    nodes,
    initializers: [],
    inputs,
    outputs: outputs.map((name) => ({ name, dataType: DataType.FLOAT })),
    valueInfo: [],
    unknown: [],
  });
  const graph = (value: Graph): Attribute => ({ type: "graph", value });

  test("are brought to the same operator set", async () => {
    // Written for opset 11, where Squeeze has its axes as an attribute; the loop does not depend on the point.
    const step = body(
      [
        makeNode("Squeeze", ["state"], ["flat"], { axes: ints([0]) }),
        makeNode("Add", ["flat", "weight"], ["sum"]),
        makeNode("Unsqueeze", ["sum"], ["next"], { axes: ints([0]) }),
        makeNode("Identity", ["go"], ["goes"]),
      ],
      [
        { name: "i", dataType: DataType.INT64, shape: [] },
        { name: "go", dataType: DataType.BOOL, shape: [] },
        { name: "state", dataType: DataType.FLOAT, shape: [1, 2] },
      ],
      ["goes", "next"],
    );
    const typed = { ...step, outputs: [{ name: "goes", dataType: DataType.BOOL }, step.outputs[1]!] };
    const model = makeModel({
      opset: 11,
      nodes: [
        makeNode("Loop", ["times", "", "start"], ["scale"], { body: graph(typed) }),
        makeNode("Mul", ["z", "scale"], ["y"]),
      ],
      initializers: [
        int64Tensor("times", [3], []),
        float32Tensor("start", [1, 2], [1, 2]),
        float32Tensor("weight", [0.5, 1], [2]),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 2] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });
    const map = await OnnxMap.create(model, runtime);
    expect([...(await map.jvp(Float32Array.of(1, 1), Float32Array.of(1, 2), 1))]).toEqual([2.5, 10]);
    await map.dispose();
  });

  /** if (the second extent of z is 3) −tanh z + b, else exp z; within the former a further If. */
  function branching(nodes: readonly Node[] = [], condition = "is3"): Model {
    const inner = [
      makeNode("If", ["no"], ["h"], {
        then_branch: graph(body([makeNode("Sin", ["t"], ["s"])], [], ["s"])),
        else_branch: graph(body([{ ...makeNode("Neg", ["t"], ["s"]), name: "negation" }], [], ["s"])),
      }),
    ];
    return makeModel({
      nodes: [
        makeNode("Shape", ["z"], ["shape"]),
        makeNode("Gather", ["shape", "one"], ["width"]),
        makeNode("Equal", ["width", "three"], ["is3"]),
        makeNode("Tanh", ["z"], ["t"]),
        ...nodes,
        makeNode("If", [condition], ["y"], {
          then_branch: graph({
            ...body([...inner, makeNode("Add", ["h", "b"], ["t_1"])], [], ["t_1"]),
            initializers: [float32Tensor("b", [0.25], [1])],
          }),
          else_branch: graph(body([makeNode("Exp", ["z"], ["e"])], [], ["e"])),
        }),
      ],
      initializers: [
        int64Tensor("one", [1], []),
        int64Tensor("three", [3], []),
        { name: "no", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(0) },
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });
  }

  test("the branch that a shape decides on takes the place of its If, and a branch in it too", async () => {
    const map = await OnnxMap.create(branching(), runtime);
    const [point, ones] = [Float32Array.of(0.5, -1, 2), Float32Array.of(1, 1, 1)];
    const t = [...point].map(Math.tanh);
    const [value, forward] = [await map.evaluate(point, 1), await map.jvp(point, ones, 1)];
    const reverse = await map.vjp(point, ones, 1);
    t.forEach((ti, i) => {
      expect(value[i]).toBeCloseTo(0.25 - ti, 6);
      expect(forward[i]).toBeCloseTo(ti * ti - 1, 6);
      expect(reverse[i]).toBeCloseTo(ti * ti - 1, 6);
    });
    await map.dispose();
  });

  test("a node of the branch is reported at the position of the If, by its own name", async () => {
    const report = differentiability(await prepare(branching(), runtime));
    const negation = report.find(({ opType }) => opType === "Neg");
    expect(negation).toMatchObject({ position: 4, derivative: "exact" });
    expect(negation!.node).toMatch(/negation$/);
  });

  test("a branch that an input without a value decides on stays", async () => {
    const model = branching([], "flag");
    const inputs = [...model.graph.inputs, { name: "flag", dataType: DataType.BOOL, shape: [] }];
    const open = { ...model, graph: { ...model.graph, inputs } };
    await expect(prepare(open, runtime)).rejects.toThrow(/depends on input "flag"/);
    const flag = { type: "bool", dims: [], data: Uint8Array.of(0) } as const;
    const map = await OnnxMap.create(open, runtime, { inputs: { flag } });
    expect([...(await map.jvp(Float32Array.of(0, 0, 0), Float32Array.of(1, 2, 3), 1))]).toEqual([1, 2, 3]);
    await map.dispose();
  });
});

describe("random operators", () => {
  const draws: readonly (readonly [string, Node])[] = [
    ["RandomNormalLike", makeNode("RandomNormalLike", ["z"], ["noise"])],
    ["RandomUniformLike", makeNode("RandomUniformLike", ["z"], ["noise"], { low: float(1), high: float(2) })],
    ["RandomNormal", makeNode("RandomNormal", [], ["noise"], { shape: ints(shape) })],
    ["RandomUniform", makeNode("RandomUniform", [], ["noise"], { shape: ints(shape) })],
    [
      "RandomNormal with a seed",
      makeNode("RandomNormal", [], ["noise"], { shape: ints(shape), seed: float(7) }),
    ],
    ["Bernoulli of constants", makeNode("Bernoulli", ["half"], ["noise"])],
  ];
  const noisy = (draw: Node): Model =>
    makeModel({
      nodes: [draw, makeNode("Mul", ["z", "noise"], ["y"])],
      initializers: [float32Tensor("half", Array(product(shape)).fill(0.5), shape)],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });

  test.each(draws)("%s is frozen: every run, product and session has the same draw", async (_about, draw) => {
    const ones = new Float32Array(product(shape)).fill(1);
    const seen: number[][] = [];
    for (let session = 0; session < 2; session++) {
      const map = await OnnxMap.create(noisy(draw), runtime);
      seen.push([...(await map.evaluate(ones, 1))]);
      seen.push([...(await map.evaluate(ones, 1))], [...(await map.jvp(values, ones, 1))]);
      seen.push([...(await map.vjp(values, ones, 1))]);
      await map.dispose();
    }
    for (const other of seen) expect(other).toEqual(seen[0]);
    expect(new Set(seen[0]).size).toBeGreaterThan(1);
  });

  test("many points, evaluated together, see the frozen draw too", async () => {
    const model = makeModel({
      nodes: [
        makeNode("RandomNormal", [], ["noise"], { shape: ints([1, 3]) }),
        makeNode("Add", ["z", "noise"], ["y"]),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });
    const map = await OnnxMap.create(model, runtime);
    const points = Float32Array.from(irregular(randomStream(9), 3 * 64));
    for (let repeat = 0; repeat < 2; repeat++) {
      const together = await map.evaluate(points, 64);
      const last = await map.evaluate(points.subarray(3 * 63), 1);
      last.forEach((value, i) => {
        expect(together[3 * 63 + i]).toBe(value);
      });
      const noise = Array.from(together, (value, i) => value - points[i]!);
      noise.forEach((value, i) => {
        expect(value).toBeCloseTo(noise[i % 3]!, 5);
      });
    }
    await map.dispose();
  });

  test("two draws differ, since their positions do", async () => {
    const graph = await prepare(
      makeModel({
        nodes: [
          makeNode("RandomNormalLike", ["z"], ["a"]),
          makeNode("RandomNormalLike", ["z"], ["b"]),
          makeNode("Sub", ["a", "b"], ["difference"]),
          makeNode("Mul", ["z", "difference"], ["y"]),
        ],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape }],
        outputs: [{ name: "y", dataType: DataType.FLOAT }],
      }),
      runtime,
    );
    expect((await evaluate(graph.model)).every((value) => value !== 0)).toBe(true);
  });
});

test("axes of a Transpose may count from the end, as some exporters write them", async () => {
  const order = (perm: readonly number[]) =>
    makeModel({
      nodes: [makeNode("Transpose", ["z"], ["y"], { perm: ints(perm) })],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 2, 3, 4] }],
      outputs: [{ name: "y" }],
    });
  const [negative, positive] = await Promise.all(
    [
      [0, -1, 1, -2],
      [0, 3, 1, 2],
    ].map((perm) => OnnxMap.create(order(perm), runtime)),
  );
  const z = Float32Array.from(irregular(randomStream(1), 24));
  expect(negative!.to.shape).toEqual([4, 2, 3]);
  expect(await negative!.evaluate(z, 1)).toEqual(await positive!.evaluate(z, 1));
  expect(await negative!.vjp(z, z, 1)).toEqual(await positive!.vjp(z, z, 1));
  await Promise.all([negative!.dispose(), positive!.dispose()]);
});
