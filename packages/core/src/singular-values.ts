// The singular values of the Jacobian at a point, for methods that need no vectors.

import { eigh, svd, tallSvd } from "@vielbein/linalg";
import { DEFAULT_MEMORY_BUDGET, type JacobianOptions, jacobian } from "./jacobian.ts";
import type { DifferentiableMap, FloatArray } from "./map.ts";
import { metricRoute, metricTensor } from "./metric/metric.ts";
import { bytesPerVector, jacobianColumns, rowChunks } from "./metric/tangents.ts";
import { requirePoints } from "./space.ts";

/**
 * σ₁ ≥ σ₂ ≥ … of the Jacobian at `point`, all min(from.dim, to.dim) of them, in float64.
 *
 * A Jacobian with more rows than columns that exceeds the memory budget is decomposed in chunks of rows; one that does
 * so even in the engine's precision is not formed at all: the eigenvalues of JᵀJ from products Jᵀ(J·e) are σ². In
 * float32 those resolve values down to about 1e-3·σ₁; what is smaller is rounding.
 *
 * @param point `[from.dim]`.
 * @throws {VielbeinError} what {@link jacobian} throws.
 */
export async function singularValues(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: JacobianOptions = {},
): Promise<Float64Array> {
  requirePoints("singularValues: point", point, 1, map.from);
  const [m, n] = [map.to.dim, map.from.dim];
  const budget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
  if (n > m || options.method !== undefined || 8 * m * n + bytesPerVector(map) <= budget) {
    return svd(await jacobian(map, point, options), { vectors: "none" }).s;
  }
  const call = { memoryBudget: budget, ...(options.signal ? { signal: options.signal } : {}) };
  if (metricRoute(map, point, call) === "columns") {
    return (await tallSvd(rowChunks(await jacobianColumns(map, point, budget, options.signal)))).s;
  }
  const g = await metricTensor(map, point, { ...call, route: "products" });
  return eigh(g, { vectors: false }).values.map((value) => Math.sqrt(Math.max(0, value)));
}
