// Extents that a file leaves open.

import { describe, expect, it } from "vitest";
import {
  axisExtents,
  DataType,
  type Dimension,
  inspect,
  OnnxMap,
  withNamedAxes,
  withShapes,
} from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { makeModel, runtime } from "./helpers.ts";
import { requireShared, sharedModel } from "./shared.ts";

function model(shape: readonly Dimension[] | undefined, other: readonly Dimension[] = []) {
  return makeModel({
    nodes: [makeNode("Mul", ["z", "two"], ["y"])],
    initializers: [float32Tensor("two", [2], [])],
    inputs: [
      { name: "z", dataType: DataType.FLOAT, shape },
      { name: "m", dataType: DataType.FLOAT, shape: other },
    ],
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
  });
}

const shapes = (...entries: [string, number[]][]) => new Map(entries);
const inputsOf = ({ graph }: ReturnType<typeof withShapes>) => graph.inputs.map(({ shape }) => shape);

describe("withShapes", () => {
  const open = model(["n", 4, "height", "width"], ["n", "height"]);

  it.each<[string, ReturnType<typeof shapes>, unknown]>([
    [
      "nothing",
      shapes(),
      [
        ["n", 4, "height", "width"],
        ["n", "height"],
      ],
    ],
    [
      "all but the batch",
      shapes(["z", [4, 8, 6]]),
      [
        ["n", 4, 8, 6],
        ["n", 8],
      ],
    ],
    [
      "a batch of one, which stays open",
      shapes(["z", [1, 4, 8, 6]]),
      [
        ["n", 4, 8, 6],
        ["n", 8],
      ],
    ],
    [
      "a batch of two",
      shapes(["z", [2, 4, 8, 6]]),
      [
        [2, 4, 8, 6],
        [2, 8],
      ],
    ],
    [
      "named axes",
      shapes(["height", [8]], ["width", [6]]),
      [
        ["n", 4, 8, 6],
        ["n", 8],
      ],
    ],
    [
      "one of them",
      shapes(["width", [6]]),
      [
        ["n", 4, "height", 6],
        ["n", "height"],
      ],
    ],
    [
      "`batch`, whatever the axis is called",
      shapes(["batch", [3]]),
      [
        [3, 4, "height", "width"],
        [3, "height"],
      ],
    ],
    [
      "the same twice",
      shapes(["height", [8]], ["z", [4, 8, 6]]),
      [
        ["n", 4, 8, 6],
        ["n", 8],
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(inputsOf(withShapes(open, given))).toEqual(expected);
  });

  it("an input that declares no shape is given all of it; its batch stays open", () => {
    expect(inputsOf(withShapes(model(undefined), shapes(["z", [1, 3, 2]])))).toEqual([["", 3, 2], []]);
  });

  it("an axis that is called like an input", () => {
    const images = model(["n", 4, "m", "width"], ["n", "k", "width"]);
    expect(inputsOf(withShapes(images, shapes(["m", [6]], ["width", [8]])))).toEqual([
      ["n", 4, 6, 8],
      ["n", "k", 8],
    ]);
    // One number is all that an input of two axes needs.
    const pair = model(["n", 4, "m"], ["n", "k"]);
    expect(inputsOf(withShapes(pair, shapes(["m", [6]], ["z", [4, 5]])))).toEqual([
      ["n", 4, 5],
      ["n", 6],
    ]);
  });

  it("axes without a name, and negative ones", () => {
    expect(inputsOf(withShapes(model([-1, 4, "", -1]), shapes(["z", [4, 2, 3]])))).toEqual([
      [-1, 4, 2, 3],
      [],
    ]);
  });

  it.each<[ReturnType<typeof shapes>, string, RegExp]>([
    [shapes(["z", [3, 8, 6]]), "SHAPE_MISMATCH", /"z" has shape \[n, 4, height, width\], got 3,8,6/],
    [shapes(["z", [8, 6]]), "SHAPE_MISMATCH", /got 8,6/],
    [shapes(["z", [4, 0, 6]]), "SHAPE_MISMATCH", /positive integers, got 0/],
    [shapes(["z", [4, 1.5, 6]]), "SHAPE_MISMATCH", /positive integers, got 1.5/],
    [shapes(["height", [8]], ["z", [4, 9, 6]]), "SHAPE_MISMATCH", /"height" is given two extents, 8 and 9/],
    [shapes(["height", [0]]), "SHAPE_MISMATCH", /"height".*positive integers, got 0/],
    [shapes(["z", []]), "SHAPE_MISMATCH", /positive integers, got none/],
    [shapes(["hight", [8]]), "INVALID_SPACE", /did you mean "height"\?.*There are z, m, n, height, width/],
    [shapes(["height", [8, 6]]), "INVALID_SPACE", /"height" is one axis, and is given 2 extents/],
    [shapes(["__proto__", [8]]), "INVALID_SPACE", /neither an input nor an open axis/],
  ])("refuses %j", (given, code, message) => {
    expect(() => withShapes(open, given)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("what is left open is refused with what to give", async () => {
    for (const [shape, remedy] of [
      [["n", 4, "height", "width"], "--shape height=…,width=…"],
      [["n", 4, "", "width"], "--shape z=4,…,…"],
    ] as const) {
      await expect(OnnxMap.create(model(shape), runtime)).rejects.toMatchObject({
        code: "INVALID_MODEL",
        message: expect.stringContaining(remedy),
      });
    }
  });

  it("a third party's decoder of open sizes", async (context) => {
    requireShared(context, "models/vaelight.onnx");
    const file = await sharedModel("vaelight");
    const { differentiability, spaces } = await inspect(
      withShapes(file, shapes(["latent", [4, 5, 7]])),
      runtime,
    );
    expect(differentiability.differentiable).toBe(true);
    expect(spaces[0]).toMatchObject({ name: "latent", shape: [4, 5, 7] });
    expect(spaces.at(-1)).toMatchObject({ name: "output", shape: [3, 5, 7] });
  });
});

it("withNamedAxes: names for axes that have none, and all names once", () => {
  const { model: named, axes } = withNamedAxes(model(["n", 4, "h", -1], ["n", "h", ""]));
  expect(inputsOf(named)).toEqual([
    ["n", 4, "h", "z axis 3"],
    ["n", "h", "m axis 2"],
  ]);
  expect(axes).toEqual(["h", "z axis 3", "m axis 2"]);
});

it("axisExtents: of an input, of axes, of what has no name", () => {
  const open = model(["n", 4, "h", -1], ["n", "h", ""]);
  expect(axisExtents(open, shapes(["z", [4, 3, 5]]))).toEqual(
    new Map([
      ["h", 3],
      ["z axis 3", 5],
    ]),
  );
  expect(axisExtents(open, shapes(["h", [3]]))).toEqual(new Map([["h", 3]]));
  expect(axisExtents(open, shapes())).toEqual(new Map());
});
