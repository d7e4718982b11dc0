// A cloud of points whose dimension is estimated. Of points that occur several times one is kept: a distance of 0 says
// nothing about dimension, and has no logarithm.

import { type Matrix, matrix, qr, rowAt, transpose } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requirePoints } from "../map/space.ts";
import { powerOfTwo } from "../power-of-two.ts";
import { covarianceSpectrum } from "./covariance-spectrum.ts";
import { fewer, type Neighbours, nearestNeighbours, neighbourhoodOf } from "./neighbours.ts";

/** So many coordinates for each point that another basis for them pays. */
const WIDE = 2;

/** Distinct points; and their neighbours and spectra, which are kept once they were asked for. */
export class Cloud {
  /** The distinct points `[n, d]`, in the order in which they first occur, in units of a power of two. */
  readonly points: Matrix;
  /** For each of the given points, the row of `points` that is equal to it. */
  readonly rowOf: Int32Array;
  #coordinates: Matrix | undefined;
  #neighbours: Neighbours | undefined;
  #spectrum: Float64Array | undefined;
  #localSpectra: { readonly k: number; readonly spectra: readonly Float64Array[] } | undefined;

  private constructor(points: Matrix, rowOf: Int32Array) {
    this.points = points;
    this.rowOf = rowOf;
  }

  /**
   * The cloud of points `[N, d]`. No estimate depends on the unit that coordinates are in.
   *
   * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` where there is no point or no coordinate.
   */
  static of(points: Matrix): Cloud {
    const { rows, cols, data } = points;
    if (rows < 1 || cols < 1) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `Cloud: at least one point of one coordinate is needed, got [${rows}, ${cols}].`,
      );
    }
    requirePoints("Cloud: points", data, rows, { name: "cloud", dim: cols, shape: [cols] });
    const { firsts, rowOf } = distinctRows(points);
    const size = powerOfTwo(data);
    const kept = matrix(firsts.length, cols);
    firsts.forEach((row, i) => {
      kept.data.set(
        rowAt(data, row, cols).map((x) => x / size),
        i * cols,
      );
    });
    return new Cloud(kept, rowOf);
  }

  /** Number of distinct points. */
  get n(): number {
    return this.points.rows;
  }

  /** Number of given points that are equal to an earlier one. */
  get repeated(): number {
    return this.rowOf.length - this.n;
  }

  /**
   * The distinct points less the median of every coordinate `[n, c]`, so that points far from all others cost these no
   * digits; where they have many more coordinates than there are points, in an orthonormal basis of what they span, c = n.
   * Distances agree with those of `points` to rounding of the largest length.
   */
  coordinates(): Matrix {
    if (!this.#coordinates) {
      const rows = aboutMedian(this.points);
      // X = (Q·R)ᵀ, and Q keeps distances.
      this.#coordinates =
        rows.cols > WIDE * rows.rows ? transpose(qr(transpose(rows), { mode: "r" }).r) : rows;
    }
    return this.#coordinates;
  }

  /**
   * The k nearest neighbours of every distinct point: ask for the largest k first.
   *
   * @throws {VielbeinError} `INVALID_ARGUMENT` unless 1 ≤ k < n.
   */
  neighbours(k: number): Neighbours {
    if (!(Number.isInteger(k) && k >= 1 && k < this.n)) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `Cloud: k neighbours must be an integer from 1 to ${this.n - 1}, one less than the number of distinct points, got ${k}.`,
      );
    }
    const known = this.#neighbours;
    if (known && k <= known.k) return k === known.k ? known : fewer(known, k);
    this.#neighbours = nearestNeighbours(this.points, k, this.coordinates());
    return this.#neighbours;
  }

  /** Eigenvalues of the covariance of the distinct points, descending. */
  spectrum(): Float64Array {
    this.#spectrum ??= covarianceSpectrum(this.coordinates(), this.points.cols);
    return this.#spectrum;
  }

  /**
   * At every distinct point, the eigenvalues of the covariance of its k nearest neighbours, descending.
   *
   * @param k at least 2.
   * @throws {VielbeinError} `INVALID_ARGUMENT` unless k < n.
   */
  localSpectra(k: number): readonly Float64Array[] {
    if (this.#localSpectra?.k !== k) {
      const neighbours = this.neighbours(k);
      const spectra = Array.from({ length: this.n }, (_, i) =>
        covarianceSpectrum(neighbourhoodOf(this.coordinates(), neighbours, i), this.points.cols),
      );
      this.#localSpectra = { k, spectra };
    }
    return this.#localSpectra.spectra;
  }
}

function aboutMedian({ rows, cols, data }: Matrix): Matrix {
  const medians = Float64Array.from({ length: cols }, (_, j) =>
    medianOf(Float64Array.from({ length: rows }, (_, i) => data[i * cols + j])),
  );
  return matrix(
    rows,
    cols,
    data.map((x, at) => x - medians[at % cols]),
  );
}

function medianOf(values: Float64Array): number {
  return values.sort()[values.length >> 1];
}

/** Which rows differ from all before them, and for every row which of these it is equal to. */
function distinctRows({ rows, cols, data }: Matrix): { firsts: number[]; rowOf: Int32Array } {
  const firsts: number[] = [];
  const rowOf = new Int32Array(rows);
  const byHash = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const values = rowAt(data, row, cols);
    const hash = hashOf(values);
    const alike = byHash.get(hash) ?? [];
    byHash.set(hash, alike);
    let found = alike.find((i) => isEqual(rowAt(data, firsts[i], cols), values));
    if (found === undefined) {
      found = firsts.push(row) - 1;
      alike.push(found);
    }
    rowOf[row] = found;
  }
  return { firsts, rowOf };
}

/** Equal rows have equal hashes, −0 being equal to 0 (FNV-1a, by words). */
function hashOf(values: Float64Array): number {
  const words = new Uint32Array(values.map((x) => x + 0).buffer);
  return words.reduce((hash, word) => Math.imul(hash ^ word, 16777619), 2166136261) | 0;
}

function isEqual(a: Float64Array, b: Float64Array): boolean {
  return a.every((x, i) => x === b[i]);
}
