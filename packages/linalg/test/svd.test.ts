// Identities first: A = U·diag(s)·Vᵀ with orthonormal factors, for every shape; then special matrices.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalSigns, type Matrix, matmul, matrix, qr, svd, transpose } from "../src/index.ts";
import {
  absoluteError,
  build,
  compose,
  distance,
  EPS,
  expectError,
  orthogonality,
  randomMatrix,
  relativeError,
  scaleColumns,
} from "./helpers.ts";

const SIZES = [0, 1, 2, 3, 5, 10, 16, 26, 50, 65, 128];

/** Checks everything that the decomposition promises, and returns the singular values. */
function checkSvd(a: Matrix): Float64Array {
  const r = Math.min(a.rows, a.cols);
  const { u, s, v } = svd(a);
  expect([u.rows, u.cols, s.length, v.rows, v.cols]).toEqual([a.rows, r, r, a.cols, r]);
  for (let i = 0; i < r; i++) expect(s[i]!).toBeGreaterThanOrEqual(s[i + 1] ?? 0);
  const tolerance = 3 * (Math.max(a.rows, a.cols) + 4) * EPS;
  expect(distance(compose(u, s, v), a)).toBeLessThanOrEqual(tolerance * (s[0] ?? 0));
  expect(orthogonality(u)).toBeLessThanOrEqual(tolerance);
  expect(orthogonality(v)).toBeLessThanOrEqual(tolerance);
  const only = svd(a, { vectors: "none" });
  expect(Object.keys(only)).toEqual(["s"]);
  expect(absoluteError(only.s, s)).toBeLessThanOrEqual(tolerance * (s[0] ?? 0));
  return s;
}

/** Product of two random orthonormal factors and the given singular values. */
function withSpectrum(m: number, n: number, s: readonly number[]): Matrix {
  return compose(
    qr(randomMatrix(m, s.length, 5)).q,
    Float64Array.from(s),
    qr(randomMatrix(n, s.length, 6)).q,
  );
}

describe("every shape", () => {
  for (const m of SIZES) {
    it(`reconstructs [${m}, n] for all n`, () => {
      for (const n of SIZES) checkSvd(randomMatrix(m, n, m * 1000 + n));
    });
  }

  it("reconstructs long and wide matrices", () => {
    checkSvd(randomMatrix(3000, 10));
    checkSvd(randomMatrix(20, 1500));
  });

  it("reconstructs matrices of small integers, which are often singular or repeat values", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.integer({ min: -2, max: 2 })),
        (m, n, entries) => {
          checkSvd(
            matrix(
              m,
              n,
              Array.from({ length: m * n }, () => entries.next().value as number),
            ),
          );
        },
      ),
    );
  });

  it("reconstructs matrices whose entries span the range of float64", () => {
    const entry = fc.tuple(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.integer({ min: -1074, max: 1000 }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(entry),
        (m, n, entries) => {
          const a = build(m, n, () => {
            const [x, exponent] = entries.next().value as [number, number];
            return x * 2 ** exponent;
          });
          const largest = Math.max(...a.data.map(Math.abs));
          // Below 1e-290 the entries themselves have fewer digits than eps.
          fc.pre(largest > 1e-290);
          checkSvd(a);
        },
      ),
    );
  });
});

describe("invariants", () => {
  it("does not change its values under transposition and permutation", () => {
    const a = randomMatrix(20, 13);
    const { s } = svd(a);
    const permuted = build(20, 13, (i, j) => a.data[((i * 7) % 20) * 13 + ((j * 5) % 13)]!);
    expect(relativeError(svd(transpose(a)).s, s)).toBeLessThan(30 * EPS);
    expect(relativeError(svd(permuted).s, s)).toBeLessThan(100 * EPS);
  });

  it("is equivariant under powers of two, down to the last bit", () => {
    const a = randomMatrix(12, 9);
    const { u, s, v } = svd(a);
    for (const exponent of [-900, -1, 1, 900]) {
      const scaledSvd = svd(scaleColumns(a, new Float64Array(9).fill(2 ** exponent)));
      expect(scaledSvd).toEqual({ u, v, s: s.map((x) => x * 2 ** exponent) });
    }
  });

  it("gives ‖A‖² as the sum of the squared values, and repeats itself exactly", () => {
    const a = randomMatrix(33, 21);
    const { s } = svd(a);
    expect(Math.hypot(...s) / Math.hypot(...a.data)).toBeCloseTo(1, 13);
    expect(svd(a)).toEqual(svd(a));
  });

  it("does not change its argument", () => {
    const a = randomMatrix(6, 4);
    const copy = a.data.slice();
    svd(a);
    expect(a.data).toEqual(copy);
  });
});

describe("prescribed and special spectra", () => {
  it("finds rank, repeated and clustered values", () => {
    const spectra = [
      [3, 3, 3, 2, 2, 1],
      [1, 1, 1, 1, 1, 1],
      [1, 1 - 1e-15, 1 - 2e-15, 0.5, 0.5 - 1e-15, 1e-12],
      [5, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15],
    ];
    for (const spectrum of spectra) {
      for (const [m, n] of [
        [6, 6],
        [40, 9],
        [9, 40],
      ] as const) {
        const s = checkSvd(withSpectrum(m, n, spectrum));
        expect(absoluteError(s.subarray(0, 6), spectrum)).toBeLessThan(20 * EPS * spectrum[0]!);
        expect(absoluteError(s.subarray(6), new Float64Array(s.length - 6))).toBeLessThan(
          20 * EPS * spectrum[0]!,
        );
      }
    }
  });

  it("completes the vectors of exact zeros to orthonormal ones", () => {
    expect(checkSvd(matrix(7, 4))).toEqual(new Float64Array(4));
    expect(checkSvd(matrix(4, 7))).toEqual(new Float64Array(4));
    const ones = checkSvd(build(9, 6, () => 1));
    expect(ones[0]).toBeCloseTo(Math.sqrt(54), 14);
    expect(ones.subarray(1).every((x) => x < 10 * EPS)).toBe(true);
    // A zero row and a zero column: an exact rank of 2.
    const s = checkSvd(matrix(3, 3, [1, 0, 2, 0, 0, 0, 3, 0, 4]));
    expect(s[2]).toBe(0);
    expect(s[0]! * s[1]!).toBeCloseTo(2, 14);
  });

  it("takes a diagonal matrix of any grading exactly", () => {
    const diagonal = [1, 1e-30, 1e30, 0, 1e-200, 5, 5];
    const { s } = svd(build(7, 7, (i, j) => (i === j ? diagonal[i]! : 0)));
    expect(relativeError(s.subarray(0, 6), [1e30, 5, 5, 1, 1e-30, 1e-200])).toBeLessThan(4 * EPS);
    expect(s[6]).toBe(0);
  });

  it("returns values below 2^-900 of the largest entry as 0", () => {
    expect(svd(matrix(2, 2, [1e300, 0, 0, 1e-300])).s).toEqual(new Float64Array([1e300, 0]));
  });

  it("scales: 1e±300 and subnormal numbers", () => {
    const a = randomMatrix(10, 6);
    const { s } = svd(a);
    for (const scale of [1e300, 1e-300]) {
      const scaledMatrix = scaleColumns(a, new Float64Array(6).fill(scale));
      expect(
        relativeError(
          checkSvd(scaledMatrix).map((x) => x / scale),
          s,
        ),
      ).toBeLessThan(100 * EPS);
    }
    expect(svd(matrix(1, 2, [3 * 2 ** -1074, 4 * 2 ** -1074])).s[0]).toBe(5 * 2 ** -1074);
  });
});

describe("canonicalSigns", () => {
  it("makes the first largest entry of every column of u positive and keeps the product", () => {
    const a = randomMatrix(8, 5);
    const { u, s, v } = svd(a);
    const signs = canonicalSigns(u, v);
    expect(compose(signs.u, s, signs.v)).toEqual(compose(u, s, v));
    for (let j = 0; j < 5; j++) {
      const column = Array.from({ length: 8 }, (_, i) => signs.u.data[i * 5 + j]!);
      expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
    }
    const negated = (m: Matrix): Matrix => ({ ...m, data: m.data.map((x) => -x) });
    expect(canonicalSigns(negated(u), negated(v))).toEqual(signs);
  });

  it("decides ties by the first entry", () => {
    const tied = canonicalSigns(matrix(2, 2, [-1, 1, 1, -1]), matrix(1, 2, [1, 1]));
    expect(tied).toEqual({ u: matrix(2, 2, [1, 1, -1, -1]), v: matrix(1, 2, [-1, 1]) });
    expectError(() => canonicalSigns(matrix(2, 2), matrix(2, 1)), "SHAPE_MISMATCH", /got 2 and 1/);
  });
});

describe("refusals", () => {
  it("names the entry that is not finite", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expectError(() => svd(matrix(2, 2, [1, 2, bad, 4])), "NOT_FINITE", /row 1, column 0/);
    }
  });

  it("does not return an infinite value", () => {
    expectError(() => svd(build(4, 4, () => 1e308)), "NOT_FINITE", /exceeds 1.8e308/);
  });

  it("checks shape and options", () => {
    expectError(
      () => svd({ rows: 2, cols: 2, data: new Float64Array(3) }),
      "SHAPE_MISMATCH",
      /4 numbers, got 3/,
    );
    expectError(() => svd(matrix(1, 1), { vectors: "all" as "thin" }), "INVALID_ARGUMENT", /got "all"/);
  });
});

it("solves least squares by the pseudoinverse: the residual is orthogonal to the columns", () => {
  const a = randomMatrix(15, 6);
  const b = randomMatrix(15, 1, 9);
  const { u, s, v } = svd(a);
  const coefficients = matmul(u, b, { transposeA: true }).data.map((x, i) => x / s[i]!);
  const fit = matmul(a, matmul(v, matrix(6, 1, coefficients)));
  const residual = matrix(
    15,
    1,
    b.data.map((x, i) => x - fit.data[i]!),
  );
  expect(absoluteError(matmul(a, residual, { transposeA: true }).data, new Float64Array(6))).toBeLessThan(
    1e-13,
  );
});
