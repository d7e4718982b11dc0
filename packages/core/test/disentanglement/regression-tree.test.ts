// Regression trees by hand: where they split, what leaves predict, and where they stop.

import { matrix } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { growTree, sortCodes } from "../../src/disentanglement/regression-tree.ts";

const ones = (n: number) => new Float64Array(n).fill(1);

function grow(
  codes: readonly number[][],
  target: readonly number[],
  depth: number,
  curvature = ones(target.length),
) {
  const importances = new Float64Array(codes[0]!.length);
  const sorted = sortCodes(matrix(codes.length, codes[0]!.length, codes.flat()));
  return { ...growTree(sorted, Float64Array.from(target), curvature, depth, importances), importances };
}

test("splits in the middle of the gap that lowers the sum of squares most; leaves predict their means", () => {
  const { tree, leafOf, importances } = grow([[4], [1], [2], [9]], [3, 0, 0, 5], 1);
  // Left 0, 0; right 3, 5 about 4: of 34 − 4·2² = 18 remain 2.
  expect([...tree.feature]).toEqual([0, -1, -1]);
  expect(tree.threshold[0]).toBe(3);
  expect([...tree.value.subarray(1)]).toEqual([0, 4]);
  expect([...leafOf]).toEqual([2, 1, 1, 2]);
  expect(importances[0]).toBeCloseTo(16, 12);
});

test("nodes whose targets are alike are leaves", () => {
  const n = 40;
  const codes = Array.from({ length: n }, (_, i) => [i, (7 * i) % 11]);
  const target = codes.map(([x]) => (x! < 20 ? 0.25 : 0.75));
  const { tree, importances } = grow(codes, target, 4);
  expect(tree.feature[0]).toBe(0);
  expect([...tree.feature.subarray(1)].every((f) => f === -1)).toBe(true);
  // n·0.25².
  expect(importances[0]).toBeCloseTo(2.5, 12);
  expect(importances[1]).toBe(0);
});

test("of constant targets, and of one row, nothing is split", () => {
  for (const [codes, target] of [
    [
      [[1], [2], [3]],
      [0.1, 0.1, 0.1],
    ],
    [[[1]], [5]],
    [
      [[2], [2]],
      [0, 1],
    ],
  ] as const) {
    const { tree, importances } = grow(
      codes.map((row) => [...row]),
      [...target],
      2,
    );
    expect([...tree.feature].every((f) => f === -1)).toBe(true);
    expect(importances[0]).toBe(0);
  }
});

test("coordinates that split alike share the credit, and the first splits", () => {
  const { tree, importances } = grow(
    [
      [1, -5, 0],
      [2, -4, 1],
      [3, 7, 0],
      [4, 9, 1],
    ],
    [0, 0, 2, 2],
    1,
  );
  expect([tree.feature[0], tree.threshold[0]]).toEqual([0, 2.5]);
  expect([...importances]).toEqual([2, 2, 0].map((x) => expect.closeTo(x, 12)));
});

test("leaves take a Newton step, and none where the curvature is nothing", () => {
  const curvature = Float64Array.of(2, 2, 0, 0);
  const { tree } = grow([[1], [2], [3], [4]], [1, 1, -1, -1], 1, curvature);
  expect([...tree.value.subarray(1)]).toEqual([0.5, 0]);
});
