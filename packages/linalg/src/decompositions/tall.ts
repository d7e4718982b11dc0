// Tall matrices that come in chunks of rows: their R factor and singular values, in the memory of one chunk.

import { routinesFor } from "../backend/backend.ts";
import { LinalgError } from "../errors.ts";
import { leadingColumns, type Matrix, matrix, requireFinite, requireOption, requireSize } from "../matrix.ts";
import { requireKind } from "../requirements.ts";
import { eigh } from "./eigh.ts";
import { makeDiagonalNonNegative } from "./qr.ts";
import { moderated, scaleByPowerOfTwo } from "./scaling.ts";
import { orient } from "./signs.ts";
import { svd } from "./svd.ts";

/** Chunks of rows `[·, n]` in any number and of any sizes, with the same n. */
export type Chunks = Iterable<Matrix> | AsyncIterable<Matrix>;

/** R of a tall matrix that was given in chunks of rows; Q is not formed. */
export interface TallQr {
  /** `[n, n]`, upper triangular with a non-negative diagonal: AᵀA = RᵀR. */
  readonly r: Matrix;
  /** Number of rows of A. */
  readonly rows: number;
}

/** Singular values and right vectors of a tall matrix that was given in chunks of rows. */
export interface TallSvd {
  /** The min(rows, n) singular values, descending. */
  readonly s: Float64Array;
  /** Right singular vectors as columns, `[n, min(rows, n)]`. Left ones are A·v / s, chunk by chunk. */
  readonly v: Matrix;
  /** Number of rows of A. */
  readonly rows: number;
}

/** How {@link tallSvd} reduces the chunks. */
export interface TallSvdOptions {
  /**
   * `"tsqr"` reduces every chunk to R by Householder reflections, as accurate as the SVD of the whole. `"gram"` sums
   * AᵀA, in a third of the time, but loses all digits of values below 1e-8 of the largest, so it refuses matrices where
   * some lie below 1e-6. Default `"tsqr"`.
   */
  readonly method?: "tsqr" | "gram" | undefined;
  /** `"canonical"` makes the first largest entry of every column of v positive. Default `"any"`. */
  readonly sign?: "canonical" | "any" | undefined;
}

/** Ratio of singular values below which the Gram matrix has lost more than float32 data have. */
const GRAM_RATIO = 1e-6;

/**
 * The R factor of a tall matrix, chunk by chunk: for callers who produce rows in a loop of their own. See Demmel,
 * Grigori, Hoemmen & Langou, "Communication-optimal parallel and sequential QR and LU factorizations" (SIAM J. Sci.
 * Comput. 34, 2012).
 */
export class StreamingQr {
  readonly #r: Matrix;
  #rows = 0;

  /** @param cols n, the number of columns. */
  constructor(cols: number) {
    requireSize("StreamingQr: cols", cols);
    this.#r = matrix(cols, cols);
  }

  /**
   * Appends rows `[·, n]`.
   *
   * @throws {LinalgError} `SHAPE_MISMATCH`, `NOT_FINITE` or `MEMORY_BUDGET`.
   */
  append(chunk: Matrix): void {
    const n = this.#r.cols;
    requireChunk(chunk, n);
    if (chunk.rows > 0 && n > 0) routinesFor(chunk.rows * n * n).appendRows(this.#r, chunk);
    this.#rows += chunk.rows;
  }

  /** R and the number of rows so far. */
  result(): TallQr {
    const n = this.#r.cols;
    const r = matrix(n, n, this.#r.data.slice());
    makeDiagonalNonNegative(r);
    return { r, rows: this.#rows };
  }
}

/**
 * R `[n, n]` of the QR factorisation of the matrix whose rows are those of all chunks in order. Chunks of 256 rows
 * or more are best; the memory needed is that of one chunk and R.
 *
 * @throws {LinalgError} `SHAPE_MISMATCH`; `NOT_FINITE`; `INVALID_ARGUMENT` (no chunk); `MEMORY_BUDGET`.
 */
export async function tallSkinnyQR(chunks: Chunks): Promise<TallQr> {
  requireKind("tallSkinnyQR: chunks", "chunks", chunks);
  let stream: StreamingQr | undefined;
  for await (const chunk of chunks) {
    stream ??= new StreamingQr(chunk.cols);
    stream.append(chunk);
  }
  if (!stream) throw noChunk("tallSkinnyQR");
  return stream.result();
}

/**
 * Singular values and right singular vectors of the matrix whose rows are those of all chunks in order.
 *
 * @throws {LinalgError} as `tallSkinnyQR`; `NUMERICAL_FAILURE` where method "gram" would lose small values.
 */
export async function tallSvd(chunks: Chunks, options: TallSvdOptions = {}): Promise<TallSvd> {
  requireKind("tallSvd: chunks", "chunks", chunks);
  const { method = "tsqr", sign = "any" } = options;
  requireOption("tallSvd: method", method, ["tsqr", "gram"]);
  requireOption("tallSvd: sign", sign, ["canonical", "any"]);
  const { s, v, rows } = await (method === "tsqr" ? byR(chunks) : byGram(chunks));
  if (sign === "canonical") orient(v);
  return { s, v, rows };
}

async function byR(chunks: Chunks): Promise<TallSvd> {
  const { r, rows } = await tallSkinnyQR(chunks);
  // Of fewer rows than columns R may have zeros on its diagonal, and what it holds lies in any of its rows.
  const { s, v } = svd(r);
  const count = Math.min(rows, r.cols);
  return { s: s.slice(0, count), v: leadingColumns(v, count), rows };
}

async function byGram(chunks: Chunks): Promise<TallSvd> {
  let sum: Matrix | undefined;
  let unit: number | undefined;
  let rows = 0;
  for await (const chunk of chunks) {
    sum ??= matrix(chunk.cols, chunk.cols);
    const largest = requireChunk(chunk, sum.cols);
    // The first chunk that is not zero sets the unit, so that squares stay within float64.
    if (largest > 0) unit ??= moderated(chunk, largest).exponent;
    const { rows: height, cols } = chunk;
    const data = chunk.data.slice();
    scaleByPowerOfTwo(data, unit ?? 0);
    const part = routinesFor(height * cols ** 2).gram({ rows: height, cols, data });
    for (let i = 0; i < part.data.length; i++) sum.data[i] += part.data[i];
    rows += chunk.rows;
  }
  if (!sum) throw noChunk("tallSvd");
  const { values, vectors } = eigh(sum);
  const smallest = values.at(-1) ?? 0;
  if (rows < sum.cols || !(smallest >= GRAM_RATIO ** 2 * (values[0] ?? 0))) {
    throw new LinalgError(
      "NUMERICAL_FAILURE",
      `tallSvd: method "gram" needs singular values within ${GRAM_RATIO} of the largest, but the smallest of ` +
        `${sum.cols} (from ${rows} rows) lies below. Use method "tsqr".`,
    );
  }
  const s = values.map(Math.sqrt);
  scaleByPowerOfTwo(s, -(unit ?? 0));
  return { s, v: vectors, rows };
}

/** Returns the largest magnitude. */
function requireChunk(chunk: Matrix, cols: number): number {
  if (chunk.cols !== cols) {
    throw new LinalgError(
      "SHAPE_MISMATCH",
      `tall matrices: every chunk must have the ${cols} columns of the first, got ${chunk.cols}.`,
    );
  }
  return requireFinite("tall matrices: chunk", chunk);
}

function noChunk(what: string): LinalgError {
  return new LinalgError(
    "INVALID_ARGUMENT",
    `${what}: there must be at least one chunk, which may have no rows.`,
  );
}
