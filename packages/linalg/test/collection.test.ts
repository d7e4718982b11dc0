// Matrices that are hard on purpose, with references of 40 or more digits from tools/reference/linalg, on every
// backend.

import { expect, it } from "vitest";
import { cholesky, eigh, qr, rank, svd } from "../src/index.ts";
import { onEveryBackend } from "./backends.ts";
import { EPS, fixtureArrays, relativeError } from "./helpers.ts";

const { matrixOf, vectorOf } = fixtureArrays("collection.npz");
const GENERAL = [
  "hilbert",
  "lotkin",
  "frank",
  "vandermonde",
  "lauchli",
  "graded-down",
  "graded-up",
  "kahan",
  "deficient",
  "columns-1e-14",
];
/** Those whose small values the data define, and how well. */
const RELATIVE: readonly (readonly [string, number])[] = [
  ["lauchli", 1e-15],
  ["graded-down", 4e-15],
  ["graded-up", 4e-15],
  ["kahan", 2e-14],
  ["columns-1e-14", 2e-14],
];

onEveryBackend("collection", () => {
  it.each(GENERAL)("svd of %s: every value to within n·eps·‖A‖", (name) => {
    const a = matrixOf(`${name}/a`);
    const exact = vectorOf(`${name}/s`);
    for (const accuracy of ["normwise", "relative"] as const) {
      for (const vectors of ["thin", "none"] as const) {
        const { s } = svd(a, { accuracy, vectors });
        const error = Math.max(...s.map((x, i) => Math.abs(x - exact[i]!)));
        expect(error).toBeLessThanOrEqual(a.rows * EPS * exact[0]!);
      }
    }
  });

  it.each(RELATIVE)('svd of %s, accuracy "relative": every digit to %d', (name, bound) => {
    const exact = vectorOf(`${name}/s`);
    const a = matrixOf(`${name}/a`);
    expect(relativeError(svd(a, { accuracy: "relative" }).s, exact)).toBeLessThan(bound);
    expect(relativeError(svd(a, { accuracy: "relative", vectors: "none" }).s, exact)).toBeLessThan(bound);
  });

  it.each(["glued", "pascal", "moler"])("eigh of %s", (name) => {
    const a = matrixOf(`${name}/a`);
    const exact = vectorOf(`${name}/w`);
    for (const vectors of [true, false]) {
      const { values } = eigh(a, { vectors });
      const error = Math.max(...values.map((x, i) => Math.abs(x - exact[i]!)));
      expect(error).toBeLessThanOrEqual(a.rows * EPS * exact[0]!);
    }
  });

  it("Pascal's Cholesky factor is Pascal's triangle, exactly", () => {
    const l = cholesky(matrixOf("pascal/a"));
    for (let i = 1; i < 12; i++) {
      for (let j = 1; j <= i; j++) {
        expect(l.data[i * 12 + j]).toBe(l.data[(i - 1) * 12 + j]! + l.data[(i - 1) * 12 + j - 1]!);
      }
    }
  });

  it("the rank of an integer matrix of rank 3, by singular values and by pivoted QR", () => {
    const a = matrixOf("deficient/a");
    expect(rank(a)).toBe(3);
    const { r } = qr(a, { pivot: true });
    expect(Math.abs(r.data[2 * 9 + 2]!)).toBeGreaterThan(0.1);
    expect(Math.abs(r.data[3 * 9 + 3]!)).toBeLessThan(1e-13);
  });
});
