import { expect, it } from "vitest";
import { eigh, eighStack, fromStack, type MatrixStack, normal, svd, svdStack } from "../src/index.ts";
import { onEveryBackend } from "./backends.ts";
import { absoluteError, distance, expectError } from "./helpers.ts";

function stackOf(count: number, rows: number, cols: number): MatrixStack {
  return { count, rows, cols, data: normal(1, rows * 100 + cols, count * rows * cols) };
}

onEveryBackend("stacks", () => {
  it("eighStack agrees with eigh", () => {
    for (const n of [0, 1, 2, 3, 4, 5, 9, 40]) {
      const general = stackOf(n === 40 ? 90 : 7, n, n);
      const data = general.data.map((x, at) => {
        const [i, j] = [Math.floor(at / n) % n, at % n];
        return x + general.data[at - i * n - j + j * n + i]!;
      });
      const stack = { ...general, data };
      const { values, vectors } = eighStack(stack, { sign: "canonical" });
      for (let k = 0; k < stack.count; k++) {
        const single = eigh(fromStack(stack, k), { sign: "canonical" });
        expect(absoluteError(values.subarray(k * n, (k + 1) * n), single.values)).toBeLessThan(1e-12);
        expect(distance(fromStack(vectors, k), single.vectors)).toBeLessThan(1e-10);
      }
    }
  });

  it("svdStack agrees with svd", () => {
    for (const [m, n] of [
      [1, 1],
      [3, 3],
      [5, 2],
      [2, 5],
      [50, 30],
      [0, 3],
    ] as const) {
      const stack = stackOf(50, m, n);
      const { u, s, v } = svdStack(stack, { sign: "canonical" });
      const r = Math.min(m, n);
      for (let k = 0; k < stack.count; k++) {
        const single = svd(fromStack(stack, k), { sign: "canonical" });
        expect(absoluteError(s.subarray(k * r, (k + 1) * r), single.s)).toBeLessThan(1e-12);
        expect(distance(fromStack(u, k), single.u)).toBeLessThan(1e-9);
        expect(distance(fromStack(v, k), single.v)).toBeLessThan(1e-9);
      }
    }
  });
});

it("checks the stack", () => {
  expectError(() => svdStack({ ...stackOf(2, 3, 3), count: 3 }), "SHAPE_MISMATCH", /hold 27 numbers, got 18/);
  expectError(
    () => eighStack(stackOf(2, 3, 3)),
    "INVALID_ARGUMENT",
    /matrix 0: the matrix must be symmetric/,
  );
  expectError(
    () => eighStack({ count: 1, rows: 1, cols: 1, data: Float64Array.of(Number.NaN) }),
    "NOT_FINITE",
    /NaN/,
  );
});
