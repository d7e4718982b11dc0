// Eigendecomposition of a symmetric matrix: Householder tridiagonalisation and implicit QL.

import type { RawEigh } from "../backend/routines.ts";
import { scaleByPowerOfTwo, scaled } from "../decompositions/scaling.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { applyQ } from "./householder.ts";
import { TINY_ORDER, tinyEigh } from "./tiny-eigh.ts";
import { implicitQl, tridiagonalize } from "./tridiagonal.ts";

/** Of the lower triangle of A; values descending. */
export function plainEigh(a: Matrix, wantVectors: boolean): RawEigh {
  const n = a.rows;
  if (n <= TINY_ORDER) {
    const values = new Float64Array(n);
    const vectors = wantVectors ? matrix(n, n) : undefined;
    tinyEigh(a.data, 0, n, values, 0, vectors?.data, 0, new Float64Array(2 * n * n));
    return { values, vectors };
  }
  const { data, exponent } = scaled(a);
  const { diagonal, offDiagonal, reflectors } = tridiagonalize(data, n);
  const rows = matrix(n, wantVectors ? n + (n % 2) : 0);
  if (wantVectors) for (let i = 0; i < n; i++) rows.data[i * rows.cols + i] = 1;
  implicitQl(diagonal, offDiagonal, rows);
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j] - diagonal[i]);
  const values = Float64Array.from(order, (from) => diagonal[from]);
  scaleByPowerOfTwo(values, -exponent);
  if (!wantVectors) return { values, vectors: undefined };
  const ordered = matrix(n, n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i++) ordered.data[i * n + to] = rows.data[from * rows.cols + i];
  });
  return { values, vectors: applyQ(reflectors, ordered) };
}
