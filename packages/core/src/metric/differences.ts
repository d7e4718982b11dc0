// The metric as Wang & Ponce's code finds it without second derivatives (the operator "ForwardIter" of "The Geometry of
// Deep Generative Image Models and its Applications", ICLR 2021): differences of gradients of the squared distance
// D(x′) = ‖f(x′) − f(x)‖² on both sides of x. For comparing numbers, and as a check of the exact metric.

import { eigh, type Matrix, matrix } from "@vielbein/linalg";
import type { FloatArray } from "../map/float-array.ts";
import type { CallOptions, DifferentiableMap } from "../map/map.ts";
import { requirePoints } from "../map/space.ts";
import { requireKind, requirePositive } from "../requirements.ts";
import type { MetricSpectrum } from "./spectrum.ts";

/** The step of {@link metricByDifferences}. */
export interface MetricDifferenceOptions extends CallOptions {
  /**
   * ε: the step is ε·‖x‖, or ε where x = 0. Default 1e-3, as the authors use; 1e-4 is better for ReLU-type networks.
   */
  readonly step?: number | undefined;
}

/**
 * (∇D(x + h·e) − ∇D(x − h·e)) / 4h for every unit vector e, with ∇D(x′) = 2·J(x′)ᵀ(f(x′) − f(x)): half of the Hessian
 * of D, as in the authors' code, which averages over the two points where it should add. In the limit of small steps
 * that half is g = JᵀJ. Kinks within the step, and rounding in single precision, make it inexact and not quite
 * positive.
 *
 * @param point x, `[from.dim]`.
 * @returns `[from.dim, from.dim]`, symmetrised.
 * @throws {VielbeinError} `INVALID_ARGUMENT`, `SHAPE_MISMATCH`, `NOT_FINITE`, or what the map throws.
 */
export async function metricByDifferences(
  map: DifferentiableMap,
  point: Float32Array,
  { step = 1e-3, signal }: MetricDifferenceOptions = {},
): Promise<Matrix> {
  requireKind("metricByDifferences: map", "map", map);
  requirePoints("metricByDifferences: point", point, 1, map.from);
  requirePositive("Differences of the metric: step", step);
  const n = map.from.dim;
  const call = { signal };
  const origin = await map.evaluate(point, 1, call);
  const h = step * (Math.hypot(...point) || 1);
  /** J(x′)ᵀ(f(x′) − f(x)) at x′ = x + t·e. */
  const gradient = async (coordinate: number, t: number): Promise<{ at: number; values: FloatArray }> => {
    signal?.throwIfAborted();
    const moved = point.slice();
    moved[coordinate] += t;
    const residual = (await map.evaluate(moved, 1, call)).map((value, i) => value - origin[i]);
    return { at: moved[coordinate], values: await map.vjp(moved, residual, 1, call) };
  };
  const rows = matrix(n, n);
  for (let i = 0; i < n; i++) {
    const [ahead, behind] = [await gradient(i, h), await gradient(i, -h)];
    // The distance between the two points as they were stored, not as it was meant.
    const distance = ahead.at - behind.at;
    for (let j = 0; j < n; j++) rows.data[i * n + j] = (ahead.values[j] - behind.values[j]) / distance;
  }
  return {
    ...rows,
    data: rows.data.map((x, at) => (x + rows.data[(at % n) * n + Math.floor(at / n)]) / 2),
  };
}

/**
 * Spectrum of {@link metricByDifferences}: magnitudes of the eigenvalues, which may be negative, as in the authors'
 * code.
 */
export async function spectrumByDifferences(
  map: DifferentiableMap,
  point: Float32Array,
  options: MetricDifferenceOptions = {},
): Promise<MetricSpectrum> {
  requireKind("spectrumByDifferences: map", "map", map);
  const { values, vectors } = eigh(await metricByDifferences(map, point, options), { sign: "canonical" });
  const order = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
  const { cols } = vectors;
  return {
    eigenvalues: Float64Array.from(order, (k) => Math.abs(values[k])),
    eigenvectors: {
      ...vectors,
      data: vectors.data.map((_, at) => vectors.data[at - (at % cols) + order[at % cols]]),
    },
    method: "differences",
  };
}
