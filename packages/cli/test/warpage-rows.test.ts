// Which comparisons rows of `warpage` have, and which of them are nulls.

import { matrix } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { comparisonsIn, isCompared, summaryOf, type WarpageRow } from "../src/commands/warpage/rows.ts";

const row = (...names: string[]): WarpageRow =>
  Object.fromEntries(names.map((name) => [`${name}_geodesic`, new Float64Array(2)])) as WarpageRow;

describe("comparisonsIn", () => {
  it("those that rows have, by falling distance; near ones for every ε; nulls are drawn ones and untrained ones", () => {
    const names = ["haar", "random", "untrained_random", "sefa", "pca", "near", "untrained_near"];
    const found = comparisonsIn([row(...names)], [0.1, 0.5]);
    expect(found.map(({ label, at, isNull }) => [label, at, isNull])).toEqual([
      ["uniform (Haar)", undefined, true],
      ["random pairs", undefined, false],
      ["untrained, random", undefined, true],
      ["to SeFa", undefined, false],
      ["to global PCA", undefined, false],
      ["near ε = 0.1", 0, false],
      ["near ε = 0.5", 1, false],
      ["untrained, near ε = 0.1", 0, true],
      ["untrained, near ε = 0.5", 1, true],
    ]);
  });

  it("none of what the first row lacks, and none without rows", () => {
    expect(comparisonsIn([row("near")], [1]).map(({ name }) => name)).toEqual(["near"]);
    expect(comparisonsIn([], [1])).toEqual([]);
    expect([isCompared([], "near"), isCompared([row("near")], "sefa")]).toEqual([false, false]);
  });
});

it("summaryOf: mean and deviation over rows, of the ε that is asked for", () => {
  const near = (...values: number[]) => ({ near_geodesic: matrix(2, 2, values) }) as unknown as WarpageRow;
  const rows = [near(1, 2, 10, 20), near(3, 4, 30, 40)];
  expect([...summaryOf(rows, "near", "geodesic", 0).mean]).toEqual([2, 3]);
  expect([...summaryOf(rows, "near", "geodesic", 1).mean]).toEqual([20, 30]);
  // Of two values the deviation is their difference over √2.
  expect([...summaryOf(rows, "near", "geodesic", 1).std]).toEqual(
    [20, 20].map((x) => expect.closeTo(x / Math.SQRT2, 12)),
  );
});
