// Leading triplets of matrices whose singular values and vectors are known, with spectra that are hard for an iteration.

import { initialize, leadingColumns, type Matrix, matmul, matrix, orthogonal } from "@vielbein/linalg";
import { beforeAll, describe, expect, test } from "vitest";
import { subspaceAngles } from "../../src/grassmann/index.ts";
import { leadingDecomposition } from "../../src/jacobian/leading-decomposition.ts";

beforeAll(() => initialize());

const K = 50;

interface Known {
  readonly a: Matrix;
  readonly u: Matrix;
  readonly s: Float64Array;
  readonly v: Matrix;
}

/** U·diag(s)·Vᵀ `[m, n]` with random orthonormal U and V. */
function known(m: number, n: number, value: (i: number) => number): Known {
  const size = Math.min(m, n);
  const s = Float64Array.from({ length: size }, (_, i) => value(i));
  const [u, v] = [orthogonal(3, 0, m, size), orthogonal(3, 1, n, size)];
  const scaled = matrix(
    m,
    size,
    u.data.map((x, at) => x * s[at % size]!),
  );
  return { a: matmul(scaled, v, { transposeB: true }), u, s, v };
}

/** The largest of ‖A·vᵢ − σᵢuᵢ‖ and ‖Aᵀ·uᵢ − σᵢvᵢ‖. */
function largestResidual(a: Matrix, { u, s, v }: Omit<Known, "a">): number {
  const distance = (image: Matrix, of: Matrix): number =>
    Math.max(...image.data.map((x, at) => Math.abs(x - s[at % s.length]! * of.data[at]!)));
  return Math.max(distance(matmul(a, v), u), distance(matmul(a, u, { transposeA: true }), v));
}

const falling = (i: number) => 0.97 ** i;

describe.each([
  ["square", 400, 400],
  ["wide", 385, 450],
  ["too small for the iteration", 210, 220],
])("%s matrices", (_, m, n) => {
  test.each<[string, (i: number) => number]>([
    ["evenly falling", falling],
    ["graded over twelve orders of magnitude", (i) => 10 ** (-i / 33)],
    ["equal at the cut", (i) => (i < 45 ? 2 - i / 45 : i < 60 ? 0.9 : falling(i) / 2)],
    ["nearly equal at the cut", (i) => (i < K ? falling(i) : falling(K - 1) * (1 - 1e-9 * (i - K + 1)))],
    ["of rank 20", (i) => (i < 20 ? 1 - i / 40 : 0)],
    ["with one that occurs twelve times", (i) => (i < 12 ? 1 : 0.9 * falling(i - 12))],
    ["with every value ten times", (i) => 0.8 ** Math.floor(i / 10)],
    ["with two values only", (i) => (i < 100 ? 1 : 0.5)],
    ["all equal", () => 1],
    ["of tiny entries", (i) => 1e-200 * falling(i)],
  ])("%s", async (_name, value) => {
    const { a, ...exact } = known(m, n, value);
    const found = await leadingDecomposition(a, K);
    expect([found.u.cols, found.s.length, found.v.cols]).toEqual([K, K, K]);
    const unit = exact.s[0]!;
    found.s.forEach((s, i) => {
      expect(Math.abs(s - exact.s[i]!)).toBeLessThan(1e-13 * unit);
    });
    expect(largestResidual(a, found)).toBeLessThan(1e-11 * unit);
    for (const j of [1, 10, 12, 20, 45, 49, K]) {
      const gap = (exact.s[j - 1]! - exact.s[j]!) / unit;
      if (gap < 1e-10) continue;
      const allowed = 1e-8 + 1e-13 / gap;
      for (const side of ["u", "v"] as const) {
        const angles = subspaceAngles(leadingColumns(found[side], j), leadingColumns(exact[side], j));
        expect(Math.max(...angles)).toBeLessThan(allowed);
      }
    }
  });
});
