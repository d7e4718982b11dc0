// The columns of a Jacobian as the engine gave them, handed on as chunks of its rows. In float32 they take half the
// memory of the Jacobian as a matrix, and the chunks are small.

import { type Matrix, matrix } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";

/** Elements of a chunk: 8 MB in float64. */
const CHUNK = 2 ** 20;

/** Rows that are transposed together, so that they stay in the cache while all columns pass. */
const TILE = 16;

/**
 * The rows of the matrix with these columns, in chunks `[·, n]`, less those that are zero: inactive units, more than
 * half of a ReLU network's features, add nothing to JᵀJ.
 */
export function* rowChunks(columns: readonly FloatArray[]): Generator<Matrix> {
  const n = columns.length;
  const live = liveRows(columns);
  // Of all, where fewer than columns would be left to decompose.
  const kept = live.length < n ? Uint32Array.from(columns[0], (_, i) => i) : live;
  const height = Math.max(n, Math.ceil(CHUNK / n));
  for (let first = 0; first < kept.length; first += height) {
    const rows = Math.min(height, kept.length - first);
    const chunk = matrix(rows, n);
    for (let top = 0; top < rows; top += TILE) {
      const bottom = Math.min(top + TILE, rows);
      for (let j = 0; j < n; j++) {
        const column = columns[j];
        for (let i = top; i < bottom; i++) chunk.data[i * n + j] = column[kept[first + i]];
      }
    }
    yield chunk;
  }
}

/** Indices of the rows that are not zero. */
export function liveRows(columns: readonly FloatArray[]): Uint32Array {
  const m = columns[0].length;
  const live = new Uint8Array(m);
  let dead = Uint32Array.from({ length: m }, (_, i) => i);
  for (const column of columns) {
    let left = 0;
    for (const i of dead) {
      if (column[i] === 0) dead[left++] = i;
      else live[i] = 1;
    }
    dead = dead.subarray(0, left);
  }
  return Uint32Array.from({ length: m }, (_, i) => i).filter((i) => live[i] === 1);
}
