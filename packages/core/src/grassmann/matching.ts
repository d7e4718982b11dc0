// Which direction of one set is which of another: the one-to-one matching with the largest total |cosine|, by the
// Hungarian method with shortest augmenting paths (Kuhn 1955; Jonker & Volgenant, Computing 38, 1987).

import { type Matrix, matmul, unitColumns } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";

/** Two directions, one of each set, that {@link matchDirections} pairs. */
export interface DirectionMatch {
  /** Column of the first set. */
  readonly first: number;
  /** Column of the second set. */
  readonly second: number;
  /** Cosine between the two: negative where they point opposite ways. */
  readonly cosine: number;
}

/**
 * Matches the columns of A `[n, k]` and B `[n, l]` one to one so that Σ|cos| is largest: min(k, l) pairs, ordered
 * by their column of A. Columns need not have unit length.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` if n differs; `INVALID_ARGUMENT` for a zero column.
 * @throws {LinalgError} `NOT_FINITE`.
 */
export function matchDirections(a: Matrix, b: Matrix): DirectionMatch[] {
  requireKind("matchDirections: a", "matrix", a);
  requireKind("matchDirections: b", "matrix", b);
  if (a.rows !== b.rows) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `matchDirections: both sets must lie in the same space, got ${a.rows} and ${b.rows} rows.`,
    );
  }
  const cosines = matmul(directions("a", a), directions("b", b), { transposeA: true });
  const wide = a.cols <= b.cols;
  const [rows, cols] = wide ? [a.cols, b.cols] : [b.cols, a.cols];
  const at = (i: number, j: number): number => cosines.data[wide ? i * b.cols + j : j * b.cols + i];
  const partners = cheapestAssignment(rows, cols, (i, j) => -Math.abs(at(i, j)));
  return partners
    .map((j, i) => ({ first: wide ? i : j, second: wide ? j : i, cosine: at(i, j) }))
    .sort((x, y) => x.first - y.first);
}

/** Column of each row, all different, with the least total cost; rows ≤ cols. O(rows²·cols). */
function cheapestAssignment(
  rows: number,
  cols: number,
  cost: (row: number, column: number) => number,
): number[] {
  // Potentials keep cost(i, j) − rowPotential[i] − columnPotential[j] ≥ 0, and = 0 on matched pairs.
  const rowPotential = new Float64Array(rows);
  const columnPotential = new Float64Array(cols);
  const rowOf = new Int32Array(cols).fill(-1);
  for (let start = 0; start < rows; start++) {
    // Dijkstra from `start` over alternating paths to the nearest free column.
    const distance = new Float64Array(cols).fill(Number.POSITIVE_INFINITY);
    const previous = new Int32Array(cols).fill(-1);
    const done = new Uint8Array(cols);
    let row = start;
    let reached = -1;
    let length = 0;
    for (;;) {
      let nearest = -1;
      for (let j = 0; j < cols; j++) {
        if (done[j]) continue;
        const reduced = length + cost(row, j) - rowPotential[row] - columnPotential[j];
        if (reduced < distance[j]) {
          distance[j] = reduced;
          previous[j] = reached;
        }
        if (nearest < 0 || distance[j] < distance[nearest]) nearest = j;
      }
      reached = nearest;
      length = distance[reached];
      done[reached] = 1;
      if (rowOf[reached] < 0) break;
      row = rowOf[reached];
    }
    rowPotential[start] += length;
    for (let j = 0; j < cols; j++) {
      if (!done[j] || rowOf[j] < 0) continue;
      rowPotential[rowOf[j]] += length - distance[j];
      columnPotential[j] -= length - distance[j];
    }
    while (reached >= 0) {
      const before = previous[reached];
      rowOf[reached] = before < 0 ? start : rowOf[before];
      reached = before;
    }
  }
  const columnOf = new Array<number>(rows);
  rowOf.forEach((row, j) => {
    if (row >= 0) columnOf[row] = j;
  });
  return columnOf;
}

function directions(name: string, a: Matrix): Matrix {
  const unit = unitColumns(a);
  for (let j = 0; j < a.cols; j++) {
    if (Array.from({ length: a.rows }, (_, i) => unit.data[i * a.cols + j]).some((x) => x !== 0)) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `matchDirections: ${name}: every column must have a length above 0, got column ${j} of zeros. Leave it out.`,
    );
  }
  return unit;
}
