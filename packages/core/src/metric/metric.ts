// The metric that the output space induces on the input space: g(x) = J(x)ᵀJ(x), so that vᵀ·g·v = ‖J·v‖² is the
// squared length, in the output space, of the motion along v. With φ the features of a perceptual distance
// D(a, b) = ‖φ(a) − φ(b)‖² and f = φ ∘ generator, the Hessian of D(f(x), f(x′)) in x′ at x is 2g, exactly: the
// second-order terms multiply a residual that is zero there (Wang & Ponce, "The Geometry of Deep Generative Image
// Models and its Applications", ICLR 2021).

import type { Matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { type DerivativeOptions, JacobianAt } from "../jacobian/jacobian-at.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DifferentiableMap } from "../map/map.ts";

/** How the metric JᵀJ is assembled. */
export interface MetricOptions extends DerivativeOptions {
  /**
   * `columns`: all columns of J are kept, in the engine's precision, and multiplied in float64; n products with J.
   * `products`: g·e = Jᵀ·(J·e), and nothing of the size of J is kept; n products with J and n with Jᵀ. Default:
   * `columns` where they fit the memory budget, else `products`.
   */
  readonly route?: "columns" | "products" | undefined;
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
  const at = JacobianAt.of(map, point, options);
  return at.gram(routeOf(at, options));
}

/**
 * The route that was asked for, or the one that fits the budget.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function routeOf(at: JacobianAt, { route = at.gramRoute }: MetricOptions): "columns" | "products" {
  if (route === "columns" || route === "products") return route;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `metricTensor: route must be "columns" or "products", got "${route}".`,
  );
}
