import { expect, it } from "vitest";
import { conditionalModel } from "../../explorer/test/conditional.ts";
import { decodeModel } from "../src/decode.ts";
import { furtherInputs, inputTensors } from "../src/further-inputs.ts";

const model = decodeModel(conditionalModel, "conditional.onnx");

it("furtherInputs: all but the code, as they are declared", () => {
  expect(furtherInputs(model, "z")).toEqual([
    { name: "label", shape: [1], isInteger: true },
    { name: "condition", shape: [1, 3], isInteger: false },
    { name: "noise", shape: [1, 1, 16, 16], isInteger: false },
  ]);
});

it("inputTensors: the declared type and shape, one number for all", () => {
  expect(inputTensors(model, { label: [3], condition: [1, 2, 3] })).toEqual({
    label: { type: "int64", dims: [1], data: BigInt64Array.of(3n) },
    condition: { type: "float32", dims: [1, 3], data: Float32Array.of(1, 2, 3) },
  });
  expect(inputTensors(model, { condition: [0.5] }).condition!.data).toEqual(Float32Array.of(0.5, 0.5, 0.5));
  // An open extent is 1.
  expect(inputTensors(model, { z: [2] }).z!.dims).toEqual([1, 5]);
});

it("inputTensors: refuses unknown names and other numbers of values", () => {
  expect(() => inputTensors(model, { labels: [3] })).toThrow(/"labels".*label, z, condition, noise/);
  expect(() => inputTensors(model, { condition: [1, 2] })).toThrow(/\[1,3\] holds 3 values, got 2/);
});
