import { describe, expect, it } from "vitest";
import { eigh, gram, type Matrix, matmul, matrix, qr, svd, transpose } from "../src/index.ts";
import {
  absoluteError,
  build,
  compose,
  distance,
  EPS,
  expectError,
  orthogonality,
  randomMatrix,
  scaleColumns,
} from "./helpers.ts";

const SIZES = [0, 1, 2, 3, 5, 10, 16, 26, 50, 65, 128];

function randomSymmetric(n: number, seed = 1): Matrix {
  const a = randomMatrix(n, n, seed);
  return build(n, n, (i, j) => a.data[i * n + j]! + a.data[j * n + i]!);
}

function checkEigh(a: Matrix): Float64Array {
  const n = a.rows;
  const { values, vectors } = eigh(a);
  expect([values.length, vectors.rows, vectors.cols]).toEqual([n, n, n]);
  const tolerance = 3 * (n + 4) * EPS;
  const norm = Math.max(0, ...values.map(Math.abs));
  expect(distance(compose(vectors, values, vectors), a)).toBeLessThanOrEqual(tolerance * norm);
  expect(orthogonality(vectors)).toBeLessThanOrEqual(tolerance);
  for (let i = 1; i < n; i++) expect(values[i - 1]!).toBeGreaterThanOrEqual(values[i]!);
  return values;
}

describe("eigh", () => {
  it.each(SIZES)("reconstructs matrices of order %i, definite and not", (n) => {
    checkEigh(randomSymmetric(n, n));
    checkEigh(gram(randomMatrix(n + 2, n)));
    checkEigh(gram(randomMatrix(Math.floor(n / 2), n)));
  });

  it("agrees with the SVD: the eigenvalues of AᵀA are squared singular values", () => {
    const a = randomMatrix(40, 12);
    const squares = svd(a).s.map((x) => x * x);
    expect(absoluteError(eigh(gram(a)).values, squares)).toBeLessThan(50 * EPS * squares[0]!);
  });

  it("handles zeros, diagonals and 1e±300", () => {
    expect(checkEigh(matrix(4, 4))).toEqual(new Float64Array(4));
    const diagonal = [3, -7, 0, 1e-8, 3];
    expect(checkEigh(build(5, 5, (i, j) => (i === j ? diagonal[i]! : 0)))).toEqual(
      new Float64Array([3, 3, 1e-8, 0, -7]),
    );
    const a = randomSymmetric(9);
    const values = checkEigh(a);
    for (const scale of [2 ** 990, 2 ** -990]) {
      expect(checkEigh(scaleColumns(a, new Float64Array(9).fill(scale)))).toEqual(
        values.map((x) => x * scale),
      );
    }
  });

  it("reads the lower triangle where the two differ by rounding", () => {
    const a = randomSymmetric(6);
    const values = eigh(a).values;
    const disturbed = build(6, 6, (i, j) => a.data[i * 6 + j]! * (i < j ? 1 + 1e-12 : 1));
    expect(eigh(disturbed).values).toEqual(values);
  });

  it("refuses what is not square, symmetric or finite", () => {
    expectError(() => eigh(matrix(2, 3)), "SHAPE_MISMATCH", /square, got \[2, 3\]/);
    expectError(() => eigh(matrix(2, 2, [1, 2, 3, 4])), "INVALID_ARGUMENT", /differ by 0.25/);
    expectError(() => eigh(matrix(2, 2, [1, Number.NaN, 3, 4])), "NOT_FINITE", /row 0, column 1/);
    expectError(() => eigh(build(4, 4, () => 1e308)), "NOT_FINITE", /exceeds 1.8e308/);
  });
});

describe("qr", () => {
  it.each(SIZES)("factors [%i, n] for all n", (m) => {
    for (const n of SIZES) {
      const a = randomMatrix(m, n, m + 1000 * n);
      const { q, r } = qr(a);
      const k = Math.min(m, n);
      expect([q.rows, q.cols, r.rows, r.cols]).toEqual([m, k, k, n]);
      const tolerance = 3 * (Math.max(m, n) + 4) * EPS;
      expect(distance(matmul(q, r), a)).toBeLessThanOrEqual(tolerance * Math.hypot(...a.data));
      expect(orthogonality(q)).toBeLessThanOrEqual(tolerance);
      for (let i = 0; i < k; i++) {
        expect(r.data[i * n + i]!).toBeGreaterThanOrEqual(0);
        for (let j = 0; j < i; j++) expect(r.data[i * n + j]!).toBe(0);
      }
    }
  });

  it("is unique: the Q of Q·R with a positive diagonal comes back", () => {
    const { q } = qr(randomMatrix(20, 6));
    const r = build(6, 6, (i, j) => (i === j ? i + 1 : i < j ? i - j + 0.5 : 0));
    const again = qr(matmul(q, r));
    expect(distance(again.q, q)).toBeLessThan(200 * EPS);
    expect(distance(again.r, r)).toBeLessThan(200 * EPS);
  });

  it("keeps Q orthonormal for singular and badly scaled matrices", () => {
    for (const a of [matrix(6, 4), build(6, 4, () => 1), transpose(matrix(6, 4))]) {
      expect(orthogonality(qr(a).q)).toBeLessThan(20 * EPS);
    }
    const graded = scaleColumns(randomMatrix(9, 5), [1e300, 1e-300, 1, 1e150, 1e-150]);
    expect(orthogonality(qr(graded).q)).toBeLessThan(20 * EPS);
    expectError(() => qr(matrix(1, 1, [Number.NaN])), "NOT_FINITE", /row 0, column 0/);
  });
});
