// All distances between the rows of two matrices, block by block: ‖x‖² + ‖y‖² − 2·xᵀy by matrix products, and from
// the differences of the coordinates wherever that difference of squares would lose digits.

import { type Matrix, matmul, matrix, rowAt } from "@vielbein/linalg";

/** Rows of a block of distances, and the most distances that it holds unless it has few rows. */
const BLOCK = { rows: 256, least: 16, size: 2 ** 22 };

/**
 * A squared distance that is this small beside the squared lengths has lost eleven bits to the difference, and is
 * computed from the differences of the coordinates instead.
 */
const CANCELLED = 2 ** -11;

/**
 * Calls `visit` for every row i of A `[n, d]`, in order, with its squared distances to the rows of B `[m, d]`, to 1e-12.
 * Rows about the origin take the fewest differences. The array may be written into, and is another row's afterwards.
 */
export function squaredDistances(
  a: Matrix,
  b: Matrix,
  visit: (i: number, distances: Float64Array) => void,
): void {
  const [ofA, ofB] = [squaredNorms(a), squaredNorms(b)];
  const height = Math.min(BLOCK.rows, Math.max(BLOCK.least, Math.floor(BLOCK.size / b.rows)));
  for (let first = 0; first < a.rows; first += height) {
    const rows = Math.min(height, a.rows - first);
    const block = matrix(rows, a.cols, a.data.subarray(first * a.cols, (first + rows) * a.cols));
    const { data } = matmul(block, b, { transposeB: true });
    for (let i = 0; i < rows; i++) {
      const distances = rowAt(data, i, b.rows);
      for (let j = 0; j < b.rows; j++) {
        const squares = ofA[first + i] + ofB[j];
        const distance = squares - 2 * distances[j];
        const isExact = distance > CANCELLED * squares;
        distances[j] = isExact ? distance : squaredDistance(a, first + i, b, j);
      }
      visit(first + i, distances);
    }
  }
}

/** ‖aᵢ − bⱼ‖², from the differences of the coordinates. */
export function squaredDistance(a: Matrix, i: number, b: Matrix, j: number): number {
  const { cols } = a;
  let sum = 0;
  for (let k = 0, p = i * cols, q = j * cols; k < cols; k++, p++, q++) {
    const difference = a.data[p] - b.data[q];
    sum += difference * difference;
  }
  return sum;
}

/** Squared lengths of the rows of A `[n, d]`. */
function squaredNorms({ rows, cols, data }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) =>
    rowAt(data, i, cols).reduce((sum, x) => sum + x * x, 0),
  );
}
