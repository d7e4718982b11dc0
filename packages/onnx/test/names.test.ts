// Tensors, dimensions and operators may be called whatever objects of the language have.

import { NodeRuntime } from "@vielbein/runtime-node";
import { expect, test } from "vitest";
import {
  DataType,
  decodeModel,
  encodeModel,
  inputTensors,
  inspect,
  layers,
  OnnxMap,
  prepare,
  redrawWeights,
} from "../src/index.ts";
import { makeNode, string } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";

const hostile = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];

test.each(hostile)("%s: the input, the output, a weight, an extent and a further input", async (name) => {
  const other = name === "constructor" ? "toString" : "constructor";
  const weight = float32Tensor("w", [1, 2, 3, 4], [2, 2]);
  for (const [from, to, further, initial] of [
    [name, "y", other, "w"],
    ["z", name, other, "w"],
    ["z", "y", name, "w"],
    ["z", "y", other, name],
  ] as const) {
    const model = decodeModel(
      encodeModel(
        makeModel({
          nodes: [
            makeNode("MatMul", [from, initial], ["h"]),
            { ...makeNode("Tanh", ["h"], ["t"]), name },
            makeNode("Add", ["t", further], [to]),
          ],
          initializers: [{ ...weight, name: initial }],
          inputs: [
            { name: from, dataType: DataType.FLOAT, shape: [name, 2] },
            { name: further, dataType: DataType.FLOAT, shape: [1, 2] },
          ],
          outputs: [{ name: to, dataType: DataType.FLOAT, shape: [name, 2] }],
        }),
      ),
    );
    // Without a value for the further input, the message says which is missing.
    await expect(OnnxMap.create(model, runtime, { from })).rejects.toMatchObject({
      code: "INVALID_SPACE",
      message: expect.stringContaining(`depends on input "${further}"`),
    });
    const inputs = inputTensors(model, Object.fromEntries([[further, [10, 20]]]));
    const report = await inspect(model, runtime, { from, inputs });
    expect(report.differentiability.problem).toBeUndefined();
    expect(layers(await prepare(model, runtime, { from, inputs })).at(-1)?.name).toBe(to);
    const map = await OnnxMap.create(model, runtime, { from, inputs });
    expect([map.from.name, map.to.name]).toEqual([from, to]);
    const point = Float32Array.of(0.1, 0.2);
    const expected = [10 + Math.tanh(0.7), 20 + Math.tanh(1)];
    expect(relativeError(await map.evaluate(point, 1), expected)).toBeLessThan(1e-6);
    const many = Float32Array.from({ length: 16 }, (_, i) => 0.1 + 0.1 * (i % 2));
    expect(relativeError((await map.evaluate(many, 8)).subarray(14), expected)).toBeLessThan(1e-6);
    const slopes = [1 - Math.tanh(0.7) ** 2, 2 * (1 - Math.tanh(1) ** 2)];
    const unit = Float32Array.of(1, 0);
    expect(relativeError(await map.jvp(point, unit, 1), slopes)).toBeLessThan(1e-6);
    const linear = await map.linearize(point);
    expect(relativeError(await linear.jvp(unit, 1), slopes)).toBeLessThan(1e-6);
    expect(relativeError(await linear.vjp(unit, 1), await map.vjp(point, unit, 1))).toBeLessThan(1e-6);
    const bends = [-2 * Math.tanh(0.7) * slopes[0]!, -4 * Math.tanh(1) * slopes[1]!];
    expect(relativeError(await map.secondDerivative(point, unit, unit, 1), bends)).toBeLessThan(1e-6);
    await map.dispose();
  }
});

test.each(["float32", "float64"] as const)(
  "names go through the engine's thread and the trial process in %s",
  async (precision) => {
    const elsewhere = new NodeRuntime({ threads: 1 });
    for (const [from, to, further] of [
      ["__proto__", "constructor", "toString"],
      ["toString", "__proto__", "constructor"],
      ["constructor", "toString", "__proto__"],
    ] as const) {
      const model = makeModel({
        nodes: [makeNode("Tanh", [from], ["t"]), makeNode("Mul", ["t", further], [to])],
        inputs: [
          { name: from, dataType: DataType.FLOAT, shape: ["n", 2] },
          { name: further, dataType: DataType.FLOAT, shape: [1, 2] },
        ],
        outputs: [{ name: to, dataType: DataType.FLOAT, shape: ["n", 2] }],
      });
      const inputs = inputTensors(model, Object.fromEntries([[further, [10, 20]]]));
      expect(Object.keys(inputs)).toEqual([further]);
      const map = await OnnxMap.create(model, elsewhere, { from, inputs, precision });
      const point = Float32Array.of(0.5, 1);
      const expected = [10 * Math.tanh(0.5), 20 * Math.tanh(1)];
      const digits = precision === "float64" ? 1e-14 : 1e-6;
      expect(relativeError(await map.evaluate(point, 1), expected)).toBeLessThan(digits);
      const linear = await map.linearize(point);
      const slopes = [10 * (1 - Math.tanh(0.5) ** 2), 0];
      expect(relativeError(await linear.jvp(Float32Array.of(1, 0), 1), slopes)).toBeLessThan(digits);
      await map.dispose();
    }
    await elsewhere.dispose();
  },
);

test.each(hostile)("%s: an entry of the metadata", async (name) => {
  const model = makeModel({
    nodes: [makeNode("Neg", ["x"], ["y"])],
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 2] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 2] }],
  });
  const told = decodeModel(encodeModel({ ...model, metadata: new Map([[name, "told"]]) }));
  const { metadata } = await inspect(told, runtime);
  expect(Object.entries(metadata)).toEqual([[name, "told"]]);
  expect(JSON.stringify(metadata)).toBe(`{"${name}":"told"}`);
});

test.each(hostile)("%s: what is not finite, and what an index is beyond, are named", async (name) => {
  const overflow = makeModel({
    nodes: [makeNode("Log", [name], ["h"]), makeNode("Exp", ["h"], ["y"])],
    inputs: [{ name, dataType: DataType.FLOAT, shape: [1, 2] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 2] }],
  });
  const map = await OnnxMap.create(overflow, runtime);
  const at = Float32Array.of(0, 1);
  await expect(map.jvp(at, Float32Array.of(1, 0), 1)).rejects.toMatchObject({
    code: "NUMERICAL_FAILURE",
    message: expect.stringContaining('the derivative of Log node "h" is infinite'),
  });
  await map.dispose();

  const table = float32Tensor("table", [1, 2, 3, 4], [2, 2]);
  const lookup = makeModel({
    nodes: [makeNode("Gather", ["table", name], ["row"]), makeNode("Mul", ["z", "row"], ["y"])],
    initializers: [table],
    inputs: [
      { name: "z", dataType: DataType.FLOAT, shape: [1, 2] },
      { name, dataType: DataType.INT64, shape: [1] },
    ],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 2] }],
  });
  const inputs = inputTensors(lookup, Object.fromEntries([[name, [7]]]));
  await expect(OnnxMap.create(lookup, runtime, { inputs })).rejects.toMatchObject({
    code: "OUT_OF_RANGE",
    message: expect.stringContaining(`${name}=7`),
  });
});

test.each(hostile)("an operator called %s is reported as unsupported", async (opType) => {
  const model = makeModel({
    nodes: [{ ...makeNode(opType, ["z"], ["y"]), domain: "x" }],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 2] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 2] }],
  });
  const report = await inspect({ ...model, opsets: new Map([...model.opsets, ["x", 1]]) }, runtime);
  expect(Object.keys(report.operators)).toEqual([`x::${opType}`]);
  expect(report.differentiability.differentiable).toBe(false);
  const standard = await inspect(
    { ...model, graph: { ...model.graph, nodes: [makeNode(opType, ["z"], ["y"])] } },
    runtime,
  );
  expect(Object.entries(standard.operators)).toEqual([[opType, 1]]);
  expect(standard.differentiability.problem).toContain(opType);
});

test.each(hostile)("%s: an operator, and the activation of a fused one", async (name) => {
  const ends = {
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 1, 2, 2] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 1, 2, 2] }],
    initializers: [float32Tensor("w", [1, 2, 3, 4], [1, 1, 2, 2])],
  };
  const strange = makeModel({
    ...ends,
    nodes: [makeNode("Mul", ["x", "w"], ["h"]), makeNode(name, ["h"], ["y"])],
  });
  const redraw = () => redrawWeights(strange, { kind: "redrawn", seed: 0 });
  expect(redraw).toThrow(expect.objectContaining({ code: "INVALID_MODEL" }));
  const activation = { activation: string(name) };
  const fused = { ...makeNode("FusedConv", ["x", "w"], ["y"], activation), domain: "com.microsoft" };
  const model = {
    ...makeModel({ ...ends, nodes: [fused] }),
    opsets: new Map([
      ["", 18],
      ["com.microsoft", 1],
    ]),
  };
  await expect(OnnxMap.create(model, runtime)).rejects.toMatchObject({
    code: "UNSUPPORTED_OPERATOR",
    message: expect.stringContaining(name),
  });
});
