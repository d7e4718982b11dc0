// Singular value decomposition by QR-preconditioned one-sided Jacobi (LAPACK's DGEJSV):
// A·P = Q₁·R₁ with column pivoting, R₁ᵀ = Q₂·R₂, Jacobi on the rows of R₂.

import type { RawSvd } from "../backend/routines.ts";
import { scaleByPowerOfTwo, scaled } from "../decompositions/scaling.ts";
import { identity, type Matrix, matrix, rowAt, transpose } from "../matrix.ts";
import { applyQ, householderQr } from "./householder.ts";
import { type RowJacobi, rowJacobi } from "./jacobi.ts";

export function plainSvd(a: Matrix, vectors: "thin" | "full" | "none"): RawSvd {
  if (a.rows >= a.cols) return tallSvd(a, vectors);
  const { s, u, v } = tallSvd(transpose(a), vectors);
  return { s, u: v, v: u };
}

/** The orthonormal columns of `q` `[m, r]`, continued to an orthogonal `[m, m]` matrix. */
function completed(q: Matrix): Matrix {
  const { rows: m, cols: r } = q;
  if (m === r) return q;
  const { reflectors } = householderQr(q.data.slice(), m, r, false);
  const full = applyQ(reflectors, identity(m));
  for (let i = 0; i < m; i++) full.data.set(rowAt(q.data, i, r), i * m);
  return full;
}

function tallSvd(a: Matrix, vectors: "thin" | "full" | "none"): RawSvd {
  const wantVectors = vectors !== "none";
  const { rows: m, cols: n } = a;
  const { data, exponent } = scaled(a);
  // Rows by descending magnitude: with column pivoting, this is what keeps Householder QR accurate for
  // matrices with badly scaled rows (Cox & Higham 1998).
  const rowOrder = rowsByMagnitude(data, m, n);
  const first = householderQr(gatherRows(data, n, rowOrder), m, n, true);
  const rank = first.r.rows;
  const second = householderQr(transpose(first.r).data, n, rank, false);
  const jacobi = rowJacobi(second.r, wantVectors);
  const s = new Float64Array(n);
  s.set(jacobi.s);
  scaleByPowerOfTwo(s, -exponent);
  if (!wantVectors) return { s, u: undefined, v: undefined };
  const { left, right } = embed(jacobi, n);
  const u = scatterRows(applyQ(first.reflectors, left), rowOrder);
  const v = scatterRows(applyQ(second.reflectors, right), first.pivots);
  return { u: vectors === "full" ? completed(u) : u, s, v };
}

/** [X 0; 0 I] `[n, n]` of the singular vectors X of R₂ᵀ: the identity reaches the null spaces of A and Aᵀ. */
function embed({ directions, rotation }: RowJacobi, n: number): { left: Matrix; right: Matrix } {
  const rank = directions.rows;
  const left = matrix(n, n);
  const right = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; i < rank && j < rank; j++) {
      left.data[i * n + j] = directions.data[j * rank + i];
      right.data[i * n + j] = rotation.data[j * rank + i];
    }
    if (i >= rank) left.data[i * n + i] = right.data[i * n + i] = 1;
  }
  return { left, right };
}

function rowsByMagnitude(data: Float64Array, m: number, n: number): Int32Array {
  const largest = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) largest[i] = Math.max(largest[i], Math.abs(data[i * n + j]));
  }
  return Int32Array.from({ length: m }, (_, i) => i).sort((a, b) => largest[b] - largest[a]);
}

function gatherRows(data: Float64Array, n: number, order: Int32Array): Float64Array {
  const result = new Float64Array(data.length);
  order.forEach((from, to) => {
    result.set(rowAt(data, from, n), to * n);
  });
  return result;
}

function scatterRows(a: Matrix, order: Int32Array): Matrix {
  const result = matrix(a.rows, a.cols);
  order.forEach((to, from) => {
    result.data.set(rowAt(a.data, from, a.cols), to * a.cols);
  });
  return result;
}
