// Locally optimal block preconditioned conjugate gradients, on an orthonormal basis of [X, R, P].
// Knyazev (SIAM J. Sci. Comput. 23, 2001); the orthonormal basis after Hetmaniuk & Lehoucq, "Basis selection in
// LOBPCG" (J. Comput. Phys. 218, 2006).

import { eigh } from "../decompositions/eigh.ts";
import { ConvergenceError, LinalgError } from "../errors.ts";
import { leadingColumns, type Matrix, matrix, requireFinite, transpose } from "../matrix.ts";
import { Basis } from "./basis.ts";
import { product, type RowOperator } from "./operator.ts";
import type { EigshOptions, PartialEigh } from "./partial-eigh.ts";

export async function lobpcg(operator: RowOperator, k: number, options: EigshOptions): Promise<PartialEigh> {
  const { tolerance = 1e-10, iterations: cap = 1000, seed = 0, which = "largest" } = options;
  const n = operator.rows;
  // Vectors beyond the k asked for speed up the last of those.
  const block = Math.min(Math.max(options.blockSize ?? k + Math.max(2, Math.ceil(k / 4)), k), n);
  const basis = new Basis(n, 3 * block, seed);
  try {
    return await iterate(operator, k, basis, { block, tolerance, cap, which }, options);
  } finally {
    basis.release();
  }
}

interface Limits {
  readonly block: number;
  readonly tolerance: number;
  readonly cap: number;
  readonly which: "largest" | "smallest";
}

async function iterate(
  operator: RowOperator,
  k: number,
  basis: Basis,
  { block, tolerance, cap, which }: Limits,
  options: EigshOptions,
): Promise<PartialEigh> {
  const n = operator.rows;
  let x = basis.split(basis.random(block), false).added;
  let ax = await operator.apply(x);
  let previous = matrix(0, n);
  let norm = 0;
  ({ x, ax } = rotated(x, ax, which, block));
  for (let iteration = 0; ; iteration++) {
    options.signal?.throwIfAborted();
    const values = rowDots(x, ax);
    const rest = matrix(
      block,
      n,
      ax.data.map((y, at) => y - values[Math.floor(at / n)] * x.data[at]),
    );
    const residuals = rowDots(rest, rest).slice(0, k).map(Math.sqrt);
    for (const value of values) norm = Math.max(norm, Math.abs(value));
    const converged = residuals.every((r) => r <= tolerance * norm);
    if (converged || iteration === cap) {
      const result: PartialEigh = {
        values: values.slice(0, k),
        vectors: leadingColumns(transpose(x), k),
        residuals,
        iterations: iteration,
        products: operator.products,
      };
      if (converged) return result;
      throw new ConvergenceError(shortfall(residuals, norm, tolerance, cap), result);
    }
    // [X, R, P], orthonormal; directions that add nothing drop out.
    basis.reset(x);
    basis.append(basis.split(await preconditioned(rest, options), false).added);
    basis.append(basis.split(previous, false).added);
    const added = basis.rows(block, basis.count);
    const image = matrix(basis.count, n);
    image.data.set(ax.data);
    image.data.set((await operator.apply(added)).data, ax.data.length);
    const { vectors } = extreme(basis.products(image), which);
    const leading = leadingColumns(vectors, block);
    x = basis.combined(leading);
    ax = product(leading, image, true);
    const beyond = matrix(basis.count - block, block, leading.data.subarray(block * block));
    previous = product(beyond, added, true);
    if (added.rows === 0) {
      throw new LinalgError(
        "NO_CONVERGENCE",
        "eigsh: LOBPCG found no new direction although residuals remain. Check that the operator is symmetric and the preconditioner positive definite.",
      );
    }
  }
}

function shortfall(residuals: Float64Array, norm: number, tolerance: number, cap: number): string {
  const small = residuals.filter((r) => r <= tolerance * norm).length;
  return (
    `eigsh: ${small} of ${residuals.length} residuals fell below ${tolerance} of ` +
    `the largest eigenvalue in ${cap} steps of LOBPCG; the largest is ` +
    `${(Math.max(...residuals) / norm).toPrecision(2)}. Raise iterations or tolerance, or give a better ` +
    "preconditioner; the error has the partial result."
  );
}

async function preconditioned(rest: Matrix, { preconditioner }: EigshOptions): Promise<Matrix> {
  if (!preconditioner) return rest;
  const result = await preconditioner(transpose(rest));
  if (result.rows !== rest.cols || result.cols !== rest.rows) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `eigsh: the preconditioner must return a [${rest.cols}, ${rest.rows}] matrix, got [${result.rows}, ${result.cols}].`,
    );
  }
  requireFinite("eigsh: the result of the preconditioner", result);
  return transpose(result);
}

/** The Ritz vectors in the span of the rows of X. */
function rotated(
  x: Matrix,
  ax: Matrix,
  which: "largest" | "smallest",
  count: number,
): { x: Matrix; ax: Matrix } {
  const leading = leadingColumns(extreme(product(x, ax, false, true), which).vectors, count);
  return { x: product(leading, x, true), ax: product(leading, ax, true) };
}

/** Eigenpairs of the symmetric part of H, from the end that was asked for. */
function extreme(h: Matrix, which: "largest" | "smallest"): { values: Float64Array; vectors: Matrix } {
  const n = h.rows;
  const sign = which === "largest" ? 0.5 : -0.5;
  const symmetric = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) symmetric.data[i * n + j] = sign * (h.data[i * n + j] + h.data[j * n + i]);
  }
  return eigh(symmetric);
}

/** Dot products of the rows of X with those of Y. */
function rowDots(x: Matrix, y: Matrix): Float64Array {
  const { rows, cols } = x;
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let at = i * cols; at < (i + 1) * cols; at++) sum += x.data[at] * y.data[at];
    return sum;
  });
}
