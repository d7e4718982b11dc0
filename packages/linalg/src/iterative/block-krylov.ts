// Largest singular values by thick-restarted block Golub–Kahan–Lanczos bidiagonalisation with full
// reorthogonalisation: the Rayleigh–Ritz approximation from the block Krylov space of AᵀA and a random block.
// Musco & Musco, "Randomized block Krylov methods for stronger and faster approximate singular value
// decomposition" (NIPS 2015); Baglama & Reichel, "Augmented implicitly restarted Lanczos bidiagonalization
// methods" (SIAM J. Sci. Comput. 27, 2005), restart by §2.

import { svd } from "../decompositions/svd.ts";
import { ConvergenceError } from "../errors.ts";
import { leadingColumns, type Matrix, matrix, rowAt, transpose } from "../matrix.ts";
import { Basis, type Split } from "./basis.ts";
import { product, type RowOperator } from "./operator.ts";
import type { PartialSvd, SvdsOptions } from "./partial-svd.ts";

/** Blocks between the first looks at the residuals. */
const FIRST_STEPS = 2;
/** Between later ones at most, as a share of the blocks so far. */
const LONGEST_STEP = 1 / 3;
/** Convergence gains speed: the tolerance is met sooner than the trend says. */
const SOONER = 3 / 4;

export async function blockKrylov(
  operator: RowOperator,
  k: number,
  options: SvdsOptions,
): Promise<PartialSvd> {
  const { tolerance = 1e-8, iterations: cap = 300, seed = 0 } = options;
  const { rows: m, cols: n } = operator;
  const block = Math.min(options.blockSize ?? 8, m, n);
  const maxBasis = Math.max(options.maxBasis ?? Math.ceil(1.5 * k) + 12 * block, k + 2 * block);
  const left = new Basis(m, maxBasis, seed);
  const right = new Basis(n, maxBasis, seed);
  try {
    const limits = { block, maxBasis, tolerance, cap, signal: options.signal };
    return await iterate(operator, k, left, right, limits);
  } finally {
    left.release();
    right.release();
  }
}

/** How far a search by blocks goes. */
export interface KrylovLimits {
  /** Vectors of a block. */
  readonly block: number;
  /** Vectors that the basis has at most. */
  readonly maxBasis: number;
  readonly tolerance: number;
  /** Iterations, after which it gives up. */
  readonly cap: number;
  readonly signal: AbortSignal | undefined;
}

async function iterate(
  operator: RowOperator,
  k: number,
  left: Basis,
  right: Basis,
  { block, maxBasis, tolerance, cap, signal }: KrylovLimits,
): Promise<PartialSvd> {
  // B = U·A·Vᵀ, with the vectors of both bases as rows: A·Vᵀ = Uᵀ·B holds at every step.
  let b = matrix(0, 0);
  let next = right.split(right.random(block), true).added;
  let closed: Float64Array | undefined;
  const looks = new Looks(tolerance);
  for (let iteration = 1; ; iteration++) {
    signal?.throwIfAborted();
    right.append(next);
    const grown = left.split(await operator.apply(next), true, norm(b));
    left.append(grown.added);
    b = bordered(b, grown);
    // The rest of Aᵀ·U beyond the right basis: all of it comes from the newest block of U.
    const newest = left.rows(left.count - grown.added.rows, left.count);
    const rest = right.split(await operator.applyTranspose(newest), false, norm(b));
    next = rest.added;
    const full = right.count + next.rows > maxBasis;
    if ((b.cols < k || iteration < looks.next) && !full && next.rows > 0 && iteration < cap) continue;
    const { u: x, s, v: y } = svd(b);
    const found = Math.min(k, s.length);
    const residuals = residualsOf(x, rest, found);
    looks.plan(iteration, Math.max(...residuals) / s[0]);
    const converged = found === k && residuals.every((r) => r <= tolerance * (s[0] ?? 0));
    const exhausted = next.rows === 0;
    if (converged || exhausted || iteration === cap) {
      if (exhausted && iteration < cap) {
        // The Krylov space closed: A has low rank, or singular values of higher multiplicity than the block. It is
        // complete when another random block adds nothing to it.
        const complete = closed !== undefined && agree(closed, s, k, tolerance);
        closed = s;
        if (!complete) next = right.split(right.random(block), false).added;
        if (next.rows > 0) continue;
      }
      const result: PartialSvd = {
        u: transpose(left.combined(leadingColumns(x, found))),
        s: s.slice(0, found),
        v: transpose(right.combined(leadingColumns(y, found))),
        residuals,
        iterations: iteration,
        products: operator.products,
      };
      if (converged || exhausted) return result;
      throw new ConvergenceError(shortfall(residuals, s[0], k, { tolerance, cap, block }), result);
    }
    if (full) {
      // Keep some vectors more than asked for: they would be expensive to find again.
      const kept = Math.min(k + block, s.length);
      left.reset(left.combined(leadingColumns(x, kept)));
      right.reset(right.combined(leadingColumns(y, kept)));
      b = matrix(kept, kept);
      for (let i = 0; i < kept; i++) b.data[i * kept + i] = s[i];
    }
  }
}

/** When to look at the residuals: each look decomposes B, which takes as long as some blocks of products. */
class Looks {
  /** The iteration of the next look. */
  next: number = FIRST_STEPS;
  readonly #tolerance: number;
  #last: { readonly iteration: number; readonly residual: number } | undefined;

  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  /** @param residual the largest, as a fraction of the largest singular value. */
  plan(iteration: number, residual: number): void {
    this.next = iteration + this.#step(iteration, residual);
    this.#last = { iteration, residual };
  }

  #step(iteration: number, residual: number): number {
    if (!this.#last) return FIRST_STEPS;
    const fall = Math.log(this.#last.residual / residual) / (iteration - this.#last.iteration);
    const longest = Math.max(FIRST_STEPS, Math.floor(LONGEST_STEP * iteration));
    if (!(fall > 0)) return longest;
    const step = Math.ceil((SOONER * Math.log(residual / this.#tolerance)) / fall);
    return Math.max(1, Math.min(longest, step));
  }
}

function shortfall(
  residuals: Float64Array,
  largest: number,
  k: number,
  { tolerance, cap, block }: Pick<KrylovLimits, "tolerance" | "cap" | "block">,
): string {
  const small = residuals.filter((r) => r <= tolerance * largest).length;
  return (
    `svds: ${small} of ${k} residuals fell below ${tolerance} of the largest ` +
    `singular value in ${cap} blocks of ${block}; the largest is ${(Math.max(...residuals) / largest).toPrecision(2)}. ` +
    "Raise iterations, blockSize or tolerance; the error has the partial result."
  );
}

/** B with the columns ontoᵀ, alongᵀ of the new right vectors, and rows for the new left ones. */
function bordered(b: Matrix, { onto, along, added }: Split): Matrix {
  const rows = b.rows + added.rows;
  const cols = b.cols + onto.rows;
  const result = matrix(rows, cols);
  for (let i = 0; i < b.rows; i++) {
    result.data.set(rowAt(b.data, i, b.cols), i * cols);
  }
  for (let j = 0; j < onto.rows; j++) {
    for (let i = 0; i < b.rows; i++) result.data[i * cols + b.cols + j] = onto.data[j * onto.cols + i];
    for (let i = 0; i < added.rows; i++) {
      result.data[(b.rows + i) * cols + b.cols + j] = along.data[j * along.cols + i];
    }
  }
  return result;
}

/**
 * Norms of what the newest block leaves outside of the basis, for the first `count` Ritz vectors: of svds Aᵀ·u − s·v,
 * where A·v − s·u is 0.
 */
export function residualsOf(x: Matrix, { along }: Split, count: number): Float64Array {
  const residuals = new Float64Array(count);
  if (along.cols === 0) return residuals;
  const newest = along.rows;
  const tail = matrix(newest, x.cols, x.data.subarray((x.rows - newest) * x.cols));
  const coupling = product(transpose(along), tail);
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let j = 0; j < coupling.rows; j++) square += coupling.data[j * coupling.cols + i] ** 2;
    residuals[i] = Math.sqrt(square);
  }
  return residuals;
}

/** Whether the first k values are there, and the same. */
export function agree(a: Float64Array, b: Float64Array, k: number, tolerance: number): boolean {
  if (a.length < k || b.length < k) return false;
  const slack = Math.max(tolerance, 1e-12) * Math.max(Math.abs(b[0]), Math.abs(b.at(-1)!));
  for (let i = 0; i < k; i++) if (Math.abs(a[i] - b[i]) > slack) return false;
  return true;
}

/** A lower bound of ‖A‖: the largest entry of B. */
function norm(b: Matrix): number {
  let largest = 0;
  for (let i = 0; i < b.data.length; i++) largest = Math.max(largest, Math.abs(b.data[i]));
  return largest;
}
