// Maps that start, end or run inside the branches of an If on an input, as files that join two decoders have them.

import { expect, test } from "vitest";
import { DataType, inputTensors, inspect, type Node, OnnxMap } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { forwardJacobian, makeModel, runtime } from "./helpers.ts";

const { FLOAT, BOOL, INT64 } = DataType;

/** Both branches have a tensor "inner" of their own: 3z, then its square; or z + cache. */
const branch = (nodes: readonly Node[]) => ({
  type: "graph" as const,
  value: {
    name: "branch",
    nodes,
    initializers: [],
    inputs: [],
    outputs: [{ name: "y" }],
    valueInfo: [],
    unknown: [],
  },
});
const joined = makeModel({
  nodes: [
    makeNode("If", ["cached"], ["y"], {
      then_branch: branch([
        makeNode("Add", ["z", "cache"], ["inner"]),
        makeNode("Mul", ["inner", "three"], ["y"]),
      ]),
      else_branch: branch([
        makeNode("Mul", ["z", "three"], ["inner"]),
        makeNode("Mul", ["inner", "inner"], ["y"]),
      ]),
    }),
  ],
  initializers: [float32Tensor("three", [3], [])],
  inputs: [
    { name: "z", dataType: FLOAT, shape: [1, 2] },
    { name: "cache", dataType: FLOAT, shape: [1, 2] },
    { name: "cached", dataType: BOOL, shape: [1] },
  ],
  outputs: [{ name: "y", dataType: FLOAT, shape: [1, 2] }],
});
const inputs = inputTensors(joined, { cached: [0] });

async function derivative(options: { from?: string; to?: string }): Promise<number[]> {
  const map = await OnnxMap.create(joined, runtime, { ...options, inputs });
  const jacobian = await forwardJacobian(map, Float32Array.of(2, 5));
  await map.dispose();
  return [...jacobian];
}

test("the branch that an input decides on needs no other inputs", async () => {
  expect(await derivative({})).toEqual([36, 0, 0, 90]);
  const { spaces } = await inspect(joined, runtime, { inputs });
  expect(spaces.map(({ name }) => name)).toEqual(["z", "inner", "y"]);
});

test("a map ends and starts at a tensor of the branch", async () => {
  expect(await derivative({ to: "inner" })).toEqual([3, 0, 0, 3]);
  expect(await derivative({ from: "inner" })).toEqual([4, 0, 0, 10]);
});

test("the input to set first is named", async () => {
  const { differentiability } = await inspect(joined, runtime);
  expect(differentiability.problem).toMatch(
    /--set cache=… --set cached=….* Set "cached" first: it says which branch runs/,
  );
});

test("several values for an axis that the file leaves open: how to state its extent", () => {
  const open = makeModel({
    nodes: [],
    inputs: [{ name: "ids", dataType: INT64, shape: ["batch", "length"] }],
    outputs: [],
  });
  expect(() => inputTensors(open, { ids: [3, 0, 5] })).toThrow(
    /"ids" takes 1 value, shape \[1,1\], got 3\. Give 1, or state what the file leaves open: --shape length=3\./,
  );
});
