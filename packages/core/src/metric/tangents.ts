// All columns of the Jacobian at a point, kept as the engine gave them, and handed on as chunks of its rows. In
// float32 they take half of the memory of the Jacobian as a matrix, and the chunks are small.

import { type Matrix, matrix } from "@vielbein/linalg";
import { unitVectors, vectorsPerRun } from "../jacobian.ts";
import type { DifferentiableMap, FloatArray } from "../map.ts";

/** Elements of a chunk: 8 MB in float64. */
const CHUNK = 2 ** 20;

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
    for (let j = 0; j < width; j++) columns.push(block.subarray(j * m, (j + 1) * m));
  }
  return columns;
}

export function bytesPerVector(map: DifferentiableMap<FloatArray>): number {
  return Math.max(map.bytesPerTangent ?? 0, 4 * (map.from.dim + map.to.dim));
}

/** The rows of the matrix with these columns, in chunks `[·, n]`. */
export function* rowChunks(columns: readonly FloatArray[]): Generator<Matrix> {
  const [m, n] = [columns[0]!.length, columns.length];
  const height = Math.max(n, Math.ceil(CHUNK / n));
  for (let first = 0; first < m; first += height) {
    const rows = Math.min(height, m - first);
    const chunk = matrix(rows, n);
    columns.forEach((column, j) => {
      for (let i = 0; i < rows; i++) chunk.data[i * n + j] = column[first + i]!;
    });
    yield chunk;
  }
}
