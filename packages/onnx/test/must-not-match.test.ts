// What looks like a pattern that graphs are searched for, and is none: it must stay, and compute what it did.

import { VielbeinError } from "@vielbein/core";
import { describe, expect, test } from "vitest";
import { shareCommonSubexpressions } from "../src/derive/common-subexpressions.ts";
import { mergeFactors } from "../src/derive/merge-factors.ts";
import { DataType, firstAffineMaps, inspect, type Model, type Node, OnnxMap, prepare } from "../src/index.ts";
import { float, int, ints, makeNode } from "../src/model/attributes.ts";
import { NameSupply } from "../src/model/names.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import {
  DirectModel,
  differences,
  forwardJacobian,
  GraphBuilder,
  makeModel,
  relativeError,
  runtime,
} from "./helpers.ts";

/** That the map computes what the engine does with the model as it is, and its derivative. */
async function expectUnchanged(model: Model, point: readonly number[], tolerance = 2e-3): Promise<void> {
  const map = await OnnxMap.create(model, runtime);
  const direct = await DirectModel.create(model, "float32");
  const at = Float32Array.from(point);
  expect(relativeError(await map.evaluate(at, 1), await direct.run(at))).toBeLessThan(1e-5);
  const expected = await differences((x) => direct.run(x), point, 1e-2);
  expect(relativeError(await forwardJacobian(map, at), expected)).toBeLessThan(tolerance);
  await direct.dispose();
  await map.dispose();
}

describe("sums of squares of modulated weights", () => {
  /** Σ over the style's axis of `power` of W ⊙ s, W [1, 4, 3], s [1, 1, 3] from the point. */
  function sums(power: (g: GraphBuilder, ws: string) => string): { model: Model; point: number[] } {
    const g = new GraphBuilder("float32");
    const ws = g.op("Mul", [g.variable([1, 1, 3]), g.constant([1, 4, 3])]);
    const y = g.op("ReduceSum", [power(g, ws), g.int64([2])], { keepdims: int(1) });
    return { model: g.model(y), point: g.point };
  }
  const isKept = async (model: Model) =>
    (await prepare(model, runtime)).model.graph.nodes.some(({ opType }) => opType === "ReduceSum");

  test("a true one is found", async () => {
    const { model, point } = sums((g, ws) => g.op("Pow", [ws, g.scalar(2)]));
    expect(await isKept(model)).toBe(false);
    await expectUnchanged(model, point);
  });

  test.each<[string, (g: GraphBuilder, ws: string) => string]>([
    ["a cube", (g, ws) => g.op("Pow", [ws, g.scalar(3)])],
    ["a first power", (g, ws) => g.op("Pow", [ws, g.scalar(1)])],
    ["exponents [2, 3, 2]", (g, ws) => g.op("Pow", [ws, g.float([2, 3, 2])])],
    ["an exponent [2, 2, 2]", (g, ws) => g.op("Pow", [ws, g.float([2, 2, 2])])],
    ["a product with something else", (g, ws) => g.op("Mul", [ws, g.op("Tanh", [ws])])],
    ["a product with a constant", (g, ws) => g.op("Mul", [ws, g.constant([1, 4, 3])])],
    ["a sum with itself", (g, ws) => g.op("Add", [ws, ws])],
    ["an absolute value", (g, ws) => g.op("Abs", [ws])],
  ])("%s is none", async (_what, power) => {
    const { model, point } = sums(power);
    expect(await isKept(model)).toBe(true);
    await expectUnchanged(model, point, 1e-2);
  });

  test.each<[string, (g: GraphBuilder) => string]>([
    [
      "weights that are divided by the style",
      (g) => g.op("Div", [g.constant([1, 4, 3]), g.variable([1, 1, 3], { positive: true })]),
    ],
    [
      "two styles along one axis",
      (g) =>
        g.op("Mul", [g.op("Mul", [g.constant([1, 4, 3]), g.variable([1, 1, 3])]), g.variable([1, 1, 3])]),
    ],
    ["a style for every weight", (g) => g.op("Mul", [g.constant([1, 4, 3]), g.variable([1, 4, 3])])],
    ["a style that is added", (g) => g.op("Add", [g.constant([1, 4, 3]), g.variable([1, 1, 3])])],
  ])("%s", async (_what, weights) => {
    const g = new GraphBuilder("float32");
    const ws = weights(g);
    const y = g.op("ReduceSum", [g.op("Mul", [ws, ws]), g.int64([2])], { keepdims: int(1) });
    const model = g.model(y);
    expect(await isKept(model)).toBe(true);
    await expectUnchanged(model, g.point, 2e-2);
  });

  test("a grouped convolution", async () => {
    const g = new GraphBuilder("float32");
    const weights = g.op("Mul", [g.variable([1, 2, 1, 1]), g.constant([4, 2, 3, 3])]);
    const model = g.model(g.op("Conv", [g.constant([1, 4, 5, 5]), weights], { group: int(2) }));
    const { model: prepared, constants } = await prepare(model, runtime);
    const convolution = prepared.graph.nodes.find(({ opType }) => opType === "Conv")!;
    expect(constants.has(convolution.inputs[1]!)).toBe(false);
    await expectUnchanged(model, g.point);
  });
});

describe("affine maps that read a code", () => {
  const maps = async (build: (g: GraphBuilder) => string) => {
    const g = new GraphBuilder("float32");
    return firstAffineMaps(await prepare(g.model(build(g)), runtime));
  };

  test.each<[string, (g: GraphBuilder) => string]>([
    ["a batch of weights for one code", (g) => g.op("MatMul", [g.variable([1, 4]), g.constant([2, 4, 3])])],
    ["a batch of codes broadcast", (g) => g.op("MatMul", [g.variable([1, 1, 4]), g.constant([2, 4, 3])])],
    ["a matrix from the left", (g) => g.op("MatMul", [g.constant([3, 1]), g.variable([1, 4])])],
    ["a code transposed", (g) => g.op("Gemm", [g.variable([1, 4]), g.constant([1, 3])], { transA: int(1) })],
    [
      "a code times itself",
      (g) => {
        const z = g.variable([1, 4]);
        return g.op("MatMul", [g.op("Mul", [z, z]), g.constant([4, 3])]);
      },
    ],
    ["a code bent before", (g) => g.op("MatMul", [g.op("Tanh", [g.variable([1, 4])]), g.constant([4, 3])])],
    [
      "a reciprocal",
      (g) => g.op("MatMul", [g.op("Div", [g.scalar(1), g.variable([1, 4])]), g.constant([4, 3])]),
    ],
    [
      "a length for every coordinate, of all layers",
      (g) => {
        const z = g.variable([1, 2, 3]);
        const lengths = g.op("Sqrt", [g.op("ReduceSum", [g.op("Mul", [z, z]), g.int64([1])])]);
        return g.op("MatMul", [g.op("Div", [z, lengths]), g.constant([3, 2])]);
      },
    ],
    ["weights that vary", (g) => g.op("MatMul", [g.variable([1, 4]), g.variable([4, 3])])],
    ["a convolution of an image", (g) => g.op("Conv", [g.variable([1, 2, 3, 3]), g.constant([3, 2, 2, 2])])],
    [
      "a convolution by groups",
      (g) => g.op("Conv", [g.variable([1, 4, 1, 1]), g.constant([4, 2, 1, 1])], { group: int(2) }),
    ],
    [
      "a code summed first",
      (g) => g.op("MatMul", [g.op("CumSum", [g.variable([1, 4]), g.int64([1], [])]), g.constant([4, 3])]),
    ],
  ])("%s is none", async (_what, build) => {
    await expect(maps(build)).rejects.toMatchObject({ code: "INVALID_SPACE" });
  });

  test("a stack of codes with a matrix each is one map for each", async () => {
    const found = await maps((g) => g.op("MatMul", [g.variable([2, 1, 4]), g.constant([2, 4, 3])]));
    expect(found.map(({ weight }) => [weight.rows, weight.cols])).toHaveLength(2);
  });
});

describe("factors of tangents", () => {
  const merged = (nodes: Node[], tensors = [float32Tensor("half", [0.5], [])]) =>
    mergeFactors(nodes, "t", tensors, new NameSupply(["t", "a", "b", "c"]));

  test("two in a row are merged where one is small", () => {
    const nodes = [makeNode("Mul", ["t", "half"], ["a"]), makeNode("Mul", ["a", "steep"], ["b"])];
    expect(merged(nodes).at(-1)!.inputs[0]).toBe("t");
  });

  test.each<[string, Node[]]>([
    [
      "with two readers between",
      [
        makeNode("Mul", ["t", "half"], ["a"]),
        makeNode("Mul", ["a", "steep"], ["b"]),
        makeNode("Add", ["a", "b"], ["c"]),
      ],
    ],
    [
      "both without bound",
      [makeNode("Mul", ["t", "steep"], ["a"]), makeNode("Mul", ["a", "steeper"], ["b"])],
    ],
    ["two tangents", [makeNode("Mul", ["t", "half"], ["a"]), makeNode("Mul", ["a", "a"], ["b"])]],
    ["a quotient", [makeNode("Mul", ["t", "half"], ["a"]), makeNode("Div", ["a", "steep"], ["b"])]],
  ])("%s are not", (_what, nodes) => {
    expect(merged(nodes)).toEqual(nodes);
  });

  test("nor where the constant is large", () => {
    const nodes = [makeNode("Mul", ["t", "huge"], ["a"]), makeNode("Mul", ["a", "steep"], ["b"])];
    expect(merged(nodes, [float32Tensor("huge", [1, 1e30], [2])])).toEqual(nodes);
  });
});

describe("common subexpressions", () => {
  const first = makeNode("LeakyRelu", ["x"], ["a"], { alpha: float(0.1) });
  test("the same twice is one", () => {
    expect(shareCommonSubexpressions([first, { ...first, outputs: ["b"] }], [])).toHaveLength(1);
  });

  test.each<[string, Partial<Node>]>([
    ["another attribute", { attributes: new Map([["alpha", float(0.2)]]) }],
    ["no attribute", { attributes: new Map() }],
    ["an attribute of another kind", { attributes: new Map([["alpha", int(1)]]) }],
    ["another input", { inputs: ["y"] }],
    ["an input more", { inputs: ["x", ""] }],
    ["another domain", { domain: "my" }],
    ["another operator", { opType: "Elu" }],
    ["an output more", { outputs: ["b", "c"] }],
  ])("%s: both stay", (_what, change) => {
    const nodes = [first, { ...first, outputs: ["b"], ...change }];
    expect(shareCommonSubexpressions(nodes, [])).toEqual(nodes);
  });

  test("a result under its own name stays", () => {
    const nodes = [first, { ...first, outputs: ["y"] }];
    expect(shareCommonSubexpressions(nodes, ["y"])).toEqual(nodes);
  });
});

describe("families", () => {
  const family = async (nodes: Node[], initializers = [float32Tensor("w", Array(64).fill(0.1), [4, 16])]) => {
    const model = makeModel({
      nodes,
      initializers: [...initializers, int64Tensor("shape", [1, 4, 2, 2])],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 4] }],
      outputs: [{ name: "y" }],
    });
    return (await inspect(model, runtime)).family?.name;
  };
  const image = [makeNode("MatMul", ["z", "w"], ["f"]), makeNode("Reshape", ["f", "shape"], ["x"])];

  test("an image without a convolution is none", async () => {
    expect(await family([...image, makeNode("Tanh", ["x"], ["y"])])).toBeUndefined();
  });

  test("constant scales of channels are no styles", async () => {
    const scales = float32Tensor("s", [1, 2, 3, 4], [1, 4, 1, 1]);
    const kernel = float32Tensor("k", Array(12).fill(0.2), [3, 4, 1, 1]);
    const weight = float32Tensor("w", Array(64).fill(0.1), [4, 16]);
    const nodes = [...image, makeNode("Mul", ["x", "s"], ["m"]), makeNode("Conv", ["m", "k"], ["y"])];
    expect(await family(nodes, [weight, scales, kernel])).toBe("convolutional decoder");
  });

  /** Of an image [1, channels, 2, 2]. */
  const imageFamily = async (channels: number, build: (g: GraphBuilder, x: string) => string) => {
    const g = new GraphBuilder("float32");
    const x = g.variable([1, channels, 2, 2]);
    return (await inspect(g.model(build(g, x)), runtime)).family?.name;
  };
  const enlarged = (g: GraphBuilder, x: string) => g.op("Resize", [x, "", g.float32([1, 1, 2, 2])]);

  test("a picture made larger is no latent decoder, a code of more channels is", async () => {
    const decode = (channels: number) => (g: GraphBuilder, x: string) =>
      g.op("Conv", [enlarged(g, x), g.constant([3, channels, 1, 1])]);
    expect(await imageFamily(3, decode(3))).toBe("convolutional decoder");
    expect(await imageFamily(4, decode(4))).toBe("latent decoder");
  });

  test("both parts moved are no coupling, one as it was is", async () => {
    const halves = (isKept: boolean) => (g: GraphBuilder, x: string) => {
      const [a, b] = g.ops("Split", [x], { axis: int(1), num_outputs: int(2) }, 2) as [string, string];
      return g.op("Concat", [isKept ? a : g.op("Tanh", [a]), g.op("Mul", [b, g.op("Exp", [a])])], {
        axis: int(1),
      });
    };
    expect(await imageFamily(4, halves(false))).toBeUndefined();
    expect(await imageFamily(4, halves(true))).toBe("normalising flow");
  });

  test("channels joined at the only size there is make no U-Net, at the larger of two they do", async () => {
    const joined = (isSmaller: boolean) => (g: GraphBuilder, x: string) => {
      const kernel = g.constant([4, 4, isSmaller ? 2 : 1, isSmaller ? 2 : 1]);
      const features = g.op("Tanh", [g.op("Conv", [x, kernel])]);
      const back = isSmaller ? enlarged(g, features) : features;
      return g.op("Conv", [g.op("Concat", [x, back], { axis: int(1) }), g.constant([4, 8, 1, 1])]);
    };
    expect(await imageFamily(4, joined(false))).toBeUndefined();
    expect(await imageFamily(4, joined(true))).toBe("U-Net");
  });
});

test.each([
  ["behind what was the mask and is the bound", { qk_matmul_output_mode: int(1) }],
  ["behind a mask and a bound in either order", { qk_matmul_output_mode: int(2), softcap: float(0.5) }],
])("attention with scores %s is refused, not written out otherwise", async (_what, attributes) => {
  const g = new GraphBuilder("float32", 24);
  const q = g.variable([1, 1, 2, 4]);
  const scores = g.ops("Attention", [q, q, q], attributes, 4)[3]!;
  const error = await OnnxMap.create(g.model(scores), runtime).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(VielbeinError);
});

test("a reduction over several axes is no PixelNorm of a code", async () => {
  const g = new GraphBuilder("float32");
  const z = g.variable([1, 4]);
  const scaled = g.op("Div", [z, g.op("Exp", [z])]);
  const model = g.model(g.op("MatMul", [scaled, g.constant([4, 3])]));
  await expect(prepare(model, runtime).then(firstAffineMaps)).rejects.toMatchObject({
    code: "INVALID_SPACE",
  });
  await expectUnchanged(model, g.point, 1e-2);
});

test("strides and dilations of a transposed convolution of one pixel are read", async () => {
  const g = new GraphBuilder("float32");
  const attributes = { strides: ints([2, 2]), dilations: ints([2, 2]) };
  const model = g.model(
    g.op("ConvTranspose", [g.variable([1, 3, 1, 1]), g.constant([3, 2, 2, 2])], attributes),
  );
  const [map] = firstAffineMaps(await prepare(model, runtime));
  const derivative = await OnnxMap.create(model, runtime);
  const jacobian = await forwardJacobian(derivative, Float32Array.from(g.point));
  expect(relativeError(map!.weight.data, jacobian)).toBeLessThan(1e-6);
  await derivative.dispose();
});
