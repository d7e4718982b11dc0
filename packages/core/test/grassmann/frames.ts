// Subspaces with known principal angles, for the tests of this folder.

import { type Matrix, matmul, matrix, normal, orthogonal } from "@vielbein/linalg";

/** Frame `[n, k]`, uniformly distributed. */
export function frame(n: number, k: number, seed: number): Matrix {
  return orthogonal(seed, 0, n, k);
}

/** Two frames `[n, k]`, n ≥ 2k, with the given principal angles between them, in some basis of each. */
export function pairWithAngles(angles: readonly number[], n: number, seed: number): [Matrix, Matrix] {
  const k = angles.length;
  const axes = frame(n, 2 * k, seed);
  const at = (i: number, j: number) => axes.data[i * 2 * k + j]!;
  const first = build(n, k, at);
  const second = build(n, k, (i, j) => Math.cos(angles[j]!) * at(i, j) + Math.sin(angles[j]!) * at(i, k + j));
  return [first, matmul(second, frame(k, k, seed + 1))];
}

/** Tangent at `y`: Gaussian, made orthogonal to it, of the given Frobenius norm. */
export function tangentAt(y: Matrix, norm: number, seed: number): Matrix {
  const raw = matrix(y.rows, y.cols, normal(seed, 0, y.rows * y.cols));
  const inside = matmul(y, matmul(y, raw, { transposeA: true }));
  const horizontal = raw.data.map((x, i) => x - inside.data[i]!);
  const length = Math.hypot(...horizontal);
  return matrix(
    y.rows,
    y.cols,
    horizontal.map((x) => (x * norm) / length),
  );
}

export function build(n: number, k: number, entry: (i: number, j: number) => number): Matrix {
  return matrix(
    n,
    k,
    Float64Array.from({ length: n * k }, (_, at) => entry(Math.floor(at / k), at % k)),
  );
}

export function leading(a: Matrix, k: number): Matrix {
  return build(a.rows, k, (i, j) => a.data[i * a.cols + j]!);
}

export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths ${a.length} and ${b.length} differ`);
  return Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

export function innerProduct(a: Matrix, b: Matrix): number {
  return a.data.reduce((sum, x, i) => sum + x * b.data[i]!, 0);
}
