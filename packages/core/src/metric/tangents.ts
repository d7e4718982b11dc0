// All columns of the Jacobian at a point, kept as the engine gave them, and handed on as chunks of its rows. In
// float32 they take half of the memory of the Jacobian as a matrix, and the chunks are small.

import { type Matrix, matrix } from "@vielbein/linalg";
import { requireFiniteProducts, unitVectors, vectorsPerRun } from "../jacobian.ts";
import type { DifferentiableMap, FloatArray } from "../map.ts";

/** Elements of a chunk: 8 MB in float64. */
const CHUNK = 2 ** 20;

/** Rows that are transposed together, so that they stay in the cache while all columns pass. */
const TILE = 16;

/** Bytes that the columns of the Jacobian take. */
export function bytesOfColumns(map: DifferentiableMap<FloatArray>, point: FloatArray): number {
  return map.from.dim * map.to.dim * point.BYTES_PER_ELEMENT;
}

/** J·e₀, J·e₁, …, a run of the engine for several of them. */
export async function jacobianColumns(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  budget: number,
  signal: AbortSignal | undefined,
): Promise<FloatArray[]> {
  const [m, n] = [map.to.dim, map.from.dim];
  const run = vectorsPerRun(bytesPerVector(map), budget - bytesOfColumns(map, point));
  const columns: FloatArray[] = [];
  for (let first = 0; first < n; first += run) {
    signal?.throwIfAborted();
    const width = Math.min(run, n - first);
    const block = await map.jvp(point, unitVectors(n, first, width), width, signal ? { signal } : {});
    requireFiniteProducts(map, block, first, "columns");
    for (let j = 0; j < width; j++) columns.push(block.subarray(j * m, (j + 1) * m));
  }
  return columns;
}

export function bytesPerVector(map: DifferentiableMap<FloatArray>): number {
  return Math.max(map.bytesPerTangent ?? 0, 4 * (map.from.dim + map.to.dim));
}

/**
 * The rows of the matrix with these columns, in chunks `[·, n]`, less those that are zero: units that are off, more than
 * half of a ReLU network's features, add nothing to JᵀJ.
 */
export function* rowChunks(columns: readonly FloatArray[]): Generator<Matrix> {
  const n = columns.length;
  const live = liveRows(columns);
  // Of all, where fewer than columns would be left to decompose.
  const kept = live.length < n ? Uint32Array.from(columns[0]!, (_, i) => i) : live;
  const height = Math.max(n, Math.ceil(CHUNK / n));
  for (let first = 0; first < kept.length; first += height) {
    const rows = Math.min(height, kept.length - first);
    const chunk = matrix(rows, n);
    for (let top = 0; top < rows; top += TILE) {
      const bottom = Math.min(top + TILE, rows);
      for (let j = 0; j < n; j++) {
        const column = columns[j]!;
        for (let i = top; i < bottom; i++) chunk.data[i * n + j] = column[kept[first + i]!]!;
      }
    }
    yield chunk;
  }
}

/** Indices of the rows that are not zero. */
export function liveRows(columns: readonly FloatArray[]): Uint32Array {
  const m = columns[0]!.length;
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
