// What truncation refuses.

import { expect, test } from "vitest";
import { DataType, truncate } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { makeModel } from "./helpers.ts";

const model = makeModel({
  nodes: [makeNode("Tanh", ["z"], ["w"]), makeNode("Neg", ["w"], ["y"])],
  inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 3] }],
  outputs: [{ name: "y" }],
});

test.each([
  ["a tensor that no node computes", "z", [0, 0, 0], 0.5, "INVALID_SPACE", 'computes "z"'],
  ["a mean of another length", "w", [0, 0], 0.5, "SHAPE_MISMATCH", "the mean has 2 elements"],
  ["a ψ that is no number", "w", [0, 0, 0], Number.NaN, "INVALID_ARGUMENT", "got NaN"],
  ["an infinite ψ", "w", [0, 0, 0], Number.POSITIVE_INFINITY, "INVALID_ARGUMENT", "got Infinity"],
])("%s", (_what, tensor, mean, psi, code, message) => {
  expect(() => truncate(model, tensor, [3], mean, psi)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});
