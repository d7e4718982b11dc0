// Composing models and taking them apart.

import { describe, expect, test } from "vitest";
import { modelSource } from "../src/file/source.ts";
import {
  type ChainOptions,
  chain,
  cut,
  DataType,
  decodeModel,
  encodeModel,
  type Model,
  OnnxMap,
  prepare,
} from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";

const n = 20;

/** z [batch, n] → h = z·w → y = activation(h); every such model uses the same names. */
function layer(activation: string, seed: number, opset = 18): Model {
  const values = Float32Array.from({ length: n * n }, (_, i) => Math.sin(seed + i) / 4);
  const model = makeModel({
    opset,
    nodes: [makeNode("MatMul", ["z", "w"], ["h"]), makeNode(activation, ["h"], ["y"])],
    initializers: [float32Tensor("w", values, [n, n])],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["batch", n] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["batch", n] }],
  });
  // As if read from a file, so that weights may be written by reference; both files have the same name.
  return decodeModel(encodeModel(model), "model.onnx");
}

const point = Float32Array.from({ length: n }, (_, i) => Math.cos(i));
const tangent = Float32Array.from({ length: n }, (_, i) => Math.sin(2 * i));

async function run(
  model: Model,
  x: Float32Array,
  t: Float32Array,
  options = {},
): Promise<{ value: Float32Array; tangent: Float32Array }> {
  const map = await OnnxMap.create(model, runtime, options);
  const result = { value: await map.evaluate(x, 1), tangent: await map.jvp(x, t, 1) };
  await map.dispose();
  return result;
}

describe("chain", () => {
  test.each([
    [{}, 1, 0],
    [{ scale: 2, shift: -1 }, 2, -1],
    [{ shift: 0.5 }, 1, 0.5],
    [{ output: "h", scale: 0.5 }, 0.5, 0],
  ])("%j", async (options, scale, shift) => {
    const [first, second] = [layer("Tanh", 1), layer("Sigmoid", 2)];
    const inner = await run(first, point, tangent, { to: options.output ?? "y" });
    const outer = await run(
      second,
      inner.value.map((x) => scale * x + shift),
      inner.tangent.map((x) => scale * x),
    );
    const whole = await run(chain(first, second, options), point, tangent);
    expect(relativeError(whole.value, outer.value)).toBeLessThan(2e-6);
    expect(relativeError(whole.tangent, outer.tangent)).toBeLessThan(2e-6);
  });

  test("axes are given to the values passed on, and brought into another order", async () => {
    // Six values as [2, 3], by rows; turned over, they are read by columns.
    const values = Float32Array.of(0, 1, 2, 3, 4, 5);
    const identity = (dims: number[]) =>
      makeModel({
        nodes: [makeNode("Identity", ["x"], ["y"])],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", ...dims] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["n", ...dims] }],
      });
    const passed = async (to: number[], arrange: ChainOptions["arrange"]) =>
      (await run(chain(identity([6]), identity(to), { arrange }), values, values)).value;
    expect(await passed([2, 3], { shape: [2, 3] })).toEqual(values);
    expect(await passed([3, 2], { shape: [2, 3], order: [1, 0] })).toEqual(Float32Array.of(0, 3, 1, 4, 2, 5));
  });

  test("pictures are resampled, and one channel is all three", async () => {
    const picture = (dims: number[]) =>
      makeModel({
        nodes: [makeNode("Identity", ["x"], ["y"])],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", ...dims] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["n", ...dims] }],
      });
    const values = Float32Array.of(0, 2, 4, 6, 8, 10, 12, 14);
    const options = { resize: { from: [2, 4], to: [4, 2] }, copies: 3 } as const;
    const { value, tangent } = await run(
      chain(picture([1, 2, 4]), picture([3, 4, 2]), options),
      values,
      values,
    );
    // Means of two columns, and rows between and beyond the two.
    const plane = [1, 5, 3, 7, 7, 11, 9, 13];
    expect([...value]).toEqual([...plane, ...plane, ...plane]);
    expect(tangent).toEqual(value);
  });

  test("weights of both stay references, each to its own file", () => {
    const { bytes, files } = modelSource(chain(layer("Tanh", 1), layer("Sigmoid", 2)));
    expect(bytes.length).toBeLessThan(1000);
    expect(files!.size).toBe(2);
  });

  test("operator sets may differ", async () => {
    const expected = await run(chain(layer("Tanh", 1), layer("Sigmoid", 2)), point, tangent);
    const mixed = await run(chain(layer("Tanh", 1, 9), layer("Sigmoid", 2, 20)), point, tangent);
    expect(relativeError(mixed.tangent, expected.tangent)).toBeLessThan(1e-6);
  });

  test("a chain is a model: it is written, read and chained again", async () => {
    const pair = decodeModel(encodeModel(chain(layer("Tanh", 1), layer("Sigmoid", 2))));
    const twice = await run(chain(pair, layer("Tanh", 3)), point, tangent);
    const nested = await run(
      chain(layer("Tanh", 1), chain(layer("Sigmoid", 2), layer("Tanh", 3))),
      point,
      tangent,
    );
    expect(relativeError(twice.tangent, nested.tangent)).toBeLessThan(1e-6);
  });

  test("names that do not exist", () => {
    const [first, second] = [layer("Tanh", 1), layer("Sigmoid", 2)];
    for (const options of [{ output: "nowhere" }, { input: "nowhere" }, { input: "h" }]) {
      expect(() => chain(first, second, options)).toThrow(expect.objectContaining({ code: "INVALID_SPACE" }));
    }
  });
});

describe("cut", () => {
  const model = layer("Tanh", 1);

  test("the head computes the tensor that it ends at", async () => {
    const head = await run(cut(model, "z", "h"), point, tangent);
    const named = await run(model, point, tangent, { to: "h" });
    expect(head).toEqual(named);
  });

  test("weights that only the other part needs are left out", () => {
    expect(cut(model, "h", "y").graph.initializers).toEqual([]);
    expect(cut(model, "h", "y").graph.nodes.map(({ opType }) => opType)).toEqual(["Tanh"]);
    expect(cut(model, "z", "h").graph.initializers).toHaveLength(1);
  });

  test("head and tail compose to the whole", async () => {
    const whole = await run(model, point, tangent);
    const head = await run(model, point, tangent, { to: "h" });
    const tail = await run(model, head.value, head.tangent, { from: "h" });
    expect(relativeError(tail.value, whole.value)).toBeLessThan(1e-6);
    expect(relativeError(tail.tangent, whole.tangent)).toBeLessThan(1e-6);
  });

  test("a weight can be the point", async () => {
    const z = { type: "float32", dims: [1, n], data: point } as const;
    const map = await OnnxMap.create(model, runtime, { from: "w", to: "h", inputs: { z } });
    expect([map.from.dim, map.to.dim]).toEqual([n * n, n]);
    const unit = Float32Array.from({ length: n * n }, (_, i) => (i === 3 * n + 7 ? 1 : 0));
    const result = await map.jvp(new Float32Array(n * n), unit, 1);
    expect([...result]).toEqual(Array.from({ length: n }, (_, i) => (i === 7 ? point[3]! : 0)));
    await map.dispose();
  });
});

test("preparing folds what does not depend on the point", async () => {
  const nodes = [
    makeNode("Tanh", ["w"], ["folded"]),
    makeNode("Shape", ["z"], ["shape"]),
    makeNode("MatMul", ["z", "folded"], ["h"]),
    makeNode("Reshape", ["h", "shape"], ["y"]),
  ];
  const { graph, ...rest } = layer("Tanh", 1);
  const prepared = await prepare({ ...rest, graph: { ...graph, nodes } }, runtime);
  expect(prepared.model.graph.nodes.map(({ opType }) => opType)).toEqual(["MatMul", "Reshape"]);
  expect(prepared.info.get("h")).toEqual({ shape: [1, n], dataType: DataType.FLOAT });
});
