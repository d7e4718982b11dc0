// Two ways to the principal components of rows that come in batches: from the covariance, where it fits, and from a
// sketch of the leading directions, where it does not.

import { eigh, leadingColumns, type Matrix, matmul, matrix, svd, transpose } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { DEFAULT_MEMORY_BUDGET } from "../jacobian/budget.ts";
import { centred, Moments } from "../statistics/moments.ts";

export interface Estimate {
  readonly count: number;
  readonly mean: Float64Array;
  /** Σ over all coordinates. */
  readonly variance: number;
  readonly vectors: Matrix;
  /** Descending. */
  readonly variances: Float64Array;
}

export interface Estimator {
  readonly isExact: boolean;
  append(x: Matrix): void;
  finish(): Estimate;
}

/** The eigenvectors of the covariance. Rows are taken in blocks of a fixed size, so that splits do not matter. */
export class ByCovariance implements Estimator {
  readonly isExact = true;
  readonly #moments: Moments;
  readonly #blocks: Blocks;

  constructor(dim: number) {
    this.#moments = new Moments(dim);
    this.#blocks = new Blocks(dim, BLOCK_ROWS);
  }

  append(x: Matrix): void {
    for (const block of this.#blocks.append(x)) this.#moments.append(block);
  }

  finish(): Estimate {
    const rest = this.#blocks.rest();
    if (rest.rows > 0) this.#moments.append(rest);
    const { count, meanX, scatter } = this.#moments;
    requireTwo(count);
    const { values, vectors } = eigh(scatter, { sign: "canonical" });
    const variances = values.map((value) => value / (count - 1));
    return { count, mean: meanX, variance: trace(scatter) / (count - 1), vectors, variances };
  }
}

/** Rows in a block where all of the covariance is kept. */
const BLOCK_ROWS = 512;

/**
 * Incremental principal components (Ross, Lim, Lin & Yang, "Incremental Learning for Robust Visual Tracking", IJCV 77,
 * 2008): the leading right singular vectors of all rows so far, updated by a block at a time. What falls below the
 * directions that are kept is lost at each step, hence more than twice as many are kept as asked for.
 */
export class BySketch implements Estimator {
  readonly isExact = false;
  readonly #width: number;
  readonly #blocks: Blocks;
  readonly #mean: Float64Array;
  #count = 0;
  /** Σ‖x − x̄‖², including what the sketch loses. */
  #squares = 0;
  /** diag(s)·Vᵀ of the centred rows so far. */
  #sketch: Matrix;

  constructor(dim: number, components: number) {
    this.#width = Math.min(dim, 2 * components + 10);
    const blockRows = 2 * this.#width;
    const bytes = 8 * dim * 2 * (this.#width + blockRows);
    if (bytes > DEFAULT_MEMORY_BUDGET) {
      throw new VielbeinError(
        "MEMORY_BUDGET",
        `Principal components: ${components} of dimension ${dim} take ${(bytes / 2 ** 30).toFixed(1)} GiB, more than ${DEFAULT_MEMORY_BUDGET / 2 ** 30}. Ask for fewer components, or end at a smaller tensor.`,
      );
    }
    this.#blocks = new Blocks(dim, blockRows);
    this.#mean = new Float64Array(dim);
    this.#sketch = matrix(0, dim);
  }

  append(x: Matrix): void {
    for (const block of this.#blocks.append(x)) this.#update(block);
  }

  finish(): Estimate {
    const rest = this.#blocks.rest();
    if (rest.rows > 0) this.#update(rest);
    const count = this.#count;
    requireTwo(count);
    const { u, s } = svd(transpose(this.#sketch), { sign: "canonical" });
    const variances = s.map((value) => value ** 2 / (count - 1));
    return { count, mean: this.#mean, variance: this.#squares / (count - 1), vectors: u, variances };
  }

  #update(block: Matrix): void {
    const { mean, rows } = centred(block);
    const total = this.#count + rows.rows;
    const delta = mean.map((value, j) => value - this.#mean[j]);
    const weight = (this.#count * rows.rows) / total;
    const stacked = matrix(this.#sketch.rows + rows.rows + 1, rows.cols);
    stacked.data.set(this.#sketch.data);
    stacked.data.set(rows.data, this.#sketch.data.length);
    stacked.data.set(
      delta.map((value) => value * Math.sqrt(weight)),
      this.#sketch.data.length + rows.data.length,
    );
    this.#squares += sumOfSquares(rows.data) + weight * sumOfSquares(delta);
    this.#count = total;
    for (let j = 0; j < mean.length; j++) this.#mean[j] += (rows.rows / total) * delta[j];
    // S = U·diag(s)·Vᵀ, with U from the small side: UᵀS are the scaled right singular vectors.
    const { vectors } = eigh(matmul(stacked, stacked, { transposeB: true }));
    const kept = leadingColumns(vectors, Math.min(this.#width, vectors.cols));
    this.#sketch = matmul(kept, stacked, { transposeA: true });
  }
}

/** Rows collected into blocks of a fixed size. */
class Blocks {
  readonly #buffer: Matrix;
  #filled = 0;

  constructor(dim: number, rows: number) {
    this.#buffer = matrix(rows, dim);
  }

  /** The blocks that X completes. Each is valid until the next is asked for. */
  *append(x: Matrix): Generator<Matrix> {
    const { rows, cols, data } = this.#buffer;
    for (let row = 0; row < x.rows; ) {
      const count = Math.min(rows - this.#filled, x.rows - row);
      data.set(x.data.subarray(row * cols, (row + count) * cols), this.#filled * cols);
      this.#filled += count;
      row += count;
      if (this.#filled < rows) continue;
      this.#filled = 0;
      yield this.#buffer;
    }
  }

  /** The rows that do not fill a block. */
  rest(): Matrix {
    const { cols, data } = this.#buffer;
    const rows = this.#filled;
    this.#filled = 0;
    return matrix(rows, cols, data.subarray(0, rows * cols));
  }
}

function requireTwo(count: number): void {
  if (count >= 2) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Principal components: at least 2 samples are needed, got ${count}. Draw more.`,
  );
}

function trace({ cols, data }: Matrix): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += cols + 1) sum += data[at];
  return sum;
}

function sumOfSquares(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum;
}
