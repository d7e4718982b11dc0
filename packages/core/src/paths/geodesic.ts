// Geodesics of the metric that the output space induces, by minimising the discrete energy E = ½ N Σ ‖f(c_{i+1}) −
// f(c_i)‖² over the inner nodes of a chain of N segments with fixed ends (Shao, Kumar & Fletcher, "The Riemannian
// Geometry of Deep Generative Models", 2018), by L-BFGS and Newton steps. A minimiser has constant speed, and its
// length L satisfies L² ≤ 2E.

import { rowAt } from "@vielbein/linalg";
import { JacobianAt } from "../jacobian/jacobian-at.ts";
import type { CallOptions, DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requirePoints } from "../map/space.ts";
import { lbfgs } from "../optimize/lbfgs.ts";
import {
  along,
  type Minimum,
  type Progress,
  type StepOptions,
  type ValueAndGradient,
} from "../optimize/objective.ts";
import { type TruncatedNewtonOptions, truncatedNewton } from "../optimize/truncated-newton.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { straightLine } from "./interpolation.ts";
import { PathEnergy } from "./path-energy.ts";

/** Segments, tolerance and memory of {@link geodesic}. */
export interface GeodesicOptions extends StepOptions {
  /** N. Default 16. */
  readonly segments?: number | undefined;
  /**
   * Converged when the energy is no more than this fraction above its minimum, by its second derivative. Default 1e-6.
   */
  readonly tolerance?: number | undefined;
  /** Bytes that the columns of the Jacobian at a node may take. Default 2 GiB. */
  readonly memoryBudget?: number | undefined;
}

/** A chain of nodes, and measures of its image in the output space. */
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
  /** Steps of the optimiser. */
  readonly steps: number;
  /**
   * Whether the search converged, and to a chain of nearly constant speed (an `unevenness` of at most 0.1), as
   * geodesics have. Where nodes lie on plateaus of the output, or are too few, the search may come to rest at another
   * chain.
   */
  readonly converged: boolean;
  /** How the derivative was computed for the gradients of the energy, and for the metrics of the nodes. */
  readonly routes: { readonly gradient: DerivativeRoute; readonly metric: DerivativeRoute };
}

/**
 * A geodesic from `start` to `end`, `[from.dim]` each, found from the straight line: a shortest path near it, which
 * need not be the shortest of all. Minimises the energy E = ½ N Σ ‖f(c_{i+1}) − f(c_i)‖² (Shao, Kumar & Fletcher 2018).
 * Takes the metric at every inner node (from.dim products with J each), and again whenever the products since have cost
 * as much as that; a step takes a value and a product with Jᵀ for every inner node.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for fewer than 2 segments; `SHAPE_MISMATCH`, `NOT_FINITE`; what the map
 * throws.
 */
export async function geodesic(
  map: DifferentiableMap,
  start: Float32Array,
  end: Float32Array,
  options: GeodesicOptions = {},
): Promise<Geodesic> {
  requireKind("geodesic: map", "map", map);
  const { segments = 16, tolerance = 1e-6, steps = 200 } = options;
  requirePoints("geodesic: start", start, 1, map.from);
  requirePoints("geodesic: end", end, 1, map.from);
  requireInteger("geodesic: segments", segments, 2);
  const call = { signal: options.signal };
  const line = straightLine(start, end, segments);
  const straight = await measureChain(map, line, call);
  const metricOptions =
    options.memoryBudget === undefined ? call : { ...call, memoryBudget: options.memoryBudget };
  const energy = new PathEnergy(map, line, metricOptions);
  // Coordinates are lengths of the output: the first step bends the chain no more than it is long.
  const radius = straight.length || 1;
  const found = await minimise(energy, { ...options, steps, tolerance, radius });
  const chain = await measureChain(map, energy.points(found.point), call);
  return {
    ...chain,
    straight,
    steps: found.steps,
    converged: found.converged && chain.unevenness <= EVEN,
    routes: { gradient: "products", metric: JacobianAt.of(map, start, metricOptions).gramRoute },
  };
}

/** Largest unevenness of a chain that passes for one of constant speed. */
const EVEN = 0.1;

/** L-BFGS gains little where it promises less than this fraction of the energy. */
const ROUGH = 1e-4;

/**
 * L-BFGS, which goes on over kinks, until it gains little; then Newton's method, which tells a minimum from a saddle,
 * knows how far above the minimum that is, and goes there.
 */
async function minimise(
  energy: PathEnergy,
  options: TruncatedNewtonOptions & { readonly steps: number; readonly tolerance: number },
): Promise<Minimum> {
  const { steps, onStep } = options;
  const origin = energy.origin();
  const value = await energy.value(origin);
  // Nothing is lower, and nothing to take differences of.
  if (value === 0) return { point: origin, value, steps: 0, converged: true };
  const { move } = await energy.model(origin);
  // In units of the length of the chain the first search is the same at any scale of the output.
  const unit = options.radius;
  const at = (c: Float64Array) => along(origin, unit, move(c));
  const objective = async (c: Float64Array): Promise<ValueAndGradient> => {
    const value = await energy.value(at(c));
    return { value, gradient: (await energy.model(at(c))).gradient.map((g) => unit * g) };
  };
  let isStopped = false;
  const watched =
    (before: number) =>
    (progress: Progress): boolean => {
      isStopped = onStep?.({ ...progress, step: before + progress.step }) === true;
      return isStopped;
    };
  const rough = await lbfgs(
    objective,
    origin.map(() => 0),
    { ...options, tolerance: Math.max(ROUGH, options.tolerance), onStep: watched(0) },
  );
  const found = { ...rough, point: at(rough.point), converged: false };
  if (isStopped || rough.steps >= steps) return found;
  const left = { ...options, steps: steps - rough.steps, onStep: watched(rough.steps) };
  const fine = await truncatedNewton(energy, found.point, left);
  return { ...fine, steps: rough.steps + fine.steps };
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
  requireKind("measureChain: map", "map", map);
  requireKind("measureChain: points", "numbers", points);
  const segments = Math.max(1, Math.ceil(points.length / map.from.dim) - 1);
  requirePoints("measureChain: points", points, segments + 1, map.from);
  return describe(points, await map.evaluate(points, segments + 1, options), segments);
}

/**
 * The chain with every segment divided evenly into `parts`, to measure its length without chords that cut corners in
 * the output space.
 */
export function refineChain(points: Float32Array, dim: number, parts: number): Float32Array {
  requireKind("refineChain: points", "numbers", points);
  const segments = points.length / dim - 1;
  requireInteger("refineChain: parts", parts, 1);
  requireInteger(`refineChain: segments of points of ${dim} coordinates`, segments, 1);
  const result = new Float32Array((segments * parts + 1) * dim);
  for (let i = 0; i < segments; i++) {
    const [from, to] = [rowAt(points, i, dim), rowAt(points, i + 1, dim)];
    result.set(straightLine(from, to, parts), i * parts * dim);
  }
  return result;
}

function describe(points: Float32Array, values: Float32Array, segments: number): Chain {
  const m = values.length / (segments + 1);
  const lengths = Array.from({ length: segments }, (_, i) => {
    let square = 0;
    for (let j = 0; j < m; j++) square += (values[(i + 1) * m + j] - values[i * m + j]) ** 2;
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
