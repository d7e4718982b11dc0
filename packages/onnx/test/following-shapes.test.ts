// Shapes that are not asked of the engine because they follow from others, against a run that is asked for all of them.

import { describe, expect, test } from "vitest";
import { probe } from "../src/file/probe.ts";
import { type Model, prepare } from "../src/index.ts";
import { float, int, ints, makeNode } from "../src/model/attributes.ts";
import { FollowingShapes } from "../src/model/following-shapes.ts";
import { DataType, type Node } from "../src/model/model.ts";
import { everyCase } from "./cases/families.ts";
import { GraphBuilder, makeModel, runtime } from "./helpers.ts";
import { miniatures, readMiniature } from "./miniatures.ts";

async function expectSameAsRun(model: Model): Promise<void> {
  const measured = model.graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean));
  const { shapes } = await probe(model, runtime, { measured });
  const { shapes: ran } = await probe(model, runtime, { measured, tried: measured });
  expect(shapes).toEqual(ran);
}

test("of every operator", async () => {
  for (const { op, about, build, opset } of everyCase) {
    const g = new GraphBuilder("float32", opset);
    const output = build(g);
    const { model } = await prepare(g.model(output), runtime);
    await expectSameAsRun(model).catch((error: unknown) => {
      throw new Error(`${op}: ${about}`, { cause: error });
    });
  }
});

test.each(miniatures.filter(([file]) => file.endsWith("dynamo")))("of %s", async (file, name) => {
  const { model, options } = await readMiniature(file, name);
  const { model: prepared } = await prepare(model, runtime, options);
  await expectSameAsRun(prepared);
});

/** The shape of the result of one operator, of inputs of shapes; undefined where it has to be asked for. */
function follows(
  opType: string,
  inputs: readonly (readonly number[])[],
  attributes: Parameters<typeof makeNode>[3] = {},
): readonly number[] | undefined {
  const names = inputs.map((_, i) => `x${i}`);
  const nodes: Node[] = [makeNode(opType, names, ["y"], attributes)];
  const infos = names.map((name, i) => ({ name, dataType: DataType.FLOAT, shape: inputs[i]! }));
  const { graph } = makeModel({ nodes, inputs: infos, outputs: [{ name: "y" }] });
  const fed = new Map(infos.map(({ name, shape }) => [name, shape]));
  return new FollowingShapes(graph, fed, ["y"], []).of(new Map()).get("y");
}

describe("of one operator", () => {
  test.each([
    ["Tanh", [[2, 3]], [2, 3]],
    ["BatchNormalization", [[1, 4, 5], [4], [4], [4], [4]], [1, 4, 5]],
    [
      "Add",
      [
        [2, 1, 3],
        [4, 1],
      ],
      [2, 4, 3],
    ],
    ["Add", [[2, 0], [1]], [2, 0]],
    ["Max", [[1, 3], [2, 1], []], [2, 3]],
    [
      "MatMul",
      [
        [5, 1, 2, 3],
        [4, 3, 6],
      ],
      [5, 4, 2, 6],
    ],
  ] as const)("%s of %j", (opType, inputs, expected) => {
    expect(follows(opType, inputs)).toEqual(expected);
  });

  test("Transpose", () => {
    expect(follows("Transpose", [[2, 3, 4]])).toEqual([4, 3, 2]);
    expect(follows("Transpose", [[2, 3, 4]], { perm: ints([1, 2, 0]) })).toEqual([3, 4, 2]);
  });

  test.each([
    [0, 0, [2, 3], [3, 4]],
    [1, 0, [3, 2], [3, 4]],
    [0, 1, [2, 3], [4, 3]],
    [1, 1, [3, 2], [4, 3]],
  ] as const)("Gemm, transA %i, transB %i", (transA, transB, a, b) => {
    const attributes = { transA: int(transA), transB: int(transB), alpha: float(2) };
    expect(follows("Gemm", [a, b], attributes)).toEqual([2, 4]);
  });

  test.each([
    ["Add", [[2, 3], [4]]],
    [
      "MatMul",
      [
        [2, 3],
        [4, 5],
      ],
    ],
    ["MatMul", [[3], [3, 5]]],
    [
      "Gemm",
      [
        [2, 3],
        [2, 5],
      ],
    ],
    ["Reshape", [[2, 3], [1]]],
    ["Slice", [[2, 3], [1], [1]]],
  ] as const)("none of %s of %j", (opType, inputs) => {
    expect(follows(opType, inputs)).toBeUndefined();
  });
});

test("of slices that go forward and backward, begin and end anywhere, and are empty", async () => {
  for (const extent of [1, 4]) {
    for (const step of [1, 3, -1, -2]) {
      const g = new GraphBuilder();
      const places = [-9, -3, 0, 2, 9];
      const parts = places.flatMap((start) =>
        places.map((end) => {
          const bounds = [start, end, -1, step].map((value) => g.int64([value]));
          return g.op("Slice", [g.constant([2, extent]), ...bounds]);
        }),
      );
      const model = g.model(parts[0]!);
      const measured = model.graph.nodes.flatMap(({ outputs }) => outputs);
      expect(measured).toHaveLength(25);
      expect(new FollowingShapes(model.graph, new Map(), measured, []).asked).toEqual([]);
      await expectSameAsRun(model);
    }
  }
});

test("nothing follows from what was not told, and an engine's word on what it is asked for in any case stands", () => {
  const nodes = [
    makeNode("Reshape", ["x", "s"], ["a"]),
    makeNode("Neg", ["a"], ["b"]),
    makeNode("Neg", ["b"], ["c"]),
  ];
  const { graph } = makeModel({ nodes, inputs: [], outputs: [] });
  const shapes = new FollowingShapes(graph, new Map([["x", [6]]]), ["x", "a", "b", "c"], ["c"]);
  expect(shapes.asked).toEqual(["a", "c"]);
  expect(shapes.of(new Map())).toEqual(new Map([["x", [6]]]));
  expect(shapes.of(new Map([["a", [2, 3]]])).get("b")).toEqual([2, 3]);
  const told = new Map([
    ["a", [2, 3]],
    ["c", [3, 2]],
  ]);
  expect(shapes.of(told).get("c")).toEqual([3, 2]);
});
