// Columns of matrices.

import type { Matrix } from "@vielbein/linalg";

/** Column `k`, `[rows]`. */
export function columnOf({ rows, cols, data }: Matrix, k: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * cols + k] ?? Number.NaN);
}
