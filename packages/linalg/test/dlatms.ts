// LAPACK's generator of test matrices: random orthogonal factors around a spectrum of one of six kinds (dlatms,
// dlatm1).

import { type Matrix, uniform } from "../src/index.ts";
import { multiplied } from "../src/plain/multiply.ts";
import { plainQr } from "../src/plain/qr.ts";
import { randomMatrix } from "./helpers.ts";

export const MODES = [1, 2, 3, 4, 5, 6] as const;
export type Mode = (typeof MODES)[number];

/** `n` numbers between 1/condition and 1, descending; mode 6 is uniform on (0, 1) instead. */
export function spectrum(mode: Mode, n: number, condition: number): Float64Array {
  const random = uniform(mode, n, n);
  const values = Float64Array.from({ length: n }, (_, i) => {
    const fraction = n > 1 ? i / (n - 1) : 0;
    switch (mode) {
      case 1:
        return i === 0 ? 1 : 1 / condition;
      case 2:
        return i < n - 1 ? 1 : 1 / condition;
      case 3:
        return condition ** -fraction;
      case 4:
        return 1 - fraction * (1 - 1 / condition);
      case 5:
        return condition ** -random[i]!;
      case 6:
        return random[i]!;
    }
  });
  return values.sort().reverse();
}

const factors = new Map<string, Matrix>();

function orthonormal(m: number, k: number, seed: number): Matrix {
  const key = `${m} ${k} ${seed}`;
  let q = factors.get(key);
  if (!q) {
    q = plainQr(randomMatrix(m, k, seed), "thin", false).q!;
    factors.set(key, q);
  }
  return q;
}

/** Every backend is given the same matrices: each is made once. */
const made = new Map<string, Matrix>();

function once(key: string, make: () => Matrix): Matrix {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return { ...known, data: known.data.slice() };
}

/** `[m, n]` with the given singular values. */
export function withSingularValues(m: number, n: number, s: Float64Array): Matrix {
  return once(`${m} ${n} ${s}`, () => fromSingularValues(m, n, s));
}

function fromSingularValues(m: number, n: number, s: Float64Array): Matrix {
  const u = orthonormal(m, s.length, 5);
  const v = orthonormal(n, s.length, 6);
  const us = { ...u, data: u.data.map((x, at) => x * s[at % s.length]!) };
  return multiplied(us, v, false, true);
}

/** Symmetric `[n, n]` with the given eigenvalues. */
export function withEigenvalues(values: Float64Array): Matrix {
  return once(`${values}`, () => fromEigenvalues(values));
}

function fromEigenvalues(values: Float64Array): Matrix {
  const n = values.length;
  const q = orthonormal(n, n, 7);
  const a = multiplied({ ...q, data: q.data.map((x, at) => x * values[at % n]!) }, q, false, true);
  return { ...a, data: a.data.map((x, at) => (x + a.data[(at % n) * n + Math.floor(at / n)]!) / 2) };
}
