// Thick-restarted block Lanczos for symmetric operators, with full reorthogonalisation.
// Wu & Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems" (SIAM J. Matrix Anal. Appl. 22,
// 2000), for blocks.

import { eigh } from "../decompositions/eigh.ts";
import { ConvergenceError } from "../errors.ts";
import { leadingColumns, type Matrix, matrix, rowAt, transpose } from "../matrix.ts";
import { Basis, type Split } from "./basis.ts";
import { agree, type KrylovLimits, residualsOf } from "./block-krylov.ts";
import type { RowOperator } from "./operator.ts";
import type { EigshOptions, PartialEigh } from "./partial-eigh.ts";

/** Blocks between two looks at the residuals. */
const BLOCKS_PER_LOOK = 4;

export async function symmetricLanczos(
  operator: RowOperator,
  k: number,
  options: EigshOptions,
): Promise<PartialEigh> {
  const { tolerance = 1e-10, iterations: cap = 300, seed = 0, which = "largest" } = options;
  const n = operator.rows;
  const block = Math.min(options.blockSize ?? 2, n);
  const maxBasis = Math.max(options.maxBasis ?? Math.max(2 * k + 20 * block, 60), k + 3 * block);
  const basis = new Basis(n, maxBasis + block, seed);
  try {
    const limits = { block, maxBasis, tolerance, cap, which, signal: options.signal };
    return await iterate(operator, k, basis, limits);
  } finally {
    basis.release();
  }
}

interface Limits extends KrylovLimits {
  readonly which: "largest" | "smallest";
}

async function iterate(operator: RowOperator, k: number, basis: Basis, limits: Limits): Promise<PartialEigh> {
  const { tolerance, cap, which } = limits;
  const projection = new Projection(operator, k, basis, limits);
  let wasSmall = false;
  for (let iteration = 1; ; ) {
    const rest = await projection.grow();
    const { values, vectors } = ritz(projection.t, which);
    const residuals = residualsOf(vectors, rest, k);
    const norm = Math.max(Math.abs(values[0]), Math.abs(values.at(-1)!));
    const isSmall = residuals.every((r) => r <= tolerance * norm);
    const { isFull, isClosed } = projection;
    // In a small basis one of the vectors asked for may yet be missing: two looks in a row must agree.
    const converged = isSmall && (wasSmall || isFull);
    wasSmall = isSmall;
    if (converged || isClosed || (isFull && iteration === cap)) {
      const result: PartialEigh = {
        values: values.slice(0, k),
        vectors: transpose(basis.combined(leadingColumns(vectors, k))),
        residuals,
        iterations: iteration,
        products: operator.products,
      };
      if (converged || isClosed) return result;
      throw new ConvergenceError(shortfall(residuals, norm, limits), result);
    }
    if (!isFull) continue;
    iteration++;
    projection.restart(values, vectors);
  }
}

/** T = V·A·Vᵀ, with the basis vectors as rows of V, as the basis grows. */
class Projection {
  readonly #operator: RowOperator;
  readonly #k: number;
  readonly #basis: Basis;
  readonly #limits: Limits;
  #t: Matrix = matrix(0, 0);
  /** The block that comes into the basis next; none where the basis spans all that there is to find. */
  #next: Matrix;
  #scale = 0;
  /** Ritz values where the basis last spanned an invariant subspace. */
  #closed: Float64Array | undefined;

  constructor(operator: RowOperator, k: number, basis: Basis, limits: Limits) {
    this.#operator = operator;
    this.#k = k;
    this.#basis = basis;
    this.#limits = limits;
    this.#next = this.#randomBlock();
  }

  get t(): Matrix {
    return this.#t;
  }

  get isClosed(): boolean {
    return this.#next.rows === 0;
  }

  get isFull(): boolean {
    return this.#basis.count + this.#next.rows > this.#limits.maxBasis;
  }

  /**
   * Takes in the blocks up to the next look at the residuals, and returns what A times the last leaves outside of the
   * basis.
   */
  async grow(): Promise<Split> {
    const { block, signal } = this.#limits;
    const due = Math.max(this.#k, this.#basis.count + BLOCKS_PER_LOOK * block);
    let rest: Split;
    do {
      signal?.throwIfAborted();
      const old = this.#basis.count;
      this.#basis.append(this.#next);
      rest = this.#basis.split(await this.#operator.apply(this.#next), false, this.#scale);
      this.#t = bordered(this.#t, rest.onto, old);
      for (const entry of this.#t.data) this.#scale = Math.max(this.#scale, Math.abs(entry));
      this.#next = rest.added.rows > 0 || this.#isComplete() ? rest.added : this.#randomBlock();
    } while (!this.isClosed && this.#basis.count < due && !this.isFull);
    return rest;
  }

  /**
   * Whether an invariant subspace has what was asked for: if another random block, which A does not couple to it,
   * changed nothing.
   */
  #isComplete(): boolean {
    const { tolerance, which } = this.#limits;
    const { values } = ritz(this.#t, which);
    const known = this.#closed;
    this.#closed = values;
    return known !== undefined && agree(known, values, this.#k, tolerance);
  }

  #randomBlock(): Matrix {
    return this.#basis.split(this.#basis.random(this.#limits.block), false).added;
  }

  /** Goes on from the leading Ritz vectors alone. */
  restart(values: Float64Array, vectors: Matrix): void {
    const basis = this.#basis;
    // Half of the vectors that were not asked for stay too: they would be expensive to find again.
    const kept = Math.min(this.#k + Math.floor((this.#limits.maxBasis - this.#k) / 2), basis.count - 1);
    basis.reset(basis.combined(leadingColumns(vectors, kept)));
    this.#t = matrix(kept, kept);
    for (let i = 0; i < kept; i++) this.#t.data[i * kept + i] = values[i];
  }
}

function shortfall(
  residuals: Float64Array,
  norm: number,
  { tolerance, cap, maxBasis }: Pick<Limits, "tolerance" | "cap" | "maxBasis">,
): string {
  const small = residuals.filter((r) => r <= tolerance * norm).length;
  return (
    `eigsh: ${small} of ${residuals.length} residuals fell below ${tolerance} of ` +
    `the largest eigenvalue in ${cap} restarts of a basis of ${maxBasis}; the largest is ` +
    `${(Math.max(...residuals) / norm).toPrecision(2)}. Raise iterations, maxBasis or tolerance, or use a ` +
    "preconditioner; the error has the partial result."
  );
}

/** T with the rows and columns `onto` `[b, old + b]` of the new vectors. */
function bordered(t: Matrix, onto: Matrix, old: number): Matrix {
  const size = onto.cols;
  const result = matrix(size, size);
  for (let i = 0; i < old; i++) result.data.set(rowAt(t.data, i, old), i * size);
  for (let i = old; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const entry = onto.data[(i - old) * size + j];
      // The new square corner is symmetric only up to rounding: its lower triangle counts.
      if (j <= i) result.data[i * size + j] = result.data[j * size + i] = entry;
    }
  }
  return result;
}

/** Eigenpairs of T, from the end that was asked for. */
function ritz(t: Matrix, which: "largest" | "smallest"): { values: Float64Array; vectors: Matrix } {
  const { values, vectors } = eigh(t);
  if (which === "largest") return { values, vectors };
  const n = t.rows;
  values.reverse();
  for (let i = 0; i < n; i++) rowAt(vectors.data, i, n).reverse();
  return { values, vectors };
}
