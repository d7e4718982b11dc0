import { describe, expect, test } from "vitest";
import { layers, type Node, prepare } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { makeModel, runtime } from "./helpers.ts";
import { requireShared, sharedModel } from "./shared.ts";

const square = (name: string, n = 4) =>
  float32Tensor(
    name,
    Array.from({ length: n * n }, (_, i) => Math.sin(i + 1)),
    [n, n],
  );

const namesOf = async (nodes: Node[], to: string, from = "z"): Promise<string[]> => {
  const initializers = ["w1", "w2", "w3"].map((name) => square(name));
  const shape = int64Tensor("shape", [1, 2, 2]);
  const flat = int64Tensor("flat", [1, 4]);
  const model = makeModel({
    nodes,
    initializers: [...initializers, shape, flat],
    inputs: [{ name: "z", dataType: 1, shape: [1, 4] }],
    outputs: [{ name: to }],
  });
  return layers(await prepare(model, runtime, { from, to })).map(({ name }) => name);
};

describe("layers", () => {
  const chain = [
    makeNode("MatMul", ["z", "w1"], ["a"]),
    makeNode("LeakyRelu", ["a"], ["b"]),
    makeNode("MatMul", ["b", "w2"], ["c"]),
    makeNode("Tanh", ["c"], ["d"]),
    makeNode("MatMul", ["d", "w3"], ["e"]),
    makeNode("Sigmoid", ["e"], ["f"]),
  ];

  test("of a chain: what goes into each weight, and the output", async () => {
    expect(await namesOf(chain, "f")).toEqual(["b", "d", "f"]);
    expect(await namesOf(chain, "c", "b")).toEqual(["c"]);
  });

  test("normalisation of the code and of features is part of a layer", async () => {
    const nodes = [
      makeNode("Mul", ["z", "z"], ["squares"]),
      makeNode("ReduceMean", ["squares"], ["mean"]),
      makeNode("Sqrt", ["mean"], ["norm"]),
      makeNode("Div", ["z", "norm"], ["unit"]),
      makeNode("MatMul", ["unit", "w1"], ["a"]),
      makeNode("Sigmoid", ["a"], ["gate"]),
      makeNode("Mul", ["a", "gate"], ["silu"]),
      makeNode("MatMul", ["silu", "w2"], ["y"]),
    ];
    expect(await namesOf(nodes, "y")).toEqual(["unit", "silu", "y"]);
  });

  test("inside a residual block there is none, whatever the order of its nodes", async () => {
    const [skip, inner, outer] = [
      makeNode("MatMul", ["x", "w1"], ["skip"]),
      makeNode("MatMul", ["x", "w2"], ["inner"]),
      makeNode("Relu", ["inner"], ["outer"]),
    ];
    const rest = [makeNode("Add", ["skip", "outer"], ["sum"]), makeNode("MatMul", ["sum", "w3"], ["y"])];
    const stem = [makeNode("MatMul", ["z", "w3"], ["pre"]), makeNode("Relu", ["pre"], ["x"])];
    for (const block of [
      [skip, inner, outer],
      [inner, skip, outer],
      [inner, outer, skip],
    ]) {
      expect(await namesOf([...stem, ...block, ...rest], "y")).toEqual(["x", "sum", "y"]);
    }
  });

  test("goes by the name before a reshape", async () => {
    const nodes = [
      makeNode("MatMul", ["z", "w1"], ["a"]),
      makeNode("Relu", ["a"], ["b"]),
      makeNode("Reshape", ["b", "shape"], ["b_square"]),
      makeNode("Reshape", ["b_square", "flat"], ["b_again"]),
      makeNode("MatMul", ["b_again", "w2"], ["y"]),
      makeNode("Reshape", ["y", "shape"], ["image"]),
    ];
    expect(await namesOf(nodes, "image")).toEqual(["b", "image"]);
    const codeOnly = [
      makeNode("Reshape", ["z", "flat"], ["flat_z"]),
      makeNode("MatMul", ["flat_z", "w1"], ["y"]),
    ];
    expect(await namesOf(codeOnly, "y")).toEqual(["y"]);
  });

  test("of published generators", async (context) => {
    requireShared(context, "models/neuralpil_film_full.onnx", "models/disvae_btcvae_dsprites.onnx");
    const of = async (name: string) => layers(await prepare(await sharedModel(name), runtime));
    const film = await of("neuralpil_film_full");
    // The mapping, w that steers the synthesis, and its last layers, which w does not reach any more.
    expect(film.slice(0, 3).map(({ name, dim }) => [name, dim])).toEqual([
      ["/mapping/Elu_output_0", 128],
      ["/mapping/Elu_1_output_0", 128],
      ["/mapping/l.2/Gemm_output_0", 768],
    ]);
    expect(film.at(-1)).toMatchObject({ name: "image", dim: 6144 });
    const sprites = await of("disvae_btcvae_dsprites");
    expect(sprites.map(({ dim }) => dim)).toEqual([256, 256, 512, 2048, 8192, 32768, 4096]);
  });
});
