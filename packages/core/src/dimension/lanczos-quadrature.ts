// Lanczos quadrature: what a symmetric, positive semidefinite operator G says of its spectrum through a vector x. The
// spectral measure that x weighs, with mass (x·vᵢ)² at λᵢ, is integrated by a rule whose nodes and weights are the
// eigenvalues of the tridiagonal matrix of a few Lanczos steps and the squared first entries of its eigenvectors (Golub
// & Welsch, Math. Comp. 23, 1969).

import { eigh, type Matrix, matrix, rowAt } from "@vielbein/linalg";
import { unitBeyond } from "../jacobian/long-vectors.ts";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";

/** The tridiagonal matrices of several vectors, a row for each. */
export interface Tridiagonals {
  /** αⱼ, `[vectors, steps]`. */
  readonly diagonal: Matrix;
  /**
   * βⱼ beside it, `[vectors, steps]`, the last of which leads out of the steps taken; 0 from where the vector has
   * nothing more to say.
   */
  readonly offDiagonal: Matrix;
}

/** Integrates by Σ weightᵢ·f(nodeᵢ). */
export interface QuadratureRule {
  /** Descending. */
  readonly nodes: Float64Array;
  /** Their sum is 1. */
  readonly weights: Float64Array;
}

/**
 * Lanczos steps from each of the vectors `[count, dim]` within the space orthogonal to `locked`, with full
 * reorthogonalisation.
 *
 * @param apply G on `count` vectors.
 */
export async function tridiagonalize(
  vectors: readonly Float64Array[],
  apply: (vectors: FloatArray, count: number) => Promise<FloatArray>,
  locked: readonly Float64Array[],
  steps: number,
): Promise<Tridiagonals> {
  const [count, dim] = [vectors.length, vectors[0].length];
  const [diagonal, offDiagonal] = [matrix(count, steps), matrix(count, steps)];
  let active = vectors.map((vector, row) => ({ row, basis: [...locked], next: unitBeyond(vector, locked) }));
  for (let step = 0; step < steps; step++) {
    active = active.filter(({ next }) => next !== undefined);
    if (active.length === 0) break;
    const block = new Float64Array(active.length * dim);
    active.forEach(({ next }, i) => {
      block.set(next!, i * dim);
    });
    const images = await apply(block, active.length);
    active.forEach((chain, i) => {
      const image = rowAt(images, i, dim);
      const at = chain.row * steps + step;
      const newest = rowAt(block, i, dim);
      chain.basis.push(newest);
      diagonal.data[at] = dot(newest, image);
      chain.next = unitBeyond(Float64Array.from(image), chain.basis);
      offDiagonal.data[at] = chain.next ? dot(chain.next, image) : 0;
    });
  }
  return { diagonal, offDiagonal };
}

/** The rule of Gauss with vector `row`: exact for polynomials of degree 2·steps − 1. */
export function gaussRule(coefficients: Tridiagonals, row: number): QuadratureRule {
  const { diagonal, offDiagonal } = chainOf(coefficients, row);
  return ruleOf(diagonal, offDiagonal.subarray(0, -1));
}

/**
 * The rule of Gauss and Radau with a node at 0, the least eigenvalue there can be. For f whose odd derivatives are
 * negative from the third on, its integral is an upper bound as that of {@link gaussRule} is a lower one.
 */
export function radauRule(coefficients: Tridiagonals, row: number): QuadratureRule {
  const { diagonal, offDiagonal } = chainOf(coefficients, row);
  const gauss = spectrumOf(diagonal, offDiagonal.subarray(0, -1));
  const [size, leading] = [diagonal.length, offDiagonal[diagonal.length - 1]];
  if (!(gauss.values[size - 1] > 0)) return gaussRule(coefficients, row);
  // The entry that makes the extended matrix singular: β²·(T⁻¹)_ss.
  let last = 0;
  for (let i = 0; i < size; i++) {
    last += (leading * gauss.vectors.data[(size - 1) * size + i]) ** 2 / gauss.values[i];
  }
  return ruleOf(Float64Array.of(...diagonal, last), offDiagonal);
}

/** The steps of a row that were taken. */
function chainOf(
  { diagonal, offDiagonal }: Tridiagonals,
  row: number,
): { readonly diagonal: Float64Array; readonly offDiagonal: Float64Array } {
  const beside = rowAt(offDiagonal.data, row, offDiagonal.cols);
  const end = beside.indexOf(0) + 1 || beside.length;
  return {
    diagonal: rowAt(diagonal.data, row, diagonal.cols).subarray(0, end),
    offDiagonal: beside.subarray(0, end),
  };
}

function ruleOf(diagonal: Float64Array, beside: Float64Array): QuadratureRule {
  const { values, vectors } = spectrumOf(diagonal, beside);
  return { nodes: values, weights: rowAt(vectors.data, 0, vectors.cols).map((x) => x * x) };
}

function spectrumOf(diagonal: Float64Array, beside: Float64Array): { values: Float64Array; vectors: Matrix } {
  const size = diagonal.length;
  const t = matrix(size, size);
  for (let i = 0; i < size; i++) {
    t.data[i * (size + 1)] = diagonal[i];
    if (i + 1 < size) t.data[i * size + i + 1] = t.data[(i + 1) * size + i] = beside[i];
  }
  return eigh(t);
}
