// Exponential and logarithm of rotations, and their Karcher mean, by symmetric eigenproblems alone: a rotation is
// normal, so its symmetric part has the cosines of its angles, and functions of the angles are functions of that part.

import { eigh, type Matrix, matmul, matrix, polar } from "@vielbein/linalg";
import { frobenius, scaledColumns } from "./frames.ts";

/** Logarithm of a rotation `[k, k]`, skew-symmetric: g(S)·A with Q = S + A, g(cosθ) = θ/sinθ; angles below π. */
export function rotationLog(q: Matrix): Matrix {
  const [even, odd] = parts(q);
  return matmul(functionOf(even, angleOverSine), odd);
}

/** Exponential of a skew-symmetric matrix: cos√M + sinc√M·Ω with M = −Ω², orthogonal to rounding. */
export function rotationExp(skew: Matrix): Matrix {
  // ΩᵀΩ = −Ω².
  const squares = matmul(skew, skew, { transposeA: true });
  const root = (x: number) => Math.sqrt(Math.max(0, x));
  const even = functionOf(squares, (x) => Math.cos(root(x)));
  const sinc = functionOf(squares, (x) => (x < 1e-8 ? 1 - x / 6 : Math.sin(root(x)) / root(x)));
  const odd = matmul(sinc, skew);
  return polar(
    matrix(
      skew.rows,
      skew.cols,
      even.data.map((x, at) => x + odd.data[at]),
    ),
  ).u;
}

export interface RotationMean {
  readonly mean: Matrix;
  readonly converged: boolean;
  readonly iterations: number;
  /** ‖mean log(RᵀRⱼ)‖_F at the end, radians. */
  readonly residual: number;
}

/** Karcher mean of orthogonal matrices `[k, k]`, all within π/2 of `start`: R ← R·exp(mean log(RᵀRⱼ)). */
export function rotationMean(
  rotations: readonly Matrix[],
  start: Matrix,
  tolerance: number,
  cap: number,
): RotationMean {
  let mean = start;
  for (let iterations = 0; ; iterations++) {
    const step = matrix(mean.rows, mean.cols);
    for (const rotation of rotations) {
      const log = rotationLog(matmul(mean, rotation, { transposeA: true }));
      for (let at = 0; at < step.data.length; at++) step.data[at] += log.data[at] / rotations.length;
    }
    const residual = frobenius(step);
    if (residual <= tolerance || iterations === cap) {
      return { mean, converged: residual <= tolerance, iterations, residual };
    }
    mean = matmul(mean, rotationExp(step));
  }
}

/** Symmetric and skew-symmetric part. */
function parts({ rows, data }: Matrix): [Matrix, Matrix] {
  const [even, odd] = [matrix(rows, rows), matrix(rows, rows)];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      const [here, across] = [data[i * rows + j], data[j * rows + i]];
      even.data[i * rows + j] = (here + across) / 2;
      odd.data[i * rows + j] = (here - across) / 2;
    }
  }
  return [even, odd];
}

/** f(M) for symmetric M. */
function functionOf(m: Matrix, f: (eigenvalue: number) => number): Matrix {
  const { values, vectors } = eigh(m);
  return matmul(scaledColumns(vectors, values.map(f)), vectors, { transposeB: true });
}

function angleOverSine(cosine: number): number {
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  return angle < 1e-4 ? 1 + (angle * angle) / 6 : angle / Math.sin(angle);
}
