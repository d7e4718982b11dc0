// Inputs that move nothing and outputs that nothing moves: they add no information to a Jacobian.

import { type Matrix, rowAt, transpose } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";

/** How many rows and columns of a Jacobian are exactly zero. */
export interface DeadDirections {
  /** Columns of J that are zero: inputs on which no output depends. */
  readonly deadInputs: number;
  /** Rows of J that are zero. */
  readonly deadOutputs: number;
}

/** Entries up to this fraction of the largest are zeros but for rounding in float64. */
const ROUNDING = 1e-12;

/** How many rows and columns of a Jacobian J `[to.dim, from.dim]` are zero. */
export function deadDirections(j: Matrix): DeadDirections {
  return { deadInputs: deadRows(transpose(j)), deadOutputs: deadRows(j) };
}

/** How many rows of A are zero. Those of V·diag(σ) are the dead inputs of J = U·diag(σ)·Vᵀ. */
export function deadRows(matrix: Matrix): number {
  requireKind("deadRows: matrix", "matrix", matrix);
  const { rows, cols, data } = matrix;
  const floor = ROUNDING * data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  let dead = 0;
  for (let i = 0; i < rows; i++) {
    if (rowAt(data, i, cols).every((x) => Math.abs(x) <= floor)) dead++;
  }
  return dead;
}
