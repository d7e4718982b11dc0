// Modulated convolutions are rewritten to scaled activations without a change of what they compute.

import { describe, expect, test } from "vitest";
import { modelSource } from "../src/file/source.ts";
import { DataType, type Model, type Node, prepare } from "../src/index.ts";
import { int, ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { exported } from "./graphs.ts";
import { irregular, makeModel, randomStream, relativeError, runtime } from "./helpers.ts";

const [cin, cout, size] = [3, 4, 5];
const random = randomStream(21);

interface Variant {
  readonly transposed?: boolean;
  readonly demodulated?: "divide" | "multiply";
  readonly bias?: boolean;
  readonly square?: "Mul" | "Pow";
}

/** x·p → styles s (1 + x·q) → image, weights W ⊙ s (⊙ d), convolution: as StyleGAN2 exports write it. */
function modulated({ transposed, demodulated, bias, square = "Mul" }: Variant): Model {
  const nodes: Node[] = [
    makeNode("MatMul", ["x", "P"], ["flat"]),
    makeNode("Reshape", ["flat", "image_shape"], ["image"]),
    makeNode("MatMul", ["x", "Q"], ["style"]),
    makeNode("Reshape", ["style", "style_shape"], ["style_5"]),
    makeNode("Mul", ["style_5", "W"], ["Ws"]),
    square === "Mul" ? makeNode("Mul", ["Ws", "Ws"], ["sq"]) : makeNode("Pow", ["Ws", "two"], ["sq"]),
    makeNode("ReduceSum", ["sq", "axes"], ["sums"], { keepdims: int(1) }),
    makeNode("Sqrt", ["sums"], ["norm"]),
    makeNode("Reciprocal", ["norm"], ["d"]),
    demodulated === "divide"
      ? makeNode("Div", ["Ws", "norm"], ["Wsd"])
      : makeNode("Mul", ["Ws", "d"], ["Wsd"]),
  ];
  const dynamic = demodulated ? "Wsd" : "Ws";
  if (transposed) {
    nodes.push(makeNode("Transpose", [dynamic], ["Wt"], { perm: ints([0, 2, 1, 3, 4]) }));
  }
  nodes.push(makeNode("Reshape", [transposed ? "Wt" : dynamic, transposed ? "io" : "oi"], ["weights"]));
  nodes.push(
    makeNode(transposed ? "ConvTranspose" : "Conv", ["image", "weights", ...(bias ? ["bias"] : [])], ["y"], {
      strides: ints(transposed ? [2, 2] : [1, 1]),
    }),
  );
  const floats = (name: string, dims: number[]) =>
    float32Tensor(
      name,
      irregular(
        random,
        dims.reduce((a, b) => a * b, 1),
      ),
      dims,
    );
  return makeModel({
    nodes,
    initializers: [
      floats("P", [2, cin * size * size]),
      floats("Q", [2, cin]),
      floats("W", [1, cout, cin, 3, 3]),
      floats("bias", [cout]),
      float32Tensor("two", [2], []),
      int64Tensor("image_shape", [1, cin, size, size]),
      int64Tensor("style_shape", [1, 1, cin, 1, 1]),
      int64Tensor("axes", [2, 3, -1]),
      int64Tensor("oi", [cout, cin, 3, 3]),
      int64Tensor("io", [cin, cout, 3, 3]),
    ],
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 2] }],
    outputs: [{ name: "y" }],
  });
}

const point = Float32Array.of(0.7, -1.2);

async function valueAt(model: Model): Promise<Float32Array> {
  const session = await runtime.createSession(modelSource(model), { optimize: false });
  const result = await session.run({ x: { type: "float32", dims: [1, 2], data: point } }, ["y"]);
  await session.dispose();
  return result.y!.data as Float32Array;
}

const variants: readonly (readonly [string, Variant])[] = [
  ["styles alone", {}],
  ["a bias", { bias: true }],
  ["demodulated by a product", { demodulated: "multiply" }],
  ["demodulated by a quotient, and a bias", { demodulated: "divide", bias: true }],
  ["the square as a power", { demodulated: "multiply", square: "Pow" }],
  ["transposed", { transposed: true, demodulated: "multiply", bias: true }],
];

describe.each(variants)("%s", (_about, variant) => {
  test("the value stays, no weight depends on the point", async () => {
    const model = modulated(variant);
    const { model: rewritten, constants } = await prepare(model, runtime);
    expect(relativeError(await valueAt(rewritten), await valueAt(model))).toBeLessThan(5e-7);
    const convolutions = rewritten.graph.nodes.filter(({ opType }) => opType.startsWith("Conv"));
    expect(convolutions).toHaveLength(1);
    expect(constants.has(convolutions[0]!.inputs[1]!)).toBe(true);
    expect(rewritten.graph.nodes.some(({ opType }) => opType === "ReduceSum")).toBe(false);
  });
});

test("weights that vary within the kernel stay as they are", async () => {
  const model = modulated({});
  const { graph } = model;
  const nodes = graph.nodes.map((node) =>
    node.opType === "Mul" && node.outputs[0] === "Ws" ? makeNode("Mul", ["window", "W"], ["Ws"]) : node,
  );
  const window = makeNode("MatMul", ["x", "R"], ["taps"]);
  const shaped = makeNode("Reshape", ["taps", "window_shape"], ["window"]);
  const changed: Model = {
    ...model,
    graph: {
      ...graph,
      nodes: [window, shaped, ...nodes],
      initializers: [
        ...graph.initializers,
        float32Tensor("R", irregular(random, 6), [2, 3]),
        int64Tensor("window_shape", [1, 1, 1, 1, 3]),
      ],
    },
  };
  const { model: prepared, constants } = await prepare(changed, runtime);
  const convolution = prepared.graph.nodes.find(({ opType }) => opType === "Conv")!;
  expect(constants.has(convolution.inputs[1]!)).toBe(false);
});

test("StyleGAN2 as exported: every convolution has constant weights", async () => {
  const { model } = await exported("stylegan2");
  const { model: prepared, constants } = await prepare(model, runtime);
  const convolutions = prepared.graph.nodes.filter(({ opType }) => opType.startsWith("Conv"));
  expect(convolutions.length).toBeGreaterThan(5);
  expect(convolutions.filter(({ inputs }) => !constants.has(inputs[1]!))).toEqual([]);
});
