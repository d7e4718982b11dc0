// The singular values of the Jacobian at a point, for methods that need no vectors.

import { eigh, svd, tallSvd } from "@vielbein/linalg";
import { type DeadDirections, deadDirections } from "./dead-directions.ts";
import { DEFAULT_MEMORY_BUDGET, type JacobianOptions, jacobian } from "./jacobian.ts";
import type { DerivativeRoute, DifferentiableMap, FloatArray } from "./map.ts";
import { metricRoute, metricTensor } from "./metric/metric.ts";
import { bytesPerVector, jacobianColumns, liveRows, rowChunks } from "./metric/tangents.ts";
import { requirePoints } from "./space.ts";

/** What {@link localDimension} needs of a Jacobian. */
export interface JacobianSpectrum extends DeadDirections {
  /** σ₁ ≥ σ₂ ≥ …, all min(from.dim, to.dim) of them, zeros included. */
  readonly singularValues: Float64Array;
  /** Within one route the budget changes nothing. */
  readonly route: DerivativeRoute;
}

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
  return (await jacobianSpectrum(map, point, options)).singularValues;
}

/** {@link singularValues}, and how many inputs and outputs are dead; of outputs none are counted where J is not formed. */
export async function jacobianSpectrum(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: JacobianOptions = {},
): Promise<JacobianSpectrum> {
  requirePoints("singularValues: point", point, 1, map.from);
  const [m, n] = [map.to.dim, map.from.dim];
  const budget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
  if (n > m || options.method !== undefined || 8 * m * n + bytesPerVector(map) <= budget) {
    const j = await jacobian(map, point, options);
    return { singularValues: svd(j, { vectors: "none" }).s, ...deadDirections(j), route: "matrix" };
  }
  const call = { memoryBudget: budget, ...(options.signal ? { signal: options.signal } : {}) };
  if (metricRoute(map, point, call) === "columns") {
    const columns = await jacobianColumns(map, point, budget, options.signal);
    return {
      singularValues: (await tallSvd(rowChunks(columns))).s,
      deadInputs: columns.filter((column) => column.every((x) => x === 0)).length,
      deadOutputs: m - liveRows(columns).length,
      route: "columns",
    };
  }
  const g = await metricTensor(map, point, { ...call, route: "products" });
  return {
    singularValues: eigh(g, { vectors: false }).values.map((value) => Math.sqrt(Math.max(0, value))),
    // A diagonal entry of JᵀJ is the squared length of a column.
    deadInputs: Array.from({ length: n }, (_, i) => g.data[i * (n + 1)]).filter((x) => x === 0).length,
    deadOutputs: 0,
    route: "products",
  };
}
