// An orthonormal basis that grows block by block, with its vectors as rows. New blocks are orthogonalised against
// all of it, twice (Giraud, Langou, Rozložník & van den Eshof, "Rounding error analysis of the classical
// Gram–Schmidt orthogonalization process", 2005: twice is enough).

import { routinesFor } from "../backend/backend.ts";
import type { RowStore } from "../backend/routines.ts";
import { type Matrix, matrix, rowAt, transpose } from "../matrix.ts";
import { normal } from "../random/random.ts";

/** W = onto·basis + along·added. */
export interface Split {
  /** `[b, rows of the basis before]` */
  readonly onto: Matrix;
  /** `[b, added rows]` */
  readonly along: Matrix;
  /** `[b', length]` with b' ≤ b, rows orthonormal, and orthogonal to the basis. */
  readonly added: Matrix;
}

export class Basis {
  readonly length: number;
  readonly #store: RowStore;
  readonly #seed: number | bigint;
  #drawn = 0;

  /** An empty basis of vectors of `length`, with room for `capacity` of them at first. To be released. */
  constructor(length: number, capacity: number, seed: number | bigint) {
    this.length = length;
    const room = Math.min(capacity, length);
    this.#store = routinesFor(length * room * room).rowStore(length, room);
    this.#seed = seed;
  }

  get count(): number {
    return this.#store.count;
  }

  /** The vectors `first` to `end` − 1 as rows. */
  rows(first: number, end: number): Matrix {
    return this.#store.read(first, end);
  }

  /** Cᵀ·V `[k, length]` of C `[count, k]`: combinations of the vectors. */
  combined(coefficients: Matrix): Matrix {
    return this.#store.combine(coefficients, true);
  }

  /** X·Vᵀ `[b, count]` of X `[b, length]`: products with the vectors. */
  products(x: Matrix): Matrix {
    return this.#store.project(x);
  }

  /** Appends the orthonormal rows of `block`. */
  append(block: Matrix): void {
    this.#store.append(block);
  }

  /** Replaces the basis by `vectors`, whose rows are orthonormal. */
  reset(vectors: Matrix): void {
    this.#store.clear();
    this.#store.append(vectors);
  }

  release(): void {
    this.#store.release();
  }

  /** `[rows, length]` of independent standard normal numbers, other ones at every call. */
  random(rows: number): Matrix {
    return matrix(rows, this.length, normal(this.#seed, this.#drawn++, rows * this.length));
  }

  /**
   * Splits W `[b, length]` into its part in the basis and the rest. Rows of the rest that vanish (to rounding,
   * beside `scale` or the largest row of W) are replaced by random ones with `fill`, else dropped; either way there
   * are never more than the space has room for. The basis itself stays as it is.
   */
  split(w: Matrix, fill: boolean, scale = 0): Split {
    const rest = matrix(w.rows, w.cols, w.data.slice());
    const size = Math.max(scale, largestRow(w));
    const onto = this.#store.orthogonalize(rest);
    const { added, along } = factor(
      rest,
      this.length - this.count,
      8 * this.length ** 0.5 * Number.EPSILON * size,
    );
    const room = Math.min(w.rows, this.length - this.count);
    if (!fill || added.rows === room) return { onto, along, added };
    const filler = this.#filler(added, room - added.rows);
    const filled = matrix(room, this.length);
    filled.data.set(added.data);
    filled.data.set(filler.data, added.data.length);
    const padded = matrix(w.rows, room);
    for (let i = 0; i < w.rows; i++) {
      padded.data.set(rowAt(along.data, i, along.cols), i * room);
    }
    return { onto, along: padded, added: filled };
  }

  /** `count` random unit vectors, orthogonal to the basis and to `added`. */
  #filler(added: Matrix, count: number): Matrix {
    const before = this.count;
    const joined = new Basis(this.length, before + added.rows, this.#seed);
    try {
      joined.append(this.rows(0, before));
      joined.append(added);
      return joined.split(this.random(count), false).added;
    } finally {
      joined.release();
    }
  }
}

/** W = along·added with orthonormal rows of `added`; by pivoted QR, up to the first negligible one. */
function factor(w: Matrix, room: number, negligible: number): { added: Matrix; along: Matrix } {
  const { rows: b, cols: length } = w;
  const { q, r, pivots } = routinesFor(b * b * length).qr(transpose(w), "thin", true);
  let kept = 0;
  while (kept < Math.min(room, r.rows) && Math.abs(r.data[kept * b + kept]) > negligible) kept++;
  const added = matrix(kept, length);
  const qt = transpose(q!);
  added.data.set(qt.data.subarray(0, kept * length));
  const along = matrix(b, kept);
  for (let i = 0; i < kept; i++) {
    for (let j = 0; j < b; j++) along.data[pivots[j] * kept + i] = r.data[i * b + j];
  }
  return { added, along };
}

function largestRow({ rows, cols, data }: Matrix): number {
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let j = 0; j < cols; j++) square += data[i * cols + j] * data[i * cols + j];
    largest = Math.max(largest, square);
  }
  return Math.sqrt(largest);
}
