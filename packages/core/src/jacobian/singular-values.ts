// The singular values of the Jacobian at a point, for methods that need no vectors.

import { eigh, svd, tallSvd } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { liveRows, rowChunks } from "./columns.ts";
import { type DeadDirections, deadDirections } from "./dead-directions.ts";
import { type JacobianOptions, wholeJacobian } from "./jacobian.ts";
import { JacobianAt } from "./jacobian-at.ts";

/** What `localDimension` of `@vielbein/core/dimension` needs of a Jacobian at one point. */
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

/**
 * {@link singularValues}, and how many inputs and outputs are dead; of outputs none are counted where J is not formed.
 */
export async function jacobianSpectrum(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: JacobianOptions = {},
): Promise<JacobianSpectrum> {
  return spectrumAt(JacobianAt.of(map, point, options), options);
}

/** {@link jacobianSpectrum} of a derivative at hand. */
export async function spectrumAt(at: JacobianAt, options: JacobianOptions): Promise<JacobianSpectrum> {
  if (at.inputs > at.outputs || options.method !== undefined || at.fits("decomposition")) {
    const j = await wholeJacobian(at, options);
    return { singularValues: svd(j, { vectors: "none" }).s, ...deadDirections(j), route: "matrix" };
  }
  return at.gramRoute === "columns" ? byColumns(at) : byProducts(at);
}

async function byColumns(at: JacobianAt): Promise<JacobianSpectrum> {
  const columns = await at.columns();
  return {
    singularValues: (await tallSvd(rowChunks(columns))).s,
    deadInputs: columns.filter((column) => column.every((x) => x === 0)).length,
    deadOutputs: at.outputs - liveRows(columns).length,
    route: "columns",
  };
}

async function byProducts(at: JacobianAt): Promise<JacobianSpectrum> {
  const n = at.inputs;
  const g = await at.gram("products");
  return {
    singularValues: eigh(g, { vectors: false }).values.map((value) => Math.sqrt(Math.max(0, value))),
    // A diagonal entry of JᵀJ is the squared length of a column.
    deadInputs: Array.from({ length: n }, (_, i) => g.data[i * (n + 1)]).filter((x) => x === 0).length,
    deadOutputs: 0,
    route: "products",
  };
}
