// Randomised range finder with power iterations. Halko, Martinsson & Tropp, "Finding structure with randomness"
// (SIAM Review 53, 2011), algorithms 4.4 and 5.1.

import { svd } from "../decompositions/svd.ts";
import { ConvergenceError } from "../errors.ts";
import { leadingColumns, type Matrix, transpose } from "../matrix.ts";
import { Basis } from "./basis.ts";
import { product, type RowOperator } from "./operator.ts";
import type { PartialSvd, SvdsOptions } from "./partial-svd.ts";

export async function randomized(
  operator: RowOperator,
  k: number,
  options: SvdsOptions,
): Promise<PartialSvd> {
  const { iterations = 2, tolerance } = options;
  const q = await findRange(operator, k, iterations, options);
  const { u: x, s, v } = svd(await operator.applyTranspose(q));
  const u = product(q, leadingColumns(x, k), true);
  const v0 = leadingColumns(v, k);
  // Aᵀ·u = s·v by construction; A·v takes one more product to know.
  const residuals = residualsOf(transpose(await operator.apply(transpose(v0))), u, s);
  const result = { u, s: s.slice(0, k), v: v0, residuals, iterations, products: operator.products };
  if (tolerance !== undefined && !residuals.every((r) => r <= tolerance * s[0])) {
    throw new ConvergenceError(
      `svds: ${iterations} power iterations left residuals up to ${(Math.max(...residuals) / s[0]).toPrecision(2)} of ` +
        `the largest singular value, above the tolerance ${tolerance}. Use method "block-krylov"; the error has the ` +
        "partial result.",
      result,
    );
  }
  return result;
}

/** Orthonormal rows that span, nearly, the leading left singular vectors of A: algorithm 4.4. */
async function findRange(
  operator: RowOperator,
  k: number,
  iterations: number,
  { blockSize = k + 10, seed = 0, signal }: SvdsOptions,
): Promise<Matrix> {
  const { rows: m, cols: n } = operator;
  const block = Math.min(Math.max(blockSize, k), m, n);
  const right = new Basis(n, block, seed);
  const left = new Basis(m, block, seed);
  // Both stay empty: they only make blocks orthonormal.
  const orthonormal = (basis: Basis, w: Matrix) => basis.split(w, true).added;
  try {
    let q = orthonormal(left, await operator.apply(right.random(block)));
    for (let i = 0; i < iterations; i++) {
      signal?.throwIfAborted();
      q = orthonormal(left, await operator.apply(orthonormal(right, await operator.applyTranspose(q))));
    }
    return q;
  } finally {
    left.release();
    right.release();
  }
}

/** ‖A·vⱼ − sⱼuⱼ‖, of the images A·vⱼ as columns. */
function residualsOf({ rows: m, cols: k, data }: Matrix, u: Matrix, s: Float64Array): Float64Array {
  return Float64Array.from({ length: k }, (_, j) => {
    let square = 0;
    for (let i = 0; i < m; i++) square += (data[i * k + j] - s[j] * u.data[i * k + j]) ** 2;
    return Math.sqrt(square);
  });
}
