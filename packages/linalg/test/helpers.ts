// Matrices and measures that the tests share.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { readNpz } from "../src/files/numpy.ts";
import { gram, type LinalgErrorCode, type Matrix, matmul, matrix, normal } from "../src/index.ts";

export const EPS: number = Number.EPSILON;

/** `[m, n]` matrix of independent standard normal numbers. */
export function randomMatrix(m: number, n: number, seed = 1): Matrix {
  return matrix(m, n, normal(seed, 0, m * n));
}

export function build(m: number, n: number, entry: (i: number, j: number) => number): Matrix {
  return matrix(
    m,
    n,
    Float64Array.from({ length: m * n }, (_, at) => entry(Math.floor(at / n), at % n)),
  );
}

/** A·diag(d). */
export function scaleColumns(a: Matrix, d: ArrayLike<number>): Matrix {
  return build(a.rows, a.cols, (i, j) => a.data[i * a.cols + j]! * d[j]!);
}

/** Frobenius norm of A − B, without overflow for entries up to 1e300. */
export function distance(a: Matrix, b: Matrix): number {
  expect([a.rows, a.cols]).toEqual([b.rows, b.cols]);
  return Math.hypot(...differences(a.data, b.data));
}

function differences(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x - b[i]!);
}

/** Largest entry of |QᵀQ − I|. */
export function orthogonality(q: Matrix): number {
  const g = gram(q);
  let worst = 0;
  for (let i = 0; i < g.rows; i++) {
    for (let j = 0; j < g.rows; j++) {
      worst = Math.max(worst, Math.abs(g.data[i * g.rows + j]! - (i === j ? 1 : 0)));
    }
  }
  return worst;
}

/** U·diag(s)·Vᵀ. */
export function compose(u: Matrix, s: Float64Array, v: Matrix): Matrix {
  return matmul(scaleColumns(u, s), v, { transposeB: true });
}

/** Largest relative error of `actual`; the entries of `expected` must not be 0. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i]! / expected[i]! - 1));
  }
  return worst;
}

/** Largest absolute error of `actual`. */
export function absoluteError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(0, ...Array.from(actual, (x, i) => Math.abs(x - expected[i]!)));
}

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
}

/** The arrays of a .npz fixture: matrices by `matrixOf`, vectors by `vectorOf`. */
export function fixtureArrays(name: string): {
  matrixOf(key: string): Matrix;
  vectorOf(key: string): Float64Array;
} {
  const arrays = readNpz(fixture(name));
  const vectorOf = (key: string) => arrays[key]!.data as Float64Array;
  return { vectorOf, matrixOf: (key) => matrix(...(arrays[key]!.shape as [number, number]), vectorOf(key)) };
}

/** Asserts that `action` throws a LinalgError with `code` and a message that matches `message`. */
export function expectError(action: () => unknown, code: LinalgErrorCode, message: RegExp): void {
  expect(action).toThrow(
    expect.objectContaining({ name: "LinalgError", code, message: expect.stringMatching(message) }),
  );
}
