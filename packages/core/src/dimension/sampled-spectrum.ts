// The spectrum of a Jacobian that is too large to be decomposed, by products with it: the leading singular values by
// iteration, and of the rest what random vectors see of it, each through a few Lanczos steps (stochastic Lanczos
// quadrature: Ubaru, Chen & Saad, SIAM J. Matrix Anal. Appl. 38, 2017). Taking the leading part out first makes the
// rest flat enough for few vectors (Hutch++: Meyer, Musco, Musco & Woodruff, SOSA 2021).

import { type Matrix, matrix, normal, rowAt, transpose } from "@vielbein/linalg";
import { bytesOfMatrix, DEFAULT_MEMORY_BUDGET, LEADING, metricFits } from "../jacobian/budget.ts";
import { type DerivativeOptions, JacobianAt } from "../jacobian/jacobian-at.ts";
import { leadingPairs } from "../jacobian/leading.ts";
import { ScaledProducts, smallerSide } from "../jacobian/scaled-products.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { type Tridiagonals, tridiagonalize } from "./lanczos-quadrature.ts";

/**
 * How a spectrum is sampled: the leading values that are found, and the random vectors that stand for the
 * rest.
 */
export interface SpectrumSampling {
  /** Leading singular values to find, at least one. Default 32, or all where there are fewer. */
  readonly k?: number | undefined;
  /** Random vectors, at least two. Default 16. */
  readonly probes?: number | undefined;
  /** Lanczos steps with each of them, at least two. Default 8. */
  readonly steps?: number | undefined;
  /** Of the random vectors. Default 0. */
  readonly seed?: number | bigint | undefined;
  /** Which of the seed's vectors is the first: spectra that are averaged need vectors of their own. Default 0. */
  readonly first?: number | undefined;
}

/** Options of {@link sampledSpectrum}: of the derivative, and of the sampling. */
export interface SampledSpectrumOptions extends DerivativeOptions, SpectrumSampling {}

/** What {@link spectrumEstimates} and {@link estimateCount} read. */
export interface SampledSpectrum extends Tridiagonals {
  /** How many singular values there are: min(from.dim, to.dim). */
  readonly total: number;
  /** σ₁ ≥ … ≥ σ_k. */
  readonly leading: Float64Array;
  /** ‖JᵀJ·vᵢ − σᵢ²vᵢ‖/σ₁², `[k]`. */
  readonly residuals: Float64Array;
  /**
   * αⱼ, `[probes, steps]`, of JᵀJ/σ₁² (or JJᵀ/σ₁², whichever is smaller) in the space orthogonal to the leading
   * vectors, from random vectors in it.
   */
  readonly diagonal: Matrix;
  /** Products with J or Jᵀ that it took. */
  readonly products: number;
  /** How the derivative was computed. */
  readonly route: DerivativeRoute;
}

const PROBES = 16;
/** Lanczos steps by default. */
export const LANCZOS_STEPS: number = 8;

/** Residual of the leading eigenpairs, as a fraction of the first: ten times what products in float32 give. */
const TOLERANCE = 1e-5;

/** Probes read random numbers that samples of points under the same seed do not reach. */
const FIRST_PROBE = 2 ** 42;

/** About how many products {@link sampledSpectrum} takes by default; it may be twice as many. */
const EXPECTED_PRODUCTS = 6 * LEADING + 4 + 2 * PROBES * LANCZOS_STEPS;

/**
 * Whether the spectrum of the Jacobian should be sampled: where the budget holds it in no form, and products with all
 * of its columns are out of reach, as the metric does not fit either, or take more than twice as many.
 */
export function isSampled(
  map: Pick<DifferentiableMap<FloatArray>, "from" | "to">,
  budget: number = DEFAULT_MEMORY_BUDGET,
): boolean {
  requireKind("isSampled: map", "map", map);
  const { from, to } = map;
  const bytes = bytesOfMatrix({ from, to });
  if (from.dim > to.dim) return bytes > budget;
  // Columns are in single precision.
  if (bytes / 2 <= budget) return false;
  return !metricFits({ from }, budget) || from.dim > EXPECTED_PRODUCTS;
}

/**
 * Samples the spectrum of the Jacobian at `point` `[from.dim]` by products with it and its transpose: about
 * 2·(probes·steps + 2k) of them, of however many inputs and outputs.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`; what the map throws.
 */
export async function sampledSpectrum(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: SampledSpectrumOptions = {},
): Promise<SampledSpectrum> {
  const at = JacobianAt.of(map, point, options);
  const total = Math.min(at.inputs, at.outputs);
  const { k = Math.min(LEADING, total), probes = PROBES, steps = LANCZOS_STEPS } = options;
  requireSampling(total, k, probes, steps);
  const search = { tolerance: TOLERANCE, side: smallerSide(at) };
  const { values, vectors, residuals, products } = await leadingPairs(at, k, search);
  const locked = transpose(vectors);
  const rest = await probeRest(at, rowsOf(locked), values[0], {
    ...options,
    probes,
    steps,
  });
  return {
    total,
    leading: values.map((value) => Math.sqrt(Math.max(0, value))),
    residuals: residuals.map((residual) => residual / values[0] || 0),
    diagonal: rest.diagonal,
    offDiagonal: rest.offDiagonal,
    products: products + rest.products,
    route: await at.productRoute(),
  };
}

/**
 * Random vectors in the space orthogonal to the leading ones, each seen through Lanczos steps.
 *
 * @param locked the leading vectors of the smaller side.
 * @param largest σ₁², the unit.
 */
export async function probeRest(
  at: JacobianAt,
  locked: readonly Float64Array[],
  largest: number,
  {
    probes,
    steps,
    seed = 0,
    first = 0,
  }: SpectrumSampling & { readonly probes: number; readonly steps: number },
): Promise<Tridiagonals & { readonly products: number }> {
  const [diagonal, offDiagonal] = [matrix(probes, steps), matrix(probes, steps)];
  const scaled = new ScaledProducts(at, smallerSide(at));
  if (locked.length >= scaled.dim || !(largest > 0)) return { diagonal, offDiagonal, products: 0 };
  let products = 0;
  const apply = async (vectors: FloatArray, count: number): Promise<FloatArray> => {
    products += 2 * count;
    const images = await scaled.back(await scaled.forth(vectors, count), count);
    return Float64Array.from(images, (x) => (x / largest) * scaled.unit ** 2);
  };
  const width = at.vectorsPerRun;
  for (let done = 0; done < probes; done += width) {
    const vectors = Array.from({ length: Math.min(width, probes - done) }, (_, i) =>
      normal(seed, FIRST_PROBE + first + done + i, scaled.dim),
    );
    const part = await tridiagonalize(vectors, apply, locked, steps);
    diagonal.data.set(part.diagonal.data, done * steps);
    offDiagonal.data.set(part.offDiagonal.data, done * steps);
  }
  return { diagonal, offDiagonal, products };
}

function rowsOf({ rows, cols, data }: Matrix): Float64Array[] {
  return Array.from({ length: rows }, (_, i) => rowAt(data, i, cols));
}

function requireSampling(total: number, k: number, probes: number, steps: number): void {
  requireInteger("sampledSpectrum: k", k, 1, total);
  requireInteger("sampledSpectrum: probes", probes, 2, FIRST_PROBE);
  requireInteger("sampledSpectrum: steps", steps, 2, FIRST_PROBE);
}
