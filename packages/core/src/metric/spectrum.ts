// The spectrum of the metric g = JᵀJ at a point by three routes that differ in what they cost and in what they
// resolve: eigenvalues of the summed g, down to 1e-16 of the largest; singular values of J from a streamed QR
// factorisation, whose squares are good to the square of that; the leading ones alone, from products with J and Jᵀ.

import { canonicalSigns, eigh, eigsh, type Matrix, matrix, svd, tallSkinnyQR } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { bytesText, DEFAULT_MEMORY_BUDGET, vectorsPerRun } from "../jacobian.ts";
import {
  type DerivativeRoute,
  type DifferentiableMap,
  type Differential,
  differentialAt,
  type FloatArray,
} from "../map.ts";
import { normalizeVectors } from "../scaled-vjp.ts";
import { requirePoints } from "../space.ts";
import { type MetricOptions, metricRoute, metricTensor, requireFiniteImages } from "./metric.ts";
import { bytesOfColumns, bytesPerVector, jacobianColumns, rowChunks } from "./tangents.ts";

export interface MetricSpectrum {
  /** Eigenvalues of g, descending, ≥ 0: squared output length per squared input length. */
  readonly eigenvalues: Float64Array;
  /** Eigenvectors as columns `[from.dim, k]`, orthonormal; the first largest entry of each is positive. */
  readonly eigenvectors: Matrix;
  /** ‖g·v − λ·v‖ of the matrix-free route, one for each pair, by a further product: rounding of the engine included. */
  readonly residuals?: Float64Array;
  /** How it was computed. */
  readonly method: "gram" | "qr" | "lanczos" | "differences";
  /** Within one route the budget changes nothing; undefined by differences. */
  readonly route?: DerivativeRoute;
}

export interface MetricSpectrumOptions extends MetricOptions {
  /** Leading eigenpairs only, matrix-free by Lanczos iteration on JVP and VJP. Default: all, from g. */
  readonly top?: number;
  /** `high` takes the singular values of J from its QR factorisation: small eigenvalues keep their digits. Default `normal`. */
  readonly accuracy?: "normal" | "high";
  /** Lanczos: residuals up to this fraction of the largest eigenvalue. Default 1e-6, what float32 products give. */
  readonly tolerance?: number;
}

/**
 * Eigenvalues and eigenvectors of g at `point`.
 *
 * @param point `[from.dim]`.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for `top` out of range; `MEMORY_BUDGET` when high accuracy needs more;
 *   {@link ConvergenceError} of the matrix-free route; what the map throws.
 */
export async function metricSpectrum(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: MetricSpectrumOptions = {},
): Promise<MetricSpectrum> {
  requirePoints("metricSpectrum: point", point, 1, map.from);
  const n = map.from.dim;
  const { top } = options;
  if (top !== undefined && (!Number.isInteger(top) || top < 1 || top > n)) {
    throw new VielbeinError("INVALID_ARGUMENT", `top must be an integer from 1 to ${n}, got ${top}.`);
  }
  const { accuracy = "normal" } = options;
  if (accuracy !== "normal" && accuracy !== "high") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `metricSpectrum: accuracy must be "normal" or "high", got "${accuracy}".`,
    );
  }
  if (top !== undefined) return leading(map, point, top, options);
  if (accuracy === "high") return bySingularValues(map, point, options);
  const { values, vectors } = eigh(await metricTensor(map, point, options), { sign: "canonical" });
  return {
    eigenvalues: values.map((value) => Math.max(0, value)),
    eigenvectors: vectors,
    method: "gram",
    route: metricRoute(map, point, options),
  };
}

async function bySingularValues(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: MetricSpectrumOptions,
): Promise<MetricSpectrum> {
  const budget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
  if (metricRoute(map, point, options) === "products") {
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `The memory budget of ${bytesText(budget)} is too small: high accuracy keeps the columns of the Jacobian, ${map.to.dim} × ${map.from.dim}, which take ${bytesText(bytesOfColumns(map, point) + bytesPerVector(map))} with one tangent. Raise it to that at least, or use normal accuracy.`,
    );
  }
  const columns = await jacobianColumns(map, point, budget, options.signal);
  const { s, v } = svd((await tallSkinnyQR(rowChunks(columns))).r);
  return {
    eigenvalues: s.map((sigma, i) => (i < map.to.dim ? sigma * sigma : 0)),
    eigenvectors: canonicalSigns(v, v).v,
    method: "qr",
    route: "columns",
  };
}

async function leading(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  top: number,
  options: MetricSpectrumOptions,
): Promise<MetricSpectrum> {
  const { signal, tolerance = 1e-6 } = options;
  const differential = await differentialAt(map, point);
  const operator = operatorOf(map, () => Promise.resolve(differential), options);
  const { values, vectors } = await eigsh(operator, top, {
    tolerance,
    sign: "canonical",
    ...(signal ? { signal } : {}),
  });
  const images = (await operator.apply(vectors)).data;
  const squares = new Float64Array(top);
  images.forEach((x, at) => {
    squares[at % top]! += (x - values[at % top]! * vectors.data[at]!) ** 2;
  });
  return {
    eigenvalues: values.map((value) => Math.max(0, value)),
    eigenvectors: vectors,
    residuals: squares.map(Math.sqrt),
    method: "lanczos",
    route: differential.isLinearized ? "linearized products" : "products",
  };
}

/** X ↦ g·X = Jᵀ(J·X) for X `[from.dim, b]`, without g. A map that can is linearised at the point, once. */
export function metricOperator(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: MetricOptions,
): MetricOperator {
  let differential: Promise<Differential<FloatArray>> | undefined;
  return operatorOf(map, () => (differential ??= differentialAt(map, point)), options);
}

interface MetricOperator {
  readonly rows: number;
  readonly cols: number;
  apply(x: Matrix): Promise<Matrix>;
}

function operatorOf(
  map: DifferentiableMap<FloatArray>,
  differential: () => Promise<Differential<FloatArray>>,
  { memoryBudget = DEFAULT_MEMORY_BUDGET, signal }: MetricOptions,
): MetricOperator {
  const n = map.from.dim;
  const run = vectorsPerRun(bytesPerVector(map), memoryBudget);
  const call = signal ? { signal } : {};
  return {
    rows: n,
    cols: n,
    async apply(x) {
      const { jvp, vjp } = await differential();
      const result = matrix(n, x.cols);
      for (let first = 0; first < x.cols; first += run) {
        const width = Math.min(run, x.cols - first);
        const tangents = new Float32Array(width * n);
        for (let j = 0; j < width; j++) {
          for (let i = 0; i < n; i++) tangents[j * n + i] = x.data[i * x.cols + first + j]!;
        }
        const pushed = await jvp(tangents, width, call);
        requireFiniteImages(map, pushed, map.to);
        const { vectors, scales } = normalizeVectors(pushed, map.to.dim);
        const pulled = await vjp(vectors, width, call);
        requireFiniteImages(map, pulled, map.from);
        for (let j = 0; j < width; j++) {
          for (let i = 0; i < n; i++) {
            result.data[i * x.cols + first + j] = pulled[j * n + i]! * scales[j]!;
          }
        }
      }
      return result;
    },
  };
}
