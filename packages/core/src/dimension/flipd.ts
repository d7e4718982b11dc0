// The local dimension of the data that a denoiser was trained on, from the Fokker–Planck equation: Kamkari, Ross,
// Hosseinzadeh, Cresswell & Loaiza-Ganem, "A Geometric View of Data Complexity: Efficient Local Intrinsic Dimension
// Estimation with Diffusion Models" (NeurIPS 2024), equation (FLIPD).
//
// Data with noise of deviation σ have the density p_σ. Near a point of a d-dimensional manifold, while σ is far below
// its curvature, log p_σ grows as (d − D)·log σ, and the heat equation gives that rate by the score at the point alone.

import { estimateTrace, matrix, type TraceOptions, transpose } from "@vielbein/linalg";
import { type DerivativeOptions, JacobianAt } from "../jacobian/jacobian-at.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { dot } from "../optimize/objective.ts";
import { requireChoice, requireKind, requirePositive } from "../requirements.ts";
import { studentQuantile } from "../statistics/student.ts";

/** How the trace of the derivative is computed. */
export const TRACE_METHODS = ["exact", "hutchinson", "hutch++"] as const;
/** One of {@link TRACE_METHODS}. */
export type TraceMethod = (typeof TRACE_METHODS)[number];

/** How {@link flipd} scales the data and computes its trace. */
export interface FlipdOptions extends DerivativeOptions, Pick<TraceOptions, "products" | "seed"> {
  /** What the data are multiplied by before noise is added: 1 where variance explodes. Default 1. */
  readonly alpha?: number | undefined;
  /** `exact` takes D products with the derivative. Default: `exact` up to 1024 dimensions, else `hutch++`. */
  readonly trace?: TraceMethod | undefined;
}

/**
 * The local dimension that a denoiser gives its data at one point, by {@link flipd}: a number of
 * directions, with what it was computed from.
 */
export interface Flipd {
  /** The estimate. It may be negative, or above D, where the network is no denoiser at this point. */
  readonly dimension: number;
  /** Half of the 95 % interval, by Student's t, for what random vectors leave open; 0 where the trace is exact. */
  readonly margin: number;
  /** α·tr ∂x̂₀/∂x_t = D + σ·tr ∂n/∂x_t: how many directions the denoiser lets pass. */
  readonly passed: number;
  /** ‖n‖²: what it moves the point by, in units of σ. */
  readonly displacement: number;
  /** How the trace was found: exactly or from random vectors. */
  readonly trace: TraceMethod;
  /** Products with the Jacobian that the trace took. */
  readonly products: number;
  /** How the derivative was computed. */
  readonly route: DerivativeRoute;
}

/** Dimensions up to which the trace is exact unless something else is asked for. */
const EXACT_UP_TO = 1024;

/**
 * LID(x) = D + σ·tr(∂n/∂x_t) + ‖n‖² at x_t = α·x, with n = σ·∇log p_σ(x_t) = −ε.
 *
 * @param noise x_t ↦ n, from D dimensions to D.
 * @param point x `[D]`, a point of the data.
 * @param sigma deviation of the noise.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for σ or α that is not positive; `SHAPE_MISMATCH`; what the map throws.
 */
export async function flipd(
  noise: DifferentiableMap<FloatArray>,
  point: FloatArray,
  sigma: number,
  options: FlipdOptions = {},
): Promise<Flipd> {
  requireKind("flipd: noise", "map", noise);
  requireKind("flipd: point", "numbers", point);
  const { alpha = 1 } = options;
  requirePositive("flipd: sigma", sigma);
  requirePositive("flipd: alpha", alpha);
  const dim = noise.from.dim;
  const { trace = dim <= EXACT_UP_TO ? "exact" : "hutch++" } = options;
  requireChoice("flipd: trace", trace, TRACE_METHODS);
  const at = JacobianAt.of(
    noise,
    point.map((x) => alpha * x),
    options,
  );
  const { passed, margin, products, route } =
    trace === "exact" ? await exactly(at, sigma) : await bySampling(at, sigma, trace, options);
  const noised = await at.value();
  const displacement = dot(noised, noised);
  return { dimension: passed + displacement, margin, passed, displacement, trace, products, route };
}

/** The trace of A = I + σ·∂n/∂x_t. */
type Passed = Pick<Flipd, "passed" | "margin" | "products" | "route">;

async function exactly(at: JacobianAt, sigma: number): Promise<Passed> {
  const n = at.inputs;
  return { passed: n + sigma * (await at.trace()), margin: 0, products: n, route: "columns" };
}

/** A is near a projector on the directions of the data: of low rank, which Hutch++ makes use of, and ∂n/∂x_t is not. */
async function bySampling(
  at: JacobianAt,
  sigma: number,
  method: "hutchinson" | "hutch++",
  { products, seed, signal }: FlipdOptions,
): Promise<Passed> {
  const n = at.inputs;
  const passing = {
    rows: n,
    cols: at.outputs,
    apply: async (x: ReturnType<typeof matrix>) => {
      const rows = transpose(x);
      const pushed = await at.push(Float32Array.from(rows.data), rows.rows);
      return transpose(
        matrix(
          rows.rows,
          n,
          rows.data.map((value, i) => value + sigma * pushed[i]),
        ),
      );
    },
  };
  const estimate = await estimateTrace(passing, { method, products, seed, signal });
  return {
    passed: estimate.trace,
    margin: studentQuantile(0.95, estimate.samples - 1) * estimate.standardError,
    products: estimate.products,
    route: await at.productRoute(),
  };
}
