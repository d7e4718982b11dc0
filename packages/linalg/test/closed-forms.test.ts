// Matrices whose singular values or eigenvalues are known: in closed form, or to 300 digits from
// tools/reference/linalg/make_fixtures.py.

import { describe, expect, it } from "vitest";
import { eigh, fromRows, type Matrix, qr, svd } from "../src/index.ts";
import { absoluteError, build, EPS, fixtureArrays, relativeError } from "./helpers.ts";

const indices = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const descending = (values: readonly number[]): number[] => [...values].sort((a, b) => b - a);

describe("svd, relative accuracy of every value", () => {
  const { matrixOf, vectorOf } = fixtureArrays("exact.npz");

  // The bounds are the condition of the matrix once its rows and columns are scaled, times a few eps.
  it.each([
    ["kahan", "Kahan(64), smallest value 8e-11", 2e-14],
    ["columns", "columns graded 1 … 1e-14", 2e-14],
    ["columns-reversed", "columns graded 1e-14 … 1", 2e-14],
    ["rows", "rows graded 1 … 1e-14", 2e-14],
    ["both", "rows graded 1e-14 … 1 and columns 1 … 1e-28", 5e-14],
    ["tall", "40 × 12, columns graded 1 … 1e-200", 2e-14],
    ["jacobian", "float32 entries, columns graded 1 … 1e-6", 2e-14],
  ])("%s: %s", (name, _what, bound) => {
    expect(
      relativeError(svd(matrixOf(`${name}/a`), { accuracy: "relative" }).s, vectorOf(`${name}/s`)),
    ).toBeLessThan(bound);
  });

  it("hilbert: what the condition 1e13 of the data allows", () => {
    const error = absoluteError(
      svd(matrixOf("hilbert/a"), { accuracy: "relative" }).s,
      vectorOf("hilbert/s"),
    );
    expect(error).toBeLessThan(4 * EPS);
  });

  it("Läuchli: √(n + μ²) once and μ otherwise, far below what AᵀA could hold", () => {
    const n = 12;
    for (const mu of [1e-3, 1e-8, 1e-12]) {
      const a = build(n + 1, n, (i, j) => (i === 0 ? 1 : i === j + 1 ? mu : 0));
      const { s } = svd(a);
      expect(s[0]! / Math.sqrt(n + mu * mu) - 1).toBeLessThan(10 * EPS);
      // μ is defined to eps·‖A‖ by the data: the row of ones is exact, so is μ.
      expect(relativeError(s.subarray(1), new Float64Array(n - 1).fill(mu))).toBeLessThan(20 * EPS);
    }
  });

  it("Hadamard: every value is √n", () => {
    const hadamard = (n: number): number[][] => {
      if (n === 1) return [[1]];
      const half = hadamard(n / 2);
      return [...half.map((r) => [...r, ...r]), ...half.map((r) => [...r, ...r.map((x) => -x)])];
    };
    const { s } = svd(fromRows(hadamard(32)));
    expect(relativeError(s, new Float64Array(32).fill(Math.sqrt(32)))).toBeLessThan(20 * EPS);
  });

  it("first differences: 2·sin(kπ / 2(n + 1))", () => {
    const n = 40;
    const a = build(n + 1, n, (i, j) => (i === j ? 1 : i === j + 1 ? -1 : 0));
    const exact = descending(indices(n).map((k) => 2 * Math.sin(((k + 1) * Math.PI) / (2 * (n + 1)))));
    expect(relativeError(svd(a).s, exact)).toBeLessThan(100 * EPS);
  });
});

describe("eigh", () => {
  const normwise = (a: Matrix, exact: readonly number[], factor = 4) => {
    const { values } = eigh(a);
    const norm = Math.max(...exact.map(Math.abs));
    expect(absoluteError(values, descending(exact))).toBeLessThan(factor * a.rows * EPS * norm);
  };

  it("1D Laplacian: 2 − 2·cos(kπ / (n + 1))", () => {
    for (const n of [1, 2, 3, 17, 64]) {
      const a = build(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
      normwise(
        a,
        indices(n).map((k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))),
      );
    }
  });

  it("Clement (Kac): the integers −n … n in steps of 2", () => {
    for (const n of [1, 2, 9, 40]) {
      const a = build(n + 1, n + 1, (i, j) =>
        Math.abs(i - j) === 1 ? Math.sqrt(Math.max(i, j) * (n + 1 - Math.max(i, j))) : 0,
      );
      normwise(
        a,
        indices(n + 1).map((k) => n - 2 * k),
      );
    }
  });

  it("Wilkinson W21+: the famous pair that agrees to 14 digits", () => {
    const a = build(21, 21, (i, j) => (i === j ? Math.abs(i - 10) : Math.abs(i - j) === 1 ? 1 : 0));
    const { values } = eigh(a);
    expect(values[0]).toBeCloseTo(10.7461941829034, 12);
    expect(values[1]).toBeCloseTo(10.7461941829033, 12);
    expect(values[0]! - values[1]!).toBeLessThan(1e-13);
    expect(values[20]).toBeCloseTo(-1.12544152211998, 12);
  });

  it("all ones and the exchange matrix: n, 0 … and ±1, highly repeated", () => {
    const n = 30;
    normwise(
      build(n, n, () => 1),
      [n, ...new Array<number>(n - 1).fill(0)],
    );
    normwise(
      build(n, n, (i, j) => (i + j === n - 1 ? 1 : 0)),
      indices(n).map((i) => (i < n / 2 ? 1 : -1)),
    );
  });

  it("Rosser: double, nearly equal, zero and opposite eigenvalues", () => {
    const a = fromRows([
      [611, 196, -192, 407, -8, -52, -49, 29],
      [196, 899, 113, -192, -71, -43, -8, -44],
      [-192, 113, 899, 196, 61, 49, 8, 52],
      [407, -192, 196, 611, 8, 44, 59, -23],
      [-8, -71, 61, 8, 411, -599, 208, 208],
      [-52, -43, 49, 44, -599, 411, 208, 208],
      [-49, -8, 8, 59, 208, 208, 99, -911],
      [29, -44, 52, -23, 208, 208, -911, 99],
    ]);
    const root = 10 * Math.sqrt(10405);
    const close = 100 * Math.sqrt(26);
    normwise(a, [root, 510 + close, 1000, 1000, 1020, 510 - close, 0, -root]);
  });

  it("Hilbert: positive definite, so its eigenvalues are its singular values", () => {
    const { matrixOf, vectorOf } = fixtureArrays("exact.npz");
    normwise(matrixOf("hilbert/a"), Array.from(vectorOf("hilbert/s")));
  });
});

it("qr of the Läuchli matrix keeps its columns orthonormal, where Gram–Schmidt fails", () => {
  const mu = 1e-9;
  const { q } = qr(build(4, 3, (i, j) => (i === 0 ? 1 : i === j + 1 ? mu : 0)));
  const dot =
    q.data[1]! * q.data[2]! + q.data[4]! * q.data[5]! + q.data[7]! * q.data[8]! + q.data[10]! * q.data[11]!;
  expect(Math.abs(dot)).toBeLessThan(4 * EPS);
});
