// The spectrum of the metric g = JᵀJ at a point by three routes that differ in what they cost and in what they
// resolve: eigenvalues of the summed g, down to 1e-16 of the largest; singular values of J from a streamed QR
// factorisation, whose squares are good to the square of that; the leading ones alone, from products with J and Jᵀ.

import { canonicalSigns, eigh, type Matrix, svd, tallSkinnyQR } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { bytesText, LEADING, metricFits } from "../jacobian/budget.ts";
import { rowChunks } from "../jacobian/columns.ts";
import { JacobianAt } from "../jacobian/jacobian-at.ts";
import { leadingPairs } from "../jacobian/leading.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireInteger, requireKind, requireShare } from "../requirements.ts";
import { type MetricOptions, routeOf } from "./metric.ts";

/** Eigenvalues and eigenvectors of the metric at one point, all or the leading ones. */
export interface MetricSpectrum {
  /** Eigenvalues of g, descending, ≥ 0: squared output length per squared input length. */
  readonly eigenvalues: Float64Array;
  /** Eigenvectors as columns `[from.dim, k]`, orthonormal; the first largest entry of each is positive. */
  readonly eigenvectors: Matrix;
  /** By the matrix-free route only: ‖g·v − λ·v‖ for each pair; some eigenvalue lies within it of λ. */
  readonly residuals?: Float64Array | undefined;
  /** By the same route: the number of products with J or Jᵀ that it took. */
  readonly products?: number | undefined;
  /** How it was computed. */
  readonly method: "gram" | "qr" | "lanczos" | "differences";
  /** How the derivative was computed. Within one route the budget changes nothing. Undefined by differences. */
  readonly route?: DerivativeRoute | undefined;
}

/** How many eigenpairs of the metric are found, and how accurately. */
export interface MetricSpectrumOptions extends MetricOptions {
  /** Number of leading eigenpairs to find, matrix-free, by Lanczos iteration on JVP and VJP. Default: all, from g. */
  readonly k?: number | undefined;
  /**
   * `high` takes the singular values of J from its QR factorisation: small eigenvalues keep their digits. Default
   * `normal`.
   */
  readonly accuracy?: "normal" | "high" | undefined;
  /**
   * With `k`: residuals to reach, as a fraction of the largest eigenvalue. Default 1e-6, what float32 products give.
   */
  readonly tolerance?: number | undefined;
}

/**
 * How many eigenpairs there is room for: all, or the leading 32 where codes are so long that their metric exceeds the
 * memory budget.
 */
export function defaultPairs(
  map: Pick<DifferentiableMap<FloatArray>, "from">,
  { memoryBudget }: Pick<MetricOptions, "memoryBudget"> = {},
): number {
  requireKind("defaultPairs: map", "source", map);
  return metricFits(map, memoryBudget) ? map.from.dim : Math.min(map.from.dim, LEADING);
}

/**
 * Eigenvalues and eigenvectors of g at `point`.
 *
 * @param point `[from.dim]`.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for `k` or `tolerance` out of range; `MEMORY_BUDGET` when high accuracy
 *   needs more; what the map throws.
 *
 * @example
 * ```js
 * import { functionMap, metricSpectrum } from "@vielbein/core";
 *
 * const from = { name: "x", dim: 2, shape: [2] };
 * const to = { name: "y", dim: 3, shape: [3] };
 * const map = functionMap({ from, to, evaluate: ([a, b]) => [4 * a, 3 * b, 0] });
 * const { eigenvalues } = await metricSpectrum(map, Float32Array.of(0, 0));
 * console.log([...eigenvalues].map((each) => each.toFixed(3)).join(" ")); // → 16.000 9.000
 * ```
 */
export async function metricSpectrum(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: MetricSpectrumOptions = {},
): Promise<MetricSpectrum> {
  requireKind("metricSpectrum: map", "map", map);
  const n = map.from.dim;
  const { k } = options;
  if (k !== undefined) requireInteger("metricSpectrum: k", k, 1, n);
  const { accuracy = "normal" } = options;
  if (accuracy !== "normal" && accuracy !== "high") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `metricSpectrum: accuracy must be "normal" or "high", got "${accuracy}".`,
    );
  }
  const at = JacobianAt.of(map, point, options);
  if (k !== undefined) return leading(at, k, options);
  const route = routeOf(at, options);
  if (accuracy === "high") return bySingularValues(at, route);
  const { values, vectors } = eigh(await at.gram(route), { sign: "canonical" });
  return {
    eigenvalues: values.map((value) => Math.max(0, value)),
    eigenvectors: vectors,
    method: "gram",
    route,
  };
}

async function bySingularValues(at: JacobianAt, route: "columns" | "products"): Promise<MetricSpectrum> {
  if (route === "products") {
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `The memory budget is too small: high accuracy keeps the columns of the Jacobian, ${at.outputs} × ${at.inputs}, which take ${bytesText(at.bytesFor("columns"))} with one tangent. Raise it to that at least, or use normal accuracy.`,
    );
  }
  const { s, v } = svd((await tallSkinnyQR(rowChunks(await at.columns()))).r);
  return {
    eigenvalues: s.map((sigma, i) => (i < at.outputs ? sigma * sigma : 0)),
    eigenvectors: canonicalSigns(v, v).v,
    method: "qr",
    route: "columns",
  };
}

async function leading(
  at: JacobianAt,
  k: number,
  { tolerance = 1e-6 }: MetricSpectrumOptions,
): Promise<MetricSpectrum> {
  requireShare("metricSpectrum: tolerance", tolerance);
  const { values, vectors, ...rest } = await leadingPairs(at, k, { tolerance });
  return {
    eigenvalues: values,
    eigenvectors: canonicalSigns(vectors, vectors).v,
    ...rest,
    method: "lanczos",
  };
}
