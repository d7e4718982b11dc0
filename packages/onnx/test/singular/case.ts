// An operator at a singular point: a zero, a tie, a bound, a point of a lattice.

import type { GraphBuilder } from "../helpers.ts";

export interface SingularCase {
  readonly op: string;
  /** Its name among the references that PyTorch computed (tools/reference/onnx/write_singular_points.py). */
  readonly name: string;
  readonly build: (g: GraphBuilder) => string;
  readonly opset?: number;
  /** Where PyTorch's values are not ours: what is, and why. */
  readonly otherwise?: Deviation;
}

interface Deviation {
  /** The Jacobian. */
  readonly first?: Otherwise;
  /** The Hessian of Σ (i + 1)·fᵢ. */
  readonly second?: Otherwise;
  readonly why: string;
}

/** A matrix, row by row; the elements of it that differ, by their index; or that it is refused. */
export type Otherwise = readonly number[] | ReadonlyMap<number, number> | "refused";
