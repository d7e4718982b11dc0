// Files that fix a batch of several points, or leave more than the batch open.

import type { RuntimeTensor } from "@vielbein/core/runtime";
import { describe, expect, it } from "vitest";
import { openSession } from "../src/file/source.ts";
import {
  DataType,
  inputTensors,
  type Model,
  type Node,
  OnnxMap,
  type Tensor,
  unbatch,
} from "../src/index.ts";
import { int, ints, makeNode, string } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { irregular, makeModel, product, randomStream, relativeError, runtime } from "./helpers.ts";
import { requireShared, sharedModel } from "./shared.ts";

const N = 4;
const random = randomStream(5);
const floats = (name: string, dims: readonly number[]): Tensor =>
  float32Tensor(name, irregular(random, product(dims)), dims);
/** The same for every point of a batch of N. */
const copies = (name: string, dims: readonly number[]): Tensor => {
  const row = irregular(random, product(dims));
  return float32Tensor(name, Array.from({ length: N }, () => row).flat(), [N, ...dims]);
};

function batchModel(
  nodes: Node[],
  initializers: Tensor[],
  further: Model["graph"]["inputs"] = [],
  shape: readonly (number | string)[] = [N, 6],
): Model {
  return makeModel({
    nodes,
    initializers,
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape }, ...further],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [N, "", "", ""].slice(0, 2) }],
  });
}

/** The value at `codes`, one for each place of the batch, by the file as it is. */
async function original(model: Model, codes: Float32Array, others: Record<string, RuntimeTensor> = {}) {
  const { name, shape } = model.graph.inputs[0]!;
  const session = await openSession(runtime, model, { optimize: false });
  const feeds = { [name]: { type: "float32" as const, dims: shape as number[], data: codes }, ...others };
  const result = (await session.run(feeds))[session.outputNames[0]!]!;
  await session.dispose();
  return result.data as Float32Array;
}

/** Every code alone, by the model that is taken apart; and all of them in the file as it is. */
async function compare(model: Model) {
  const { model: single, batch } = await unbatch(model, runtime);
  const extent = model.graph.inputs[0]!.shape![0] as number;
  const map = await OnnxMap.create(single, runtime);
  const codes = Float32Array.from(irregular(random, extent * map.from.dim));
  const values = await original(model, codes);
  const alone = await map.evaluate(codes, extent);
  await map.dispose();
  return { batch, error: relativeError(alone, values), map };
}

const gemm = makeNode("Gemm", ["z", "W", "b"], ["h"]);
const weights = [floats("W", [6, 32]), floats("b", [32])];

describe("a fixed batch", () => {
  it.each<[string, Node[], Tensor[]]>([
    ["nothing that holds it", [makeNode("Tanh", ["h"], ["y"])], []],
    ["Reshape", [makeNode("Reshape", ["h", "s"], ["y"])], [int64Tensor("s", [N, 2, 4, 4])]],
    [
      "Reshape that finds an extent",
      [makeNode("Reshape", ["h", "s"], ["y"])],
      [int64Tensor("s", [N, 2, -1, 4])],
    ],
    [
      "Reshape to the rows of all points and back",
      [
        makeNode("Reshape", ["h", "s"], ["rows"]),
        makeNode("Tanh", ["rows"], ["tanh"]),
        makeNode("Reshape", ["tanh", "t"], ["y"]),
      ],
      [int64Tensor("s", [N * 8, 4]), int64Tensor("t", [N, 32])],
    ],
    [
      "Expand and a constant for each point",
      [
        makeNode("Expand", ["c", "s"], ["cs"]),
        makeNode("Mul", ["h", "cs"], ["hc"]),
        makeNode("Add", ["hc", "k"], ["y"]),
      ],
      [floats("c", [1, 32]), int64Tensor("s", [N, 32]), copies("k", [32])],
    ],
    [
      "Tile and ConstantOfShape",
      [
        makeNode("Tile", ["c", "s"], ["cs"]),
        makeNode("ConstantOfShape", ["t"], ["zeros"]),
        makeNode("Concat", ["cs", "zeros", "h"], ["y"], { axis: int(1) }),
      ],
      [floats("c", [1, 3]), int64Tensor("s", [N, 1]), int64Tensor("t", [N, 2])],
    ],
    [
      // As many channels as points: weights stay whole, though their rows are alike.
      "as many channels as points",
      [
        makeNode("Reshape", ["h", "s"], ["x"]),
        makeNode("Conv", ["x", "K"], ["y"], { group: int(N), pads: ints([1, 1, 1, 1]) }),
      ],
      [int64Tensor("s", [N, N, 4, 2]), copies("K", [1, 3, 3])],
    ],
  ])("is opened: %s", async (what, nodes, initializers) => {
    const { batch, error, map } = await compare(batchModel([gemm, ...nodes], [...weights, ...initializers]));
    // Points merged into rows, and constants that are computed: the graph does not show that all points fare alike.
    const evidence = /rows of all points|for each point|ConstantOfShape/.test(what) ? "trial" : "graph";
    expect(batch).toEqual({ extent: N, way: "opened", evidence });
    expect(map.from.shape).toEqual([6]);
    expect(error).toBeLessThan(1e-6);
  });

  it("whose points are groups of one convolution is filled with copies", async () => {
    const model = batchModel(
      [
        makeNode("Reshape", ["z", "s"], ["x"]),
        makeNode("Conv", ["x", "K"], ["c"], { group: int(N), pads: ints([1, 1]) }),
        makeNode("Reshape", ["c", "t"], ["y"]),
      ],
      [int64Tensor("s", [1, N, 6]), copies("K", [1, 3]), int64Tensor("t", [N, 6])],
    );
    const { batch, error } = await compare(model);
    expect(batch).toEqual({ extent: N, way: "repeated", evidence: "trial" });
    expect(error).toBeLessThan(1e-6);
  });

  it.each<[string, Node[], Tensor[]]>([
    [
      "normalised by its own mean",
      [makeNode("ReduceMean", ["h", "axes"], ["m"]), makeNode("Sub", ["h", "m"], ["y"])],
      [int64Tensor("axes", [0])],
    ],
    [
      "of which points see one another a little",
      [
        makeNode("ReduceMax", ["h", "axes"], ["m"]),
        makeNode("Mul", ["m", "little"], ["l"]),
        makeNode("Add", ["h", "l"], ["y"]),
      ],
      [int64Tensor("axes", [0]), float32Tensor("little", [1e-3], [])],
    ],
    ...[2, 7, 20, 250].map((distance): [string, Node[], Tensor[]] => [
      `of which points see one another beyond ${distance}`,
      [
        makeNode("Abs", ["z"], ["abs"]),
        makeNode("Sub", ["abs", "distance"], ["beyond"]),
        makeNode("Relu", ["beyond"], ["excess"]),
        makeNode("ReduceMax", ["excess"], ["m"], { keepdims: int(0) }),
        makeNode("Add", ["h", "m"], ["y"]),
      ],
      [float32Tensor("distance", [distance], [])],
    ]),
    [
      "of which near points see far ones",
      [
        makeNode("Abs", ["z"], ["abs"]),
        makeNode("ReduceMax", ["abs", "features"], ["far"], { keepdims: int(1) }),
        makeNode("ReduceMin", ["far", "axes"], ["nearest"], { keepdims: int(1) }),
        makeNode("ReduceMax", ["far", "axes"], ["farthest"], { keepdims: int(1) }),
        makeNode("Div", ["farthest", "nearest"], ["ratio"]),
        makeNode("Sub", ["ratio", "distance"], ["beyond"]),
        makeNode("Relu", ["beyond"], ["excess"]),
        makeNode("Add", ["h", "excess"], ["y"]),
      ],
      [int64Tensor("axes", [0]), int64Tensor("features", [1]), float32Tensor("distance", [2], [])],
    ],
    [
      "whose places have constants of their own",
      [makeNode("Add", ["h", "k"], ["y"])],
      [floats("k", [N, 32])],
    ],
    [
      "of layers, each with weights of its own",
      [makeNode("Einsum", ["z", "K"], ["y"], { equation: string("ld,ldc->lc") })],
      [floats("K", [N, 6, 3])],
    ],
    [
      "of steps, of which each sees those before it",
      [makeNode("CumSum", ["h", "first"], ["y"])],
      [int64Tensor("first", [0], [])],
    ],
    [
      "of differences from the first",
      [
        makeNode("Slice", ["h", "zero", "one", "zero"], ["h0"]),
        makeNode("Sub", ["h", "h0"], ["d"]),
        makeNode("Tanh", ["d"], ["y"]),
      ],
      [int64Tensor("zero", [0]), int64Tensor("one", [1])],
    ],
    [
      "of channels, each with a kernel of its own",
      [
        makeNode("Reshape", ["z", "s"], ["x"]),
        makeNode("Conv", ["x", "K"], ["c"], { group: int(N), pads: ints([1, 1]) }),
        makeNode("Reshape", ["c", "t"], ["y"]),
      ],
      [int64Tensor("s", [1, N, 6]), floats("K", [N, 1, 3]), int64Tensor("t", [N, 6])],
    ],
  ])("stays as it is: one %s", async (_, nodes, initializers) => {
    const model = batchModel([gemm, ...nodes], [...weights, ...initializers]);
    const result = await unbatch(model, runtime);
    expect(result).toEqual({ model, batch: { extent: N, way: "coupled" } });
  });

  it("is opened where the network has no value at the points that are tried", async () => {
    const model = batchModel([gemm, makeNode("Log", ["h"], ["y"])], weights);
    expect((await unbatch(model, runtime)).batch).toMatchObject({ extent: N, way: "opened" });
  });

  it("is that of labels too", async () => {
    const model = batchModel(
      [gemm, makeNode("Gather", ["table", "label"], ["e"]), makeNode("Mul", ["h", "e"], ["y"])],
      [...weights, floats("table", [3, 32])],
      [{ name: "label", dataType: DataType.INT64, shape: [N] }],
    );
    const { model: single, batch } = await unbatch(model, runtime);
    expect(batch).toMatchObject({ extent: N, way: "opened" });
    const labels = BigInt64Array.of(2n, 0n, 1n, 1n);
    const codes = Float32Array.from(irregular(random, N * 6));
    const values = await original(model, codes, { label: { type: "int64", dims: [N], data: labels } });
    for (const row of [0, 1, 2, 3]) {
      const inputs = inputTensors(single, { label: [labels[row]!] });
      const map = await OnnxMap.create(single, runtime, { inputs });
      const value = await map.evaluate(codes.subarray(6 * row, 6 * row + 6), 1);
      expect(relativeError(value, values.subarray(32 * row, 32 * row + 32))).toBeLessThan(1e-6);
      await map.dispose();
    }
  });

  it("leaves a vector alone that is as long and the same for all points", async () => {
    const model = batchModel(
      [makeNode("Gemm", ["z", "W", "b"], ["h"]), makeNode("Mul", ["h", "scale"], ["y"])],
      [floats("W", [6, N]), floats("b", [N])],
      [{ name: "scale", dataType: DataType.FLOAT, shape: [N] }],
    );
    const { model: single, batch } = await unbatch(model, runtime);
    expect(batch).toMatchObject({ extent: N, way: "opened" });
    expect(single.graph.inputs.map(({ shape }) => shape)).toEqual([["batch", 6], [N]]);
  });

  it("has codes that noise and a number come before, and a shared table of as many rows", async () => {
    const model = makeModel({
      nodes: [
        gemm,
        makeNode("Mul", ["h", "psi"], ["scaled"]),
        makeNode("RandomNormalLike", ["scaled"], ["e"]),
        makeNode("Add", ["scaled", "e"], ["noisy"]),
        makeNode("MatMul", ["noisy", "R"], ["p"]),
        makeNode("MatMul", ["p", "shared"], ["q"]),
        makeNode("Gather", ["columns", "places"], ["chosen"]),
        makeNode("Add", ["q", "chosen"], ["y"]),
      ],
      initializers: [...weights, floats("R", [32, N]), floats("columns", [N])],
      inputs: [
        { name: "psi", dataType: DataType.FLOAT, shape: [] },
        { name: "z", dataType: DataType.FLOAT, shape: [N, 6] },
        { name: "shared", dataType: DataType.FLOAT, shape: [N, N] },
        { name: "places", dataType: DataType.INT64, shape: [N] },
      ],
      outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [N, N] }],
    });
    const { model: single, batch } = await unbatch(model, runtime);
    expect(batch).toMatchObject({ extent: N, way: "opened" });
    expect(single.graph.inputs.map(({ shape }) => shape)).toEqual([[], ["batch", 6], [N, N], [N]]);
  });

  it.each<[string, Model]>([
    ["open", batchModel([gemm, makeNode("Tanh", ["h"], ["y"])], weights, [], ["n", 6])],
    ["of one", batchModel([gemm, makeNode("Tanh", ["h"], ["y"])], weights, [], [1, 6])],
    [
      "of a code of layers, of which the output has no trace",
      makeModel({
        nodes: [gemm, makeNode("Flatten", ["h"], ["y"], { axis: int(0) })],
        initializers: weights,
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [N, 6] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, N * 32] }],
      }),
    ],
  ])("is none: %s", async (_, model) => {
    expect(await unbatch(model, runtime)).toEqual({ model });
  });

  it("a third party's decoder of a batch of 128", async (context) => {
    requireShared(context, "models/jcanedo_decoder.onnx");
    const { batch, error, map } = await compare(await sharedModel("jcanedo_decoder"));
    expect(batch).toEqual({ extent: 128, way: "opened", evidence: "graph" });
    expect(map.from.shape).toEqual([2]);
    expect(map.to.shape).toEqual([1, 28, 28]);
    expect(error).toBeLessThan(1e-6);
  });
});
