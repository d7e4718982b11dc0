// Where maps start and end when nobody says.

import { describe, expect, it } from "vitest";
import {
  DataType,
  determinedValue,
  endpoints,
  inputTensors,
  inspect,
  type Model,
  type Node,
  OnnxMap,
  prepare,
} from "../src/index.ts";
import { int, ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import {
  forwardJacobian,
  irregular,
  makeModel,
  product,
  randomStream,
  relativeError,
  runtime,
} from "./helpers.ts";

const random = randomStream(7);
const floats = (name: string, dims: readonly number[]) =>
  float32Tensor(name, irregular(random, product(dims)), dims);
const { FLOAT, INT64, UINT8, FLOAT16 } = DataType;

type Port = readonly [name: string, dataType: number, shape?: readonly (number | string)[]];
const ports = (...list: Port[]) => list.map(([name, dataType, shape = []]) => ({ name, dataType, shape }));

function model(
  inputs: Port[],
  outputs: Port[],
  nodes: Node[] = [],
  initializers: ReturnType<typeof floats>[] = [],
) {
  return makeModel({ nodes, initializers, inputs: ports(...inputs), outputs: ports(...outputs) });
}

const ends = (of: Model, options: Parameters<typeof endpoints>[1] = {}) => {
  const { from, to } = endpoints(of, options);
  return [from, to];
};

describe("endpoints", () => {
  it("start from the first input of floating point that has no value", () => {
    const labelled = model(
      [
        ["label", INT64],
        ["z", FLOAT],
        ["w", FLOAT16],
      ],
      [["y", FLOAT]],
    );
    expect(endpoints(labelled, {})).toEqual({ from: "z", to: "y", remarks: [] });
    const inputs = inputTensors(labelled, { z: [1] });
    expect(ends(labelled, { inputs })).toEqual(["w", "y"]);
    expect(ends(labelled, { from: "w" })).toEqual(["w", "y"]);
    expect(() => endpoints(labelled, { from: "z", inputs })).toThrow(/"z" is where the map starts/);
  });

  it.each<[string, readonly (number | string)[][], string]>([
    [
      "a score beside pixels",
      [
        ["n", 1],
        ["n", 48],
      ],
      "y1",
    ],
    ["a score of an open batch", [["n"], ["n", 48]], "y1"],
    ["a loss", [[], ["n", 48]], "y1"],
    ["a vector without a batch", [[48], ["n", 64]], "y0"],
    ["scores alone", [["n", 1], ["n"]], "y0"],
  ])("of outputs that are no images, the first that is more than a number: %s", (_, shapes, to) => {
    const outputs = shapes.map((shape, i): [string, number, readonly (number | string)[]] => [
      `y${i}`,
      FLOAT,
      shape,
    ]);
    expect(ends(model([["z", FLOAT]], outputs))).toEqual(["z", to]);
  });

  it("end at the first image, else at the first output of floating point; the others are named", () => {
    const several = model(
      [["z", FLOAT]],
      [
        ["token", INT64],
        ["w", FLOAT, ["n", 512]],
        ["features", FLOAT, ["n", 64, 8, 8]],
        ["image", FLOAT, ["n", 3, "h", "w"]],
        ["mask", FLOAT, ["n", 1, 64, 64]],
      ],
    );
    expect(ends(several)).toEqual(["z", "image"]);
    expect(endpoints(several, {}).remarks).toEqual([
      'of several outputs the map ends at "image" (others: "token", "w", "features", "mask")',
    ]);
    const decoder = model(
      [["z", FLOAT]],
      [
        ["logits", FLOAT, ["n", "length", 100]],
        ["present.0.key", FLOAT, ["n", 4, "length", 16]],
      ],
    );
    expect(ends(decoder)).toEqual(["z", "logits"]);
    const codes = model(
      [["z", FLOAT]],
      [
        ["token", INT64],
        ["w", FLOAT, ["n", 3, 1, 1]],
        ["v", FLOAT],
      ],
    );
    expect(ends(codes)).toEqual(["z", "w"]);
  });

  it.each<[string, (string | number)[], boolean]>([
    ["one channel", ["n", 1, 5, 5], true],
    ["four channels", ["n", 4, 8, 8], true],
    ["sides that are open", ["n", 3, "h", "w"], true],
    ["two channels", ["n", 2, 8, 8], false],
    ["five channels", ["n", 5, 8, 8], false],
    ["channels that are open", ["n", "c", 8, 8], false],
    ["four pixels down", ["n", 3, 4, 8], false],
    ["four pixels across", ["n", 3, 8, 4], false],
    ["an axis less", ["n", 3, 8], false],
    ["an axis more", ["n", 3, 8, 8, 8], false],
  ])("an image, or none: %s", (_, shape, isImage) => {
    const pair = model(
      [["z", FLOAT]],
      [
        ["first", FLOAT, ["n", 7]],
        ["second", FLOAT, shape],
      ],
    );
    expect(ends(pair)).toEqual(["z", isImage ? "second" : "first"]);
  });

  it("without inputs or outputs there are none", () => {
    expect(() => endpoints(model([], [["y", FLOAT]]), {})).toThrow("no input to start from");
    expect(() => endpoints(model([["z", FLOAT]], []), {})).toThrow("no output");
    const set = model([["z", FLOAT, [1]]], [["y", FLOAT]]);
    expect(() => endpoints(set, { inputs: inputTensors(set, { z: [1] }) })).toThrow("is set (z)");
  });

  // Two words of a vocabulary of five, their embedding and a position for each; and a mask by their numbers.
  const embedding = (...further: Node[]) =>
    model(
      [["words", INT64, [1, 2]]],
      [["y", FLOAT, [1, 2, 3]]],
      [
        makeNode("Gather", ["table", "words"], ["e"]),
        makeNode("Greater", ["words", "zero"], ["isWord"]),
        makeNode("Cast", ["isWord"], ["mask"], { to: int(FLOAT) }),
        makeNode("MatMul", ["e", "W"], ["h"]),
        ...further,
      ],
      [floats("table", [5, 4]), floats("W", [4, 3]), int64Tensor("zero", [0], [])],
    );

  it("start behind the embedding of integers", async () => {
    const plain = embedding(makeNode("Tanh", ["h"], ["y"]));
    const { from, to, remarks } = endpoints(plain, {});
    expect([from, to]).toEqual(["e", "y"]);
    expect(remarks).toEqual([
      'input "words" holds int64: the map starts from "e", the first tensor of floating point behind it (others: "mask")',
    ]);
    const map = await OnnxMap.create(plain, runtime);
    expect(map.from.shape).toEqual([2, 4]);
    const report = await inspect(plain, runtime);
    expect(report.spaces.map(({ name }) => name)).toEqual(["e", "h", "y"]);
    await map.dispose();
  });

  it("a tensor that set inputs decide on has their value; where it matters elsewhere too, it is asked for", async () => {
    const masked = embedding(
      makeNode("Unsqueeze", ["mask", "last"], ["m"]),
      makeNode("Mul", ["h", "m"], ["y"]),
    );
    const withAxis = {
      ...masked,
      graph: { ...masked.graph, initializers: [...masked.graph.initializers, int64Tensor("last", [-1])] },
    };
    await expect(OnnxMap.create(withAxis, runtime)).rejects.toMatchObject({
      code: "INVALID_SPACE",
      message: expect.stringContaining("--set words=…"),
    });
    const inputs = inputTensors(withAxis, { words: [0, 3] });
    const table = new Float32Array(masked.graph.initializers[0]!.raw.slice().buffer);
    const value = await determinedValue(withAxis, runtime, "e", { inputs });
    expect(value).toMatchObject({ dims: [1, 2, 4] });
    expect([...(value!.data as Float32Array)]).toEqual([...table.subarray(0, 4), ...table.subarray(12, 16)]);
    expect(await determinedValue(withAxis, runtime, "e", {})).toBeUndefined();
    const map = await OnnxMap.create(withAxis, runtime, { from: "e", inputs });
    // The first word is the one that is masked.
    const [first, second] = [await map.evaluate(value!.data as Float32Array, 1)].flatMap((y) => [
      y.slice(0, 3),
      y.slice(3),
    ]);
    expect([...first!]).toEqual([0, 0, 0]);
    expect(second!.some((y) => y !== 0)).toBe(true);
    await map.dispose();
  });

  it("pass the conversion of bytes, at both ends", async () => {
    const bytes = model(
      [["photo", UINT8, [1, 3, 4, 4]]],
      [["picture", UINT8, [1, 4, 4, 3]]],
      [
        makeNode("Cast", ["photo"], ["x"], { to: int(FLOAT) }),
        makeNode("Mul", ["x", "half"], ["h"]),
        makeNode("Clip", ["h", "low", "high"], ["clipped"]),
        makeNode("Round", ["clipped"], ["rounded"]),
        makeNode("Cast", ["rounded"], ["byte"], { to: int(UINT8) }),
        makeNode("Transpose", ["byte"], ["picture"], { perm: ints([0, 2, 3, 1]) }),
      ],
      [float32Tensor("half", [0.5], []), float32Tensor("low", [0], []), float32Tensor("high", [255], [])],
    );
    const { from, to, remarks } = endpoints(bytes, {});
    expect([from, to]).toEqual(["x", "clipped"]);
    expect(remarks[1]).toMatch(/"picture" holds uint8: the map ends at "clipped"/);
    const map = await OnnxMap.create(bytes, runtime);
    const jacobian = await forwardJacobian(map, new Float32Array(48).fill(100));
    const half = Float64Array.from({ length: 48 * 48 }, (_, i) => (i % 49 === 0 ? 0.5 : 0));
    expect(relativeError(jacobian, half)).toBe(0);
    await map.dispose();
    for (const [options, instead] of [
      [{ from: "photo" }, 'Choose "x"'],
      [{ to: "picture" }, 'Choose "clipped"'],
      [{ to: "byte" }, 'Choose "clipped"'],
    ] as const) {
      await expect(prepare(bytes, runtime, options)).rejects.toMatchObject({
        code: "INVALID_SPACE",
        message: expect.stringContaining(instead),
      });
    }
  });

  it("pass what is done to rounded numbers before they are bytes", async () => {
    const rounded = model(
      [["z", FLOAT, [1, 4]]],
      [["bytes", UINT8, [1, 4]]],
      [
        makeNode("Mul", ["z", "scale"], ["x"]),
        makeNode("Round", ["x"], ["whole"]),
        makeNode("Clip", ["whole", "low", "high"], ["clipped"]),
        makeNode("Cast", ["clipped"], ["bytes"], { to: int(UINT8) }),
      ],
      [float32Tensor("scale", [255], []), float32Tensor("low", [0], []), float32Tensor("high", [255], [])],
    );
    expect(ends(rounded)).toEqual(["z", "x"]);
  });

  it("words that are drawn from logits end at the logits", () => {
    const language = model(
      [["z", FLOAT]],
      [["word", INT64]],
      [makeNode("Mul", ["z", "z"], ["logits"]), makeNode("ArgMax", ["logits"], ["word"])],
    );
    expect(ends(language)).toEqual(["z", "logits"]);
  });

  it("of integers that no floating point leads to are as they are", () => {
    const sizes = model([["z", FLOAT]], [["s", INT64]], [makeNode("Shape", ["z"], ["s"])]);
    expect(ends(sizes)).toEqual(["z", "s"]);
  });
});

it("a choice on the way has no derivative: the tensor behind it is named", async () => {
  const chosen = model(
    [["logits", FLOAT, [1, 2, 5]]],
    [["y", FLOAT, [1, 2, 3]]],
    [
      makeNode("ArgMax", ["logits"], ["words"], { axis: int(-1), keepdims: int(0) }),
      makeNode("Gather", ["table", "words"], ["e"]),
      makeNode("MatMul", ["e", "W"], ["y"]),
    ],
    [floats("table", [5, 4]), floats("W", [4, 3])],
  );
  const { differentiability } = await inspect(chosen, runtime);
  expect(differentiability.problem).toMatch(
    /is zero everywhere: .* End the map before it, or start behind it, at "e"\.$/,
  );
});

it("inspect: where another input has no value, all but the derivative", async () => {
  const two = model(
    [
      ["z", FLOAT, [1, 3]],
      ["c", FLOAT, [1, 3]],
    ],
    [["y", FLOAT, [1, 3]]],
    [makeNode("Mul", ["z", "c"], ["y"])],
  );
  const { inputs, differentiability } = await inspect(two, runtime, { to: "y" });
  expect(inputs.map(({ name }) => name)).toEqual(["z", "c"]);
  expect(differentiability).toMatchObject({
    differentiable: false,
    problem: expect.stringContaining("--set c=…"),
  });
  const three = model(
    [
      ["z", FLOAT, [1, 3]],
      ["c", FLOAT, [1, 3]],
      ["k", INT64, [1]],
    ],
    [["y", FLOAT, [1, 3]]],
    [
      makeNode("Mul", ["z", "c"], ["m"]),
      makeNode("Cast", ["k"], ["f"], { to: int(FLOAT) }),
      makeNode("Add", ["m", "f"], ["y"]),
    ],
  );
  const { problem } = (await inspect(three, runtime)).differentiability;
  expect(problem).toMatch(/inputs "c" \(float32 \[1,3\]\), "k" \(int64 \[1\]\).*--set c=… --set k=…/);
  await expect(inspect(two, runtime, { to: "x" })).rejects.toMatchObject({ code: "INVALID_SPACE" });
  await expect(inspect(two, runtime, { from: "y", to: "z" })).rejects.toMatchObject({
    code: "INVALID_SPACE",
  });
});
