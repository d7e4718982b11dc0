// What people pass by mistake, arrays of rows above all: each is a typed error that says what is needed.

import { expect, it } from "vitest";
import * as linalg from "../src/index.ts";

const OF_ONE = [
  ...["svd", "eigh", "qr", "cholesky", "pinv", "rank", "gram", "transpose", "toRows", "orthonormalize"],
  ...["polar", "unitColumns", "leadingColumns", "columnsAt", "svds", "eigsh", "estimateTrace"],
];
const OF_TWO = ["solve", "leastSquares", "principalAngles", "matmul", "eighGeneralized"];

const rows = [
  [1, 2],
  [3, 4],
];

it.for([...OF_ONE, ...OF_TWO])("%s says that it needs a matrix", async (name) => {
  const call = (linalg as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!;
  for (const wrong of [rows, Float64Array.of(1, 2), undefined, null, "a", 7, {}]) {
    await expect(async () =>
      OF_TWO.includes(name) ? call(wrong, wrong) : call(wrong),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("fromRows"),
    });
  }
});

it.for([undefined, null, "rows", 3])("fromRows says that it needs an array: %j", (wrong) => {
  expect(() => linalg.fromRows(wrong as unknown as number[][])).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});
