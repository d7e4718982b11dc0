// The leading singular triplets of a Jacobian from products with it and its transpose: nothing of its size is kept. The
// smaller of the two sides is searched by Lanczos iteration on JᵀJ (or JJᵀ), and the other follows by one product for
// each vector, with the best values that the subspace found holds (Rayleigh–Ritz).

import {
  ConvergenceError,
  eigsh,
  type Matrix,
  matmul,
  matrix,
  type PartialEigh,
  svd,
  transpose,
} from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import type { JacobianAt } from "./jacobian-at.ts";

export interface LeadingTriplets {
  /** σ₁ ≥ … ≥ σ_k. */
  readonly singularValues: Float64Array;
  /** v₁, …, v_k as columns, `[n, k]`, orthonormal. */
  readonly inputVectors: Matrix;
  /** u₁, …, u_k as columns, `[m, k]`, orthonormal; signs are not fixed. */
  readonly outputVectors: Matrix;
  /**
   * ‖Jᵀ·uᵢ − σᵢvᵢ‖, where n ≤ m, else ‖J·vᵢ − σᵢuᵢ‖, by products of their own, rounding of the engine included; the other
   * equation holds by construction. Some singular value lies within it of σᵢ.
   */
  readonly residuals: Float64Array;
  /** Products with J or Jᵀ that it took. */
  readonly products: number;
  readonly route: DerivativeRoute;
}

/** Residual of the iteration as a fraction of σ₁²: what products in float32 give. */
const TOLERANCE = 1e-6;
/** Restarts, after which rounding is all that is left of the residuals. */
const RESTARTS = 30;

/**
 * The leading `k` triplets, from 1 to min(n, m). What they are worth is in their residuals.
 *
 * @throws {VielbeinError} `MEMORY_BUDGET` for more than fit.
 */
export async function leadingTriplets(at: JacobianAt, k: number): Promise<LeadingTriplets> {
  requireRoom(at, k);
  const isTall = at.inputs <= at.outputs;
  let products = 0;
  const forth = (x: Matrix): Promise<Matrix> => count(isTall ? pushed(at, x) : pulled(at, x), x.cols);
  const back = (y: Matrix): Promise<Matrix> => count(isTall ? pulled(at, y) : pushed(at, y), y.cols);
  const count = <T>(result: T, vectors: number): T => {
    products += vectors;
    return result;
  };
  const near = await leadingSubspace(Math.min(at.inputs, at.outputs), k, forth, back, at.signal);
  const { u: far, s: singularValues, v: turn } = svd(await forth(near));
  const turned = matmul(near, turn);
  const residuals = residualsOf(await back(far), turned, singularValues);
  const [inputVectors, outputVectors] = isTall ? [turned, far] : [far, turned];
  return { singularValues, inputVectors, outputVectors, residuals, products, route: await at.productRoute() };
}

/** Checks a number of triplets, called `what` in the message. @throws {VielbeinError} `INVALID_ARGUMENT`. */
export function requireRank(
  what: string,
  k: number,
  { from, to }: Pick<DifferentiableMap, "from" | "to">,
): void {
  const full = Math.min(from.dim, to.dim);
  if (Number.isInteger(k) && k >= 1 && k <= full) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `${what} must be an integer from 1 to ${full} = min(${from.dim}, ${to.dim}) for "${from.name}" → "${to.name}", got ${k}.`,
  );
}

function requireRoom(at: JacobianAt, k: number): void {
  if (k <= at.tripletsThatFit) return;
  const { from, to } = at.map;
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `${k} singular triplets of the Jacobian of "${from.name}" → "${to.name}", ${to.dim} × ${from.dim}, exceed the memory budget, which holds ${at.tripletsThatFit}. Ask for fewer, or raise the budget.`,
  );
}

type Multiply = (x: Matrix) => Promise<Matrix>;

/** An orthonormal basis `[dim, k]` of the space of the leading eigenvectors of back·forth. */
async function leadingSubspace(
  dim: number,
  k: number,
  forth: Multiply,
  back: Multiply,
  signal: AbortSignal | undefined,
): Promise<Matrix> {
  const normal = { rows: dim, cols: dim, apply: async (x: Matrix) => back(await forth(x)) };
  try {
    const options = { tolerance: TOLERANCE, iterations: RESTARTS, signal };
    return (await eigsh(normal, k, options)).vectors;
  } catch (error) {
    // How good they are, the residuals say.
    if (error instanceof ConvergenceError) return (error.partial as PartialEigh).vectors;
    throw error;
  }
}

/** ‖bᵢ − sᵢ·vᵢ‖ for the columns of B and V. */
export function residualsOf(b: Matrix, v: Matrix, s: Float64Array): Float64Array {
  const squares = new Float64Array(s.length);
  b.data.forEach((x, at) => {
    const i = at % s.length;
    squares[i] += (x - s[i] * v.data[at]) ** 2;
  });
  return squares.map(Math.sqrt);
}

/** J·X `[m, b]` of X `[n, b]`. */
async function pushed(at: JacobianAt, x: Matrix): Promise<Matrix> {
  return columnsOf(await at.push(rowsOf(x), x.cols), x.cols);
}

/** Jᵀ·Y `[n, b]` of Y `[m, b]`. */
async function pulled(at: JacobianAt, y: Matrix): Promise<Matrix> {
  return columnsOf(await at.pull(rowsOf(y), y.cols), y.cols);
}

const rowsOf = (x: Matrix): Float32Array => Float32Array.from(transpose(x).data);

function columnsOf(rows: FloatArray, count: number): Matrix {
  return transpose(matrix(count, rows.length / count, Float64Array.from(rows)));
}
