// Traces by sampling.

import { describe, expect, it } from "vitest";
import { estimateTrace, type Matrix, matmul, matrix, orthogonal } from "../src/index.ts";

const traceOf = ({ rows, data }: Matrix) =>
  Array.from({ length: rows }, (_, i) => data[i * (rows + 1)]!).reduce((sum, x) => sum + x, 0);

/** Q·diag(values)·Qᵀ `[n, n]`. */
function withSpectrum(n: number, values: readonly number[]): Matrix {
  const q = orthogonal(7, 0, n, values.length);
  const scaled = matrix(
    n,
    values.length,
    q.data.map((x, at) => x * values[at % values.length]!),
  );
  return matmul(scaled, q, { transposeB: true });
}

const sloping = withSpectrum(
  60,
  Array.from({ length: 60 }, (_, i) => 1 / (1 + i) ** 2),
);

describe("estimateTrace", () => {
  it("hutch++ is exact where the rank is at most a third of the products", async () => {
    const a = withSpectrum(60, [5, 3, -2, 1]);
    const { trace, standardError, products } = await estimateTrace(a, { products: 24 });
    expect(trace).toBeCloseTo(7, 10);
    expect(standardError).toBeLessThan(1e-10);
    // 8 to find the range, 4 on it, 8 on the rest.
    expect(products).toBe(20);
  });

  it("hutchinson is exact for a diagonal matrix, whatever the signs", async () => {
    const diagonal = matrix(5, 5);
    for (let i = 0; i < 5; i++) diagonal.data[i * 6] = i - 1.5;
    const found = await estimateTrace(diagonal, { method: "hutchinson", products: 4, seed: 9 });
    expect(found).toEqual({ trace: 2.5, standardError: 0, samples: 4, products: 4 });
  });

  it("0 of a matrix of zeros", async () => {
    expect((await estimateTrace(matrix(20, 20), { products: 12 })).trace).toBe(0);
  });

  it.each(["hutchinson", "hutch++"] as const)("%s has no bias, and scatters as it says", async (method) => {
    const errors: number[] = [];
    const claimed: number[] = [];
    for (let seed = 0; seed < 200; seed++) {
      const { trace, standardError } = await estimateTrace(sloping, { method, products: 30, seed });
      errors.push(trace - traceOf(sloping));
      claimed.push(standardError ** 2);
    }
    const mean = errors.reduce((sum, x) => sum + x, 0) / 200;
    const variance = errors.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 199;
    expect(Math.abs(mean)).toBeLessThan(3 * Math.sqrt(variance / 200));
    expect(variance / (claimed.reduce((sum, x) => sum + x, 0) / 200)).toBeGreaterThan(0.6);
    expect(variance / (claimed.reduce((sum, x) => sum + x, 0) / 200)).toBeLessThan(1.6);
  });

  it("hutch++ is the closer of the two for a decaying spectrum", async () => {
    const of = async (method: "hutchinson" | "hutch++") =>
      (await estimateTrace(sloping, { method, products: 30, seed: 1 })).standardError;
    expect(await of("hutch++")).toBeLessThan((await of("hutchinson")) / 5);
  });

  it("keeps the scale of operators whose squares would overflow", async () => {
    const a = withSpectrum(20, [3e200, 1e200]);
    expect((await estimateTrace(a, { products: 12 })).trace / 4e200).toBeCloseTo(1, 10);
    const operator = { rows: 20, cols: 20, apply: (x: Matrix) => matmul(a, x) };
    expect((await estimateTrace(operator, { products: 12 })).trace / 4e200).toBeCloseTo(1, 10);
  });

  it.each([
    [{ method: "hutch++" as const, products: 11 }, "hutch++ takes an integer of 12 products or more, got 11"],
    [
      { method: "hutchinson" as const, products: 3 },
      "hutchinson takes an integer of 4 products or more, got 3",
    ],
    [{ products: 12.5 }, "got 12.5"],
  ])("refuses %o", async (options, message) => {
    await expect(estimateTrace(matrix(3, 3), options)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("refuses a matrix that is not square", async () => {
    await expect(estimateTrace(matrix(3, 4))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  });

  it("stops between blocks", async () => {
    await expect(estimateTrace(sloping, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});
