// The metric that the output space induces on the input space: g(x) = J(x)ᵀJ(x), so that vᵀ·g·v = ‖J·v‖² is the
// squared length, in the output space, of the motion along v. With φ the features of a perceptual distance
// D(a, b) = ‖φ(a) − φ(b)‖² and f = φ ∘ generator, the Hessian of D(f(x), f(x′)) in x′ at x is 2g, exactly: the
// second-order terms multiply a residual that is zero there (Wang & Ponce, "The Geometry of Deep Generative Image
// Models and its Applications", ICLR 2021).

import { gram, type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { DEFAULT_MEMORY_BUDGET, requireFiniteProducts, unitVectors, vectorsPerRun } from "../jacobian.ts";
import type { CallOptions, DifferentiableMap, FloatArray } from "../map.ts";
import { normalizeVectors } from "../scaled-vjp.ts";
import { requirePoints, type Space } from "../space.ts";
import { bytesOfColumns, bytesPerVector, jacobianColumns, rowChunks } from "./tangents.ts";

export interface MetricOptions extends CallOptions {
  /**
   * `columns`: all columns of J are kept, in the engine's precision, and multiplied in float64; n products with J.
   * `products`: g·e = Jᵀ·(J·e), nothing of the size of J is kept; n products with J and n with Jᵀ.
   * Default: `columns` where they fit the memory budget, else `products`.
   */
  readonly route?: "columns" | "products";
  /** Bytes that the columns and the engine's working memory may take. Default 2 GiB. */
  readonly memoryBudget?: number;
}

/** Which route fits the budget: {@link MetricOptions.route}. */
export function metricRoute(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: MetricOptions,
): "columns" | "products" {
  const budget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
  return (
    options.route ?? (bytesOfColumns(map, point) + bytesPerVector(map) <= budget ? "columns" : "products")
  );
}

/**
 * g = JᵀJ at `point`: `[from.dim, from.dim]`, symmetric, summed in float64.
 *
 * @param point `[from.dim]`.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, or what the map throws.
 */
export async function metricTensor(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: MetricOptions = {},
): Promise<Matrix> {
  requirePoints("metricTensor: point", point, 1, map.from);
  const budget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
  const { route = "columns" } = options;
  if (!(budget > 0) || !["columns", "products"].includes(route)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `metricTensor: memoryBudget must be positive and route "columns" or "products", got ${budget} and "${route}".`,
    );
  }
  if (metricRoute(map, point, options) === "products") return byProducts(map, point, budget, options);
  const n = map.from.dim;
  const sum = matrix(n, n);
  for (const chunk of rowChunks(await jacobianColumns(map, point, budget, options.signal))) {
    const part = gram(chunk).data;
    for (let i = 0; i < part.length; i++) sum.data[i]! += part[i]!;
  }
  return sum;
}

/**
 * Checks products of the Jacobian, its transpose or both, which lie in `space`.
 *
 * @throws {VielbeinError} `NUMERICAL_FAILURE`.
 */
export function requireFiniteImages(
  { from, to }: Pick<DifferentiableMap<FloatArray>, "from" | "to">,
  images: FloatArray,
  space: Space,
): void {
  const wrong = images.findIndex((x) => !Number.isFinite(x));
  if (wrong < 0) return;
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `Products with the derivative of "${from.name}" → "${to.name}" must be finite, got ${images[wrong]} at coordinate ${wrong % space.dim} of "${space.name}". The map has no derivative at this point, or one whose square exceeds the engine's precision: take another point or unit.`,
  );
}

async function byProducts(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  budget: number,
  { signal }: MetricOptions,
): Promise<Matrix> {
  const n = map.from.dim;
  const result = matrix(n, n);
  const call = signal ? { signal } : {};
  const run = vectorsPerRun(bytesPerVector(map), budget);
  for (let first = 0; first < n; first += run) {
    signal?.throwIfAborted();
    const width = Math.min(run, n - first);
    const pushed = await map.jvp(point, unitVectors(n, first, width), width, call);
    requireFiniteProducts(map, pushed, first, "columns");
    const { vectors, scales } = normalizeVectors(pushed, map.to.dim);
    const pulled = await map.vjp(point, vectors, width, call);
    requireFiniteImages(map, pulled, map.from);
    for (let at = 0; at < pulled.length; at++) {
      result.data[first * n + at] = pulled[at]! * scales[Math.floor(at / n)]!;
    }
  }
  // Symmetric but for rounding.
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (result.data[i * n + j]! + result.data[j * n + i]!) / 2;
      result.data[i * n + j] = mean;
      result.data[j * n + i] = mean;
    }
  }
  return result;
}
