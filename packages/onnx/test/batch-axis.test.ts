// What the graph shows of points in a batch.

import { describe, expect, test } from "vitest";
import { probe } from "../src/file/probe.ts";
import { DataType, type Node, type Tensor } from "../src/index.ts";
import { float, int, ints, makeNode, string } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { keepsPointsApart } from "../src/prepare/batch/batch-axis.ts";
import { normalize } from "../src/prepare/normalize.ts";
import { irregular, makeModel, product, randomStream, runtime } from "./helpers.ts";

const [N, D] = [3, 4];
const random = randomStream(11);
const floats = (name: string, dims: readonly number[]): Tensor =>
  float32Tensor(name, irregular(random, product(dims)), dims);
const integers = (name: string, ...values: number[]): Tensor => int64Tensor(name, values);

/** Whether the graph of some nodes, z [3, 4] ↦ y, shows that points stay apart. */
async function isShown(nodes: readonly Node[], initializers: readonly Tensor[]): Promise<boolean> {
  const model = normalize(
    makeModel({
      nodes,
      initializers,
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [N, D] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    }),
  );
  const measured = model.graph.nodes.flatMap(({ outputs }) => outputs);
  const { shapes } = await probe(model, runtime, { measured });
  return keepsPointsApart(model.graph, new Map([...shapes, ["z", [N, D]]]), ["z"], ["y"]);
}

type Case = readonly [string, readonly Node[], readonly Tensor[]];
const node = makeNode;
/** z as N pictures of 2 × 2. */
const pictures: readonly Node[] = [node("Reshape", ["z", "s"], ["x"])];
const square = integers("s", N, 1, 2, 2);

const apart: readonly Case[] = [
  ["softmax over features", [node("Softmax", ["z"], ["y"])], []],
  ["a bias", [node("Add", ["z", "b"], ["y"])], [floats("b", [D])]],
  [
    "the same row for all",
    [node("Add", ["z", "b"], ["y"])],
    [float32Tensor("b", Array(N * D).fill(2), [N, D])],
  ],
  ["a mean over features", [node("ReduceMean", ["z", "a"], ["y"], { keepdims: int(0) })], [integers("a", 1)]],
  [
    "products of transposed matrices",
    [node("Transpose", ["z"], ["t"]), node("MatMul", ["w", "t"], ["p"]), node("Transpose", ["p"], ["y"])],
    [floats("w", [5, D])],
  ],
  [
    "attention within each point",
    [
      node("Reshape", ["z", "s"], ["q"]),
      node("Transpose", ["q"], ["k"], { perm: ints([0, 2, 1]) }),
      node("MatMul", ["q", "k"], ["scores"]),
      node("Softmax", ["scores"], ["p"]),
      node("MatMul", ["p", "q"], ["y"]),
    ],
    [integers("s", N, 2, 2)],
  ],
  [
    "a convolution of normalised pictures",
    [
      ...pictures,
      node("InstanceNormalization", ["x", "one", "one"], ["n"], { epsilon: float(0.1) }),
      node("Conv", ["n", "k"], ["y"]),
    ],
    [square, floats("one", [1]), floats("k", [2, 1, 1, 1])],
  ],
  [
    "slices of features",
    [node("Slice", ["z", "f", "t", "a"], ["y"])],
    [integers("f", 1), integers("t", 3), integers("a", -1)],
  ],
  [
    "an equation",
    [node("Einsum", ["z", "w"], ["y"], { equation: string("nd,de->ne") })],
    [floats("w", [D, 2])],
  ],
];

const mixed: readonly Case[] = [
  ["softmax over points", [node("Softmax", ["z"], ["y"], { axis: int(0) })], []],
  ["a row for each", [node("Add", ["z", "b"], ["y"])], [floats("b", [N, D])]],
  [
    "a mean over points",
    [node("ReduceMean", ["z", "a"], ["m"]), node("Sub", ["z", "m"], ["y"])],
    [integers("a", 0)],
  ],
  ["a mean over all", [node("ReduceMean", ["z"], ["m"]), node("Sub", ["z", "m"], ["y"])], []],
  ["Gram matrices", [node("Transpose", ["z"], ["t"]), node("MatMul", ["z", "t"], ["y"])], []],
  [
    "points in another order",
    [node("Slice", ["z", "f", "t", "a", "b"], ["y"])],
    [integers("f", -1), integers("t", -9), integers("a", 0), integers("b", -1)],
  ],
  ["points gathered", [node("Gather", ["z", "i"], ["y"])], [integers("i", 2, 0, 1)]],
  ["points joined", [node("Concat", ["z", "z"], ["y"], { axis: int(0) })], []],
  ["a point before", [node("Pad", ["z", "p"], ["y"])], [integers("p", 1, 0, -1, 0)]],
  [
    "points among features",
    [node("Reshape", ["z", "s"], ["r"]), node("Softmax", ["r"], ["p"]), node("Reshape", ["p", "t"], ["y"])],
    [integers("s", 1, 12), integers("t", N, D)],
  ],
  [
    "features as points",
    [node("Transpose", ["z"], ["t"]), node("Reshape", ["t", "s"], ["y"])],
    [integers("s", N, D)],
  ],
  ["sums along points", [node("CumSum", ["z", "a"], ["y"])], [int64Tensor("a", [0], [])]],
  [
    "statistics of the batch",
    [...pictures, node("MeanVarianceNormalization", ["x"], ["y"], { axes: ints([0, 2, 3]) })],
    [square],
  ],
  ["a bias for each", [node("Gemm", ["z", "w", "b"], ["y"])], [floats("w", [D, 2]), floats("b", [N, 1])]],
  [
    "weights for each",
    [node("Einsum", ["z", "w"], ["y"], { equation: string("nd,nde->ne") })],
    [floats("w", [N, D, 2])],
  ],
];

describe("points stay apart, as the graph shows", () => {
  test.each(apart)("%s", async (_, nodes, initializers) => {
    expect(await isShown(nodes, initializers)).toBe(true);
  });
});

describe("the graph does not show it", () => {
  test.each(mixed)("%s", async (_, nodes, initializers) => {
    expect(await isShown(nodes, initializers)).toBe(false);
  });
});
