// The shapes that a file states, read off the refusal where nothing may be taken.

import { describe, expect, test } from "vitest";
import { requireStatedSizesFit } from "../src/file/stated-sizes.ts";
import { DataType, type Node, type Tensor } from "../src/index.ts";
import { ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";

const constants: Tensor[] = [
  int64Tensor("two_three", [2, 3]),
  int64Tensor("zero", [0]),
  int64Tensor("one", [1]),
  int64Tensor("last", [-1]),
  int64Tensor("seven", [7]),
  int64Tensor("pads", [1, 0, 2, 5]),
  int64Tensor("few_pads", [1, 2]),
  int64Tensor("sizes", [8, 9]),
  float32Tensor("scales", [1.5, 2.5], [2]),
  int64Tensor("minus_two", [-2]),
];
const input = new Map([["x", [4, 3]]]);

/** The shape of y [bytes allowed: `memory`], or undefined where nothing is refused. */
function stated(nodes: readonly Node[], memory = 0): number[] | undefined {
  const types = new Map(["x", "y", "h"].map((name) => [name, DataType.FLOAT]));
  try {
    requireStatedSizesFit(nodes, new Map(constants.map((tensor) => [tensor.name, tensor])), input, types, {
      memory,
    });
  } catch (error) {
    expect(error).toMatchObject({ code: "MEMORY_BUDGET" });
    const [, shape] = /^Tensor "y" .* is \[([\d, ]*)\]/.exec((error as Error).message)!;
    return shape === "" ? [] : shape!.split(",").map(Number);
  }
  return undefined;
}

describe("shapes that follow from constants", () => {
  test.each<[string, Node, number[] | undefined]>([
    ["a shape", makeNode("ConstantOfShape", ["two_three"], ["y"]), [2, 3]],
    ["the same one", makeNode("Relu", ["x"], ["y"]), [4, 3]],
    ["broadcast from the last axis on", makeNode("Expand", ["x", "seven"], ["y"]), [7]],
    ["repetitions", makeNode("Tile", ["x", "two_three"], ["y"]), [8, 9]],
    ["a range", makeNode("Range", ["one", "seven", "one"], ["y"]), [6]],
    ["a range of steps of 7, rounded up", makeNode("Range", ["zero", "seven", "seven"], ["y"]), [1]],
    ["a range that falls", makeNode("Range", ["seven", "zero", "minus_two"], ["y"]), [4]],
    ["scales, rounded down", makeNode("Resize", ["x", "", "scales"], ["y"]), [6, 7]],
    ["sizes", makeNode("Resize", ["x", "", "", "sizes"], ["y"]), [8, 9]],
    ["sizes of axes named", makeNode("Resize", ["x", "", "", "seven"], ["y"], { axes: ints([-1]) }), [4, 7]],
    ["pads before and after every axis", makeNode("Pad", ["x", "pads"], ["y"]), [7, 8]],
    ["pads of one axis", makeNode("Pad", ["x", "few_pads", "", "last"], ["y"]), [4, 6]],
    ["pads of the first axis", makeNode("Pad", ["x", "few_pads", "", "zero"], ["y"]), [7, 3]],
    ["a class of seven for each", makeNode("OneHot", ["x", "seven", "one"], ["y"]), [4, 3, 7]],
    ["an axis more", makeNode("Unsqueeze", ["x", "last"], ["y"]), [4, 3, 1]],
    ["an axis more in front", makeNode("Unsqueeze", ["x", "zero"], ["y"]), [1, 4, 3]],
    ["nothing: a width that is computed", makeNode("OneHot", ["x", "h", "one"], ["y"]), undefined],
    ["nothing: repetitions that are computed", makeNode("Tile", ["x", "h"], ["y"]), undefined],
    ["nothing: a range that ends nowhere", makeNode("Range", ["zero", "h", "one"], ["y"]), undefined],
    [
      "nothing: an operator of another domain",
      { ...makeNode("Relu", ["x"], ["y"]), domain: "a.b" },
      undefined,
    ],
  ])("%s", (_, node, shape) => {
    expect(stated([node])).toEqual(shape);
  });

  test("an empty range takes nothing", () => {
    expect(stated([makeNode("Range", ["seven", "zero", "one"], ["y"])])).toBeUndefined();
  });

  test("one after the other", () => {
    const nodes = [makeNode("Tile", ["x", "two_three"], ["h"]), makeNode("Tile", ["h", "two_three"], ["y"])];
    expect(stated(nodes, 4 * 8 * 9)).toEqual([16, 27]);
  });

  test("what fits to the byte is taken", () => {
    const node = makeNode("Tile", ["x", "two_three"], ["y"]);
    expect(stated([node], 4 * 8 * 9)).toBeUndefined();
    expect(stated([node], 4 * 8 * 9 - 1)).toEqual([8, 9]);
  });
});
