import { expect, it } from "vitest";
import { fromMathjs, fromMlMatrix, fromRows, matrix, toMathjs, toMlMatrix, toRows } from "../src/index.ts";
import { expectError } from "./helpers.ts";

const rows = [
  [1, 2, 3],
  [4, 5, 6],
];

it("nested arrays go both ways", () => {
  expect(toRows(fromRows(rows))).toEqual(rows);
  expect(toRows(matrix(2, 0))).toEqual([[], []]);
});

it("mathjs: dense matrices, vectors and BigNumbers", () => {
  const math = { matrix: (data: number[][]) => ({ size: () => [2, 3], toArray: () => data }) };
  const a = fromRows(rows);
  expect(fromMathjs(toMathjs(a, math))).toEqual(a);
  expect(fromMathjs({ size: () => [2], toArray: () => [7, 8] })).toEqual(matrix(2, 1, [7, 8]));
  const big = { isBigNumber: true, valueOf: () => "0.5" };
  expect(fromMathjs({ size: () => [1, 1], toArray: () => [[big]] }).data[0]).toBe(0.5);
  expectError(
    () => fromMathjs({ size: () => [1, 1], toArray: () => [[{ re: 1, im: 2 }]] }),
    "INVALID_ARGUMENT",
    /number or a BigNumber/,
  );
  expectError(() => fromMathjs({ size: () => [1, 1, 1], toArray: () => [] }), "SHAPE_MISMATCH", /got 3/);
});

it("ml-matrix goes both ways", () => {
  const from1DArray = (m: number, columns: number, data: ArrayLike<number>) => ({
    rows: m,
    columns,
    get: (i: number, j: number) => data[i * columns + j]!,
  });
  const a = fromRows(rows);
  expect(fromMlMatrix(toMlMatrix(a, { from1DArray }))).toEqual(a);
});
