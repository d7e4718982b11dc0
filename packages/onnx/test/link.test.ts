// What stands between two models: no node that does nothing, and each in its turn.

import { describe, expect, it } from "vitest";
import { type LinkOptions, linkFrom } from "../src/map/link.ts";
import { NameSupply } from "../src/model/names.ts";
import { numericValues } from "../src/model/tensor.ts";

const link = (options: LinkOptions) => linkFrom("x", options, new NameSupply(["x"]));
const operators = (options: LinkOptions) => link(options).nodes.map(({ opType }) => opType);
const size = (from: readonly [number, number], to: readonly [number, number]) => ({ resize: { from, to } });

describe("linkFrom", () => {
  it("adds nothing where nothing is to be done", () => {
    for (const options of [{}, { scale: 1, shift: 0, copies: 1 }, size([4, 6], [4, 6])]) {
      expect(link(options)).toMatchObject({ result: "x", nodes: [], initializers: [] });
    }
  });

  it.each<[LinkOptions, string[]]>([
    [{ scale: 0 }, ["Mul"]],
    [{ scale: -1 }, ["Mul"]],
    [{ shift: -1 }, ["Add"]],
    [{ arrange: { shape: [2, 3] } }, ["Reshape"]],
    [{ arrange: { shape: [2, 3], order: [1, 0] } }, ["Reshape", "Transpose"]],
    [size([4, 6], [2, 6]), ["MatMul"]],
    [size([4, 6], [4, 3]), ["MatMul"]],
    [size([4, 6], [8, 3]), ["MatMul", "MatMul"]],
    [{ copies: 2 }, ["Concat"]],
    [{ copies: 2, shift: 1, scale: 2 }, ["Mul", "Add", "Concat"]],
  ])("%j: %j", (options, expected) => {
    expect(operators(options)).toEqual(expected);
  });

  it("each node reads the one before", () => {
    const { result, nodes } = link({ scale: 2, shift: -1, copies: 3, ...size([2, 2], [4, 4]) });
    const outputs = nodes.map((node) => node.outputs[0]!);
    const before = ["x", ...outputs];
    nodes.forEach((node, i) => {
      expect(node.inputs).toContain(before[i]);
    });
    expect(result).toBe(outputs.at(-1));
    expect(nodes.at(-1)!.inputs).toHaveLength(3);
  });

  it("rows are weighted from the left, columns from the right", () => {
    const rows = link(size([1, 5], [2, 5]));
    expect(rows.nodes[0]!.inputs[1]).toBe("x");
    expect(rows.initializers[0]!.dims).toEqual([2, 1]);
    const columns = link(size([5, 4], [5, 2]));
    expect(columns.nodes[0]!.inputs[0]).toBe("x");
    expect(columns.initializers[0]!.dims).toEqual([4, 2]);
    // Columns 0 and 1 make the first, 2 and 3 the second.
    expect(numericValues(columns.initializers[0]!)).toEqual([0.5, 0, 0.5, 0, 0, 0.5, 0, 0.5]);
  });

  it("the batch stays in front", () => {
    const { nodes, initializers } = link({ arrange: { shape: [4, 5, 6], order: [2, 0, 1] } });
    expect(numericValues(initializers[0]!)).toEqual([-1, 4, 5, 6]);
    expect(nodes[1]!.attributes.get("perm")!.value).toEqual(
      [0, 3, 1, 2].map((axis) => expect.toSatisfy((x) => Number(x) === axis)),
    );
  });
});
