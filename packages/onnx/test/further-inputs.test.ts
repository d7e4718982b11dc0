import { type InputSetting, parseSetting } from "@vielbein/core";
import { expect, it } from "vitest";
import { conditionalModel } from "../../explorer/test/conditional.ts";
import { decodeModel } from "../src/file/decode.ts";
import { DataType } from "../src/model/model.ts";
import { furtherInputs, inputTensors } from "../src/prepare/further-inputs.ts";

const model = decodeModel(conditionalModel, "conditional.onnx");

it("furtherInputs: all but the code, as they are declared", () => {
  expect(furtherInputs(model, "z")).toEqual([
    { name: "label", shape: [1], isInteger: true },
    { name: "condition", shape: [1, 3], isInteger: false },
    { name: "noise", shape: [1, 1, 16, 16], isInteger: false },
  ]);
});

it("inputTensors: the declared type and shape", () => {
  expect(inputTensors(model, { label: [3], condition: [1, 2, 3] })).toEqual({
    label: { type: "int64", dims: [1], data: BigInt64Array.of(3n) },
    condition: { type: "float32", dims: [1, 3], data: Float32Array.of(1, 2, 3) },
  });
  // An open extent is 1.
  expect(inputTensors(model, { z: { all: 2 } }).z!.dims).toEqual([1, 5]);
});

const data = (name: string, setting: InputSetting) =>
  Array.from<number | bigint>(inputTensors(model, { [name]: setting })[name]!.data);

it("inputTensors: one-hot vectors, one number for all, arrays", () => {
  expect(data("condition", { onehot: 1 })).toEqual([0, 1, 0]);
  expect(data("condition", { all: 0.5 })).toEqual([0.5, 0.5, 0.5]);
  expect(data("noise", { all: 0.5 })).toEqual(Array(256).fill(0.5));
  expect(data("label", { all: 2 })).toEqual([2n]);
  expect(data("label", parseSetting("9007199254740993")!)).toEqual([2n ** 53n + 1n]);
  for (const shape of [[3], [1, 3], [3, 1]]) {
    expect(data("condition", { shape, data: Float64Array.of(1, 2, 3) })).toEqual([1, 2, 3]);
  }
  expect(data("label", { shape: [], data: BigInt64Array.of(2n ** 60n + 1n) })).toEqual([2n ** 60n + 1n]);
});

it.each<[string, InputSetting, string, RegExp]>([
  ["labels", [3], "INVALID_SPACE", /"labels".*label, z, condition, noise/],
  ["constructor", [3], "INVALID_SPACE", /no such input/],
  ["condition", [1, 2], "SHAPE_MISMATCH", /takes 3 values, shape \[1,3\], got 2/],
  [
    "condition",
    [2],
    "SHAPE_MISMATCH",
    /all 3, condition=onehot:2 for a class, or condition=all:2 for the same everywhere/,
  ],
  ["condition", [0.5], "SHAPE_MISMATCH", /condition=onehot:0 .* condition=all:0.5/],
  ["noise", [0.5], "SHAPE_MISMATCH", /all 256, or noise=all:0.5/],
  ["noise", { onehot: 3 }, "SHAPE_MISMATCH", /not a one-hot vector. Give 256/],
  ["label", { onehot: 3 }, "SHAPE_MISMATCH", /Give the number itself: label=3/],
  ["label", [1, 2], "SHAPE_MISMATCH", /takes 1 value, shape \[1\], got 2/],
  ["condition", { onehot: 3 }, "OUT_OF_RANGE", /classes 0 to 2, got onehot:3/],
  ["condition", { shape: [2, 3], data: new Float32Array(6) }, "SHAPE_MISMATCH", /an array of shape \[2,3\]/],
  ["noise", { shape: [4, 64], data: new Float32Array(256) }, "SHAPE_MISMATCH", /an array of shape \[4,64\]/],
  ["label", [2.5], "OUT_OF_RANGE", /holds int64: it takes integers in its range, got 2.5/],
  ["label", [2 ** 53], "OUT_OF_RANGE", /int64/],
  ["condition", [1e39, 0, 0], "OUT_OF_RANGE", /float32: it takes finite numbers of float32, got 1e\+39/],
  ["condition", { shape: [3], data: Float64Array.of(0, Number.NaN, 0) }, "OUT_OF_RANGE", /got NaN/],
])("inputTensors: refuses %s = %j", (name, setting, code, message) => {
  expect(() => inputTensors(model, { [name]: setting })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

it.each([{ all: 0 }, { onehot: 2 }])(
  "inputTensors: refuses %j of more than there is memory for",
  (setting) => {
    const withExtent = (extent: number) => ({
      ...model,
      graph: { ...model.graph, inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [extent] }] },
    });
    const refusal = expect.objectContaining({ code: "MEMORY_BUDGET" });
    for (const extent of [1e9, 2 ** 53 - 1]) {
      expect(() => inputTensors(withExtent(extent), { x: setting })).toThrow(refusal);
    }
    expect(() => inputTensors(withExtent(2 ** 53 - 1), { x: setting }, Number.MAX_VALUE)).toThrow(refusal);
  },
);

it.each<[keyof typeof DataType, readonly number[], readonly number[]]>([
  ["INT8", [-128, 127], [-129, 128, 0.5]],
  ["UINT8", [0, 255], [-1, 256]],
  ["INT16", [-(2 ** 15), 2 ** 15 - 1], [2 ** 15]],
  ["UINT16", [2 ** 16 - 1], [2 ** 16, -1]],
  ["INT32", [-(2 ** 31), 2 ** 31 - 1], [2 ** 31]],
  ["UINT32", [2 ** 32 - 1], [2 ** 32, -1]],
  ["UINT64", [0, 2 ** 52], [-1, 1.5]],
  ["BOOL", [0, 1], [2, -1, 0.5]],
  ["DOUBLE", [1e300, -0.5], []],
  ["FLOAT16", [0.5, 65504, -65504], [1e39, 65536, -70000]],
  ["BFLOAT16", [2 ** 127], [1e39]],
])("inputTensors: %s has %j, not %j", (type, has, hasNot) => {
  const { graph } = model;
  const typed = {
    ...model,
    graph: { ...graph, inputs: [{ name: "x", dataType: DataType[type], shape: [1] }] },
  };
  const set = (value: number) => Number(inputTensors(typed, { x: [value] }).x!.data[0]);
  for (const value of has) expect(set(value)).toBe(value);
  for (const value of hasNot) expect(() => set(value)).toThrow(/Input "x" holds/);
});

it("inputTensors: text cannot be set", () => {
  const { graph } = model;
  const text = {
    ...model,
    graph: { ...graph, inputs: [{ name: "x", dataType: DataType.STRING, shape: [1] }] },
  };
  expect(() => inputTensors(text, { x: [1] })).toThrow(/holds string, and only numbers can be set/);
});
