// Subspaces, given as the column spans of matrices: bases, principal angles, nearest orthogonal matrices.

import { matmul } from "../matmul.ts";
import {
  leadingColumns,
  type Matrix,
  matrix,
  requireCount,
  requireFinite,
  requireSameRows,
} from "../matrix.ts";
import { normal } from "../random/random.ts";
import { diagonalOf, numericalRank, type RankOptions, toleranceOf } from "./least-squares.ts";
import { qr } from "./qr.ts";
import { unitColumns } from "./scaling.ts";
import { svd } from "./svd.ts";

/**
 * Orthonormal basis `[m, rank]` of the column span of A `[m, n]`, by pivoted QR of the columns scaled to length 1: a
 * span does not depend on how long the columns are, and so neither does the rank.
 *
 * @throws {LinalgError} as `qr`.
 */
export function orthonormalize(a: Matrix, options: RankOptions = {}): Matrix {
  const tolerance = toleranceOf("orthonormalize", a, options);
  const { q, r } = qr(unitColumns(a), { pivot: true });
  return leadingColumns(q, numericalRank(diagonalOf(r), tolerance));
}

/**
 * Principal angles between the column spans of A `[m, p]` and B `[m, q]`, in radians, ascending:
 * min(rank A, rank B) of them, each accurate to about eps from 0 to π/2.
 *
 * Cosines are the singular values of QAᵀ·QB and say nothing about angles below 1e-8; sines are those of QB − QA·QAᵀ·QB
 * and say nothing near π/2. The angle computed from both is accurate everywhere (Björck & Golub, "Numerical methods for
 * computing angles between linear subspaces", Math. Comp. 27, 1973; Knyazev & Argentati 2002).
 *
 * @throws {LinalgError} `SHAPE_MISMATCH` if m differs; as `qr` and `svd`.
 */
export function principalAngles(a: Matrix, b: Matrix): Float64Array {
  requireFinite("principalAngles: a", a);
  requireFinite("principalAngles: b", b);
  requireSameRows("principalAngles", a, b);
  let larger = orthonormalize(a);
  let smaller = orthonormalize(b);
  if (larger.cols < smaller.cols) [larger, smaller] = [smaller, larger];
  const projection = matmul(larger, smaller, { transposeA: true });
  const inside = matmul(larger, projection);
  const outside = matrix(
    smaller.rows,
    smaller.cols,
    smaller.data.map((x, at) => x - inside.data[at]),
  );
  const cosines = svd(projection, { vectors: "none" }).s;
  const sines = svd(outside, { vectors: "none" }).s.reverse();
  return cosines.map((cosine, i) => Math.atan2(sines[i], cosine));
}

/** The polar decomposition A = u·p of A `[m, n]`, by {@link polar}. */
export interface Polar {
  /** `[m, n]`, the nearest matrix to A with orthonormal columns (rows, if m < n). */
  readonly u: Matrix;
  /** `[n, n]`, symmetric positive semidefinite. */
  readonly p: Matrix;
}

/**
 * Polar decomposition A = U·P of A `[m, n]`, by the singular value decomposition. P = (AᵀA)^½ is always unique; U is
 * unique where A has rank min(m, n).
 *
 * @throws {LinalgError} as `svd`.
 */
export function polar(a: Matrix): Polar {
  const { u, s, v } = svd(a);
  const weighted = matrix(
    v.rows,
    v.cols,
    v.data.map((x, at) => x * s[at % v.cols]),
  );
  const p = matmul(weighted, v, { transposeB: true });
  const n = a.cols;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = p.data[i * n + j] / 2 + p.data[j * n + i] / 2;
      p.data[i * n + j] = p.data[j * n + i] = mean;
    }
  }
  return { u: matmul(u, v, { transposeB: true }), p };
}

/**
 * Sample `index` of the Haar (uniform) distribution on matrices `[n, k]` with orthonormal columns, k ≤ n
 * (default n, an orthogonal matrix): the Q of a Gaussian matrix, with the signs that make R's diagonal positive
 * (Mezzadri, "How to generate random matrices from the classical compact groups", Notices AMS 54, 2007).
 *
 * @param seed non-negative safe integer, or bigint below 2^64; the stream is that of `normal`.
 * @param index non-negative safe integer.
 * @throws {LinalgError} `INVALID_ARGUMENT`.
 */
export function orthogonal(seed: number | bigint, index: number, n: number, k: number = n): Matrix {
  requireCount("orthogonal: k", k, n, 0);
  return qr(matrix(n, k, normal(seed, index, n * k))).q;
}
