// Geodesics of the metric that the output space induces, by minimising the discrete energy
// E = ½ N Σ ‖f(c_{i+1}) − f(c_i)‖² over the inner nodes of a chain of N segments with fixed ends (Shao, Kumar & Fletcher,
// "The Riemannian Geometry of Deep Generative Models", 2018). Its gradient needs no metric: at node i it is
// N·Jᵢᵀ(2fᵢ − f_{i−1} − f_{i+1}). A minimiser has constant speed, and its length L satisfies L² ≤ 2E.

import { identity, type Matrix, matmul, matrix } from "@vielbein/linalg";
import { VielbeinError } from "./errors.ts";
import { straightLine } from "./interpolation.ts";
import { scaledVjp } from "./jacobian/scaled-vjp.ts";
import type { CallOptions, DerivativeRoute, DifferentiableMap } from "./map.ts";
import { metricBasis } from "./metric/basis.ts";
import { metricSpectrum } from "./metric/spectrum.ts";
import { lbfgs } from "./optimize/lbfgs.ts";
import type { StepOptions } from "./optimize/objective.ts";
import { requirePoints } from "./space.ts";

export interface GeodesicOptions extends StepOptions {
  /** N. Default 16. */
  readonly segments?: number;
  /**
   * As of {@link lbfgs}: how little of the energy the search still gains, not how far it is above the minimum. In a long narrow
   * valley, where the metric turns much along the chain, that may be thousands of times more. Default 1e-6.
   */
  readonly tolerance?: number;
  /** Bytes that the columns of the Jacobian between the ends may take. Default 2 GiB. */
  readonly memoryBudget?: number;
}

/** A chain of nodes and what its image in the output space is like. */
export interface Chain {
  /** `[N + 1, from.dim]`, the ends included. */
  readonly points: Float32Array;
  /** Σ ‖f(c_{i+1}) − f(c_i)‖. */
  readonly length: number;
  /** E. */
  readonly energy: number;
  /** Standard deviation of the segments' lengths over their mean: 0 at constant speed. */
  readonly unevenness: number;
}

export interface Geodesic extends Chain {
  /** The straight line between the same ends, evenly divided. */
  readonly straight: Chain;
  readonly steps: number;
  readonly converged: boolean;
  /** How the derivative entered the gradients of the energy, and the metric between the ends. */
  readonly routes: { readonly gradient: DerivativeRoute; readonly metric: DerivativeRoute };
}

/**
 * A geodesic from `start` to `end`, `[from.dim]` each, found from the straight line: a shortest one near it, which need not
 * be the shortest of all. Takes the metric between the ends once (from.dim products with J), then a value and a product
 * with Jᵀ for every node and step.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for fewer than 2 segments; `SHAPE_MISMATCH`, `NOT_FINITE`; what the map throws.
 */
export async function geodesic(
  map: DifferentiableMap,
  start: Float32Array,
  end: Float32Array,
  options: GeodesicOptions = {},
): Promise<Geodesic> {
  const { segments = 16, tolerance = 1e-6, steps = 200 } = options;
  const n = map.from.dim;
  requirePoints("geodesic: start", start, 1, map.from);
  requirePoints("geodesic: end", end, 1, map.from);
  if (!Number.isInteger(segments) || segments < 2) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `segments must be an integer of at least 2, got ${segments}.`,
    );
  }
  const line = straightLine(start, end, segments);
  const call = options.signal ? { signal: options.signal } : {};
  // The energy's second derivative is about T ⊗ g, with T the second differences along the chain and g the metric between
  // the ends: the search runs in coordinates in which both are about 1.
  const middle = start.map((x, j) => (x + end[j]!) / 2);
  const budget = options.memoryBudget === undefined ? {} : { memoryBudget: options.memoryBudget };
  const spectrum = await metricSpectrum(map, middle, { ...call, ...budget });
  const basis = spectrum.eigenvalues[0]! > 0 ? metricBasis(spectrum, 0.5) : identity(n);
  const smoothing = inverseRootOfDifferences(segments);
  /** The nodes for coordinates `[N − 1, n]` of the inner ones from the line. */
  const withInner = (inner: Float64Array): Float32Array => {
    const points = line.slice();
    const coordinates = matrix(segments - 1, n, inner);
    const moves = matmul(smoothing, matmul(coordinates, basis, { transposeB: true })).data;
    for (let at = 0; at < moves.length; at++) points[n + at]! += moves[at]!;
    return points;
  };
  const objective = async (inner: Float64Array) => {
    const points = withInner(inner);
    const values = await map.evaluate(points, segments + 1, call);
    const gradient = new Float64Array(inner.length);
    for (let i = 1; i < segments; i++) {
      const bend = curvature(values, i, map.to.dim, segments);
      gradient.set(await scaledVjp(map, points.slice(i * n, (i + 1) * n), bend, call), (i - 1) * n);
    }
    return {
      value: describe(points, values, segments).energy,
      gradient: matmul(smoothing, matmul(matrix(segments - 1, n, gradient), basis)).data,
    };
  };
  const found = await lbfgs(objective, new Float64Array((segments - 1) * n), {
    ...options,
    steps,
    tolerance,
  });
  return {
    ...(await measureChain(map, withInner(found.point), call)),
    straight: await measureChain(map, line, call),
    steps: found.steps,
    converged: found.converged,
    routes: { gradient: "products", metric: spectrum.route! },
  };
}

/**
 * Length, energy and unevenness of a chain of given nodes `[N + 1, from.dim]`.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, or what the map throws.
 */
export async function measureChain(
  map: DifferentiableMap,
  points: Float32Array,
  options: CallOptions = {},
): Promise<Chain> {
  const segments = Math.max(1, Math.ceil(points.length / map.from.dim) - 1);
  requirePoints("measureChain: points", points, segments + 1, map.from);
  return describe(points, await map.evaluate(points, segments + 1, options), segments);
}

/**
 * The chain with every segment divided evenly into `parts`: what its length is when the chords between the nodes do
 * not cut corners of the output space.
 */
export function refineChain(points: Float32Array, dim: number, parts: number): Float32Array {
  const segments = points.length / dim - 1;
  const result = new Float32Array((segments * parts + 1) * dim);
  for (let i = 0; i < segments; i++) {
    const [from, to] = [points.slice(i * dim, (i + 1) * dim), points.slice((i + 1) * dim, (i + 2) * dim)];
    result.set(straightLine(from, to, parts), i * parts * dim);
  }
  return result;
}

/** T^(−½) of T = tridiagonal (−1, 2, −1), `[N − 1, N − 1]`, from its eigenvectors, which are sines. */
function inverseRootOfDifferences(segments: number): Matrix {
  const size = segments - 1;
  const sines = matrix(size, size);
  const scaled = matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const sine = Math.sqrt(2 / segments) * Math.sin(((i + 1) * (k + 1) * Math.PI) / segments);
      sines.data[i * size + k] = sine;
      scaled.data[i * size + k] = sine / (2 * Math.sin(((k + 1) * Math.PI) / (2 * segments)));
    }
  }
  return matmul(scaled, sines);
}

/** N·(2fᵢ − f_{i−1} − f_{i+1}). */
function curvature(values: Float32Array, i: number, m: number, segments: number): Float64Array {
  return Float64Array.from(
    { length: m },
    (_, j) => segments * (2 * values[i * m + j]! - values[(i - 1) * m + j]! - values[(i + 1) * m + j]!),
  );
}

function describe(points: Float32Array, values: Float32Array, segments: number): Chain {
  const m = values.length / (segments + 1);
  const lengths = Array.from({ length: segments }, (_, i) => {
    let square = 0;
    for (let j = 0; j < m; j++) square += (values[(i + 1) * m + j]! - values[i * m + j]!) ** 2;
    return Math.sqrt(square);
  });
  const length = lengths.reduce((sum, x) => sum + x, 0);
  const squares = lengths.reduce((sum, x) => sum + x * x, 0);
  const mean = length / segments;
  return {
    points,
    length,
    energy: 0.5 * segments * squares,
    unevenness: mean === 0 ? 0 : Math.sqrt(Math.max(0, squares / segments - mean * mean)) / mean,
  };
}
