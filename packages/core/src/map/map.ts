// The one noun of the toolkit: a differentiable map f between two named spaces of a generator.

import { VielbeinError } from "../errors.ts";
import type { FloatArray } from "./float-array.ts";
import type { Space } from "./space.ts";

/** What every call that takes time can be given. */
export interface CallOptions {
  /** Stops between two runs of the engine, where a call takes several. */
  readonly signal?: AbortSignal | undefined;
}

/** The derivative at one point, for methods that take many products there. */
export interface Differential<Values extends FloatArray = Float32Array> {
  /** J·t: `[count, from.dim]` → `[count, to.dim]`. */
  jvp(tangents: Float32Array | Values, count: number, options?: CallOptions): Promise<Values>;
  /** Jᵀ·u: `[count, to.dim]` → `[count, from.dim]`. */
  vjp(cotangents: Float32Array | Values, count: number, options?: CallOptions): Promise<Values>;
  /** Whether the network ran once for all products: they then round in a different order than single products. */
  readonly isLinearized?: boolean | undefined;
}

/**
 * How the derivative entered a number: as the whole Jacobian, as its columns, or by products with it and its transpose,
 * of the map itself or of the map linearised at the point. Routes agree but for rounding; the memory budget chooses.
 */
export type DerivativeRoute = "matrix" | "columns" | "products" | "linearized products";

/** In the order of their numbers in files. */
export const DERIVATIVE_ROUTES: readonly DerivativeRoute[] = [
  "matrix",
  "columns",
  "products",
  "linearized products",
];

/**
 * f: from → to. Arrays are row-major; a batch of vectors is `[count, dim]`.
 * Calls on one map must not overlap, unless it says otherwise: await one before the next.
 */
export interface DifferentiableMap<Values extends FloatArray = Float32Array> {
  /** The space of the points x. */
  readonly from: Space;
  /** The space of the values f(x). */
  readonly to: Space;
  /** Estimated peak bytes that one tangent costs the engine; lets callers keep to a memory budget. */
  readonly bytesPerTangent?: number | undefined;
  /** Values f(x): `[count, from.dim]` → `[count, to.dim]`. */
  evaluate(points: Float32Array | Values, count: number, options?: CallOptions): Promise<Values>;
  /** Jacobian-vector products J(point)·t at one point: `[count, from.dim]` → `[count, to.dim]`. */
  jvp(
    point: Float32Array | Values,
    tangents: Float32Array | Values,
    count: number,
    options?: CallOptions,
  ): Promise<Values>;
  /** Vector-Jacobian products J(point)ᵀ·u at one point: `[count, to.dim]` → `[count, from.dim]`. */
  vjp(
    point: Float32Array | Values,
    cotangents: Float32Array | Values,
    count: number,
    options?: CallOptions,
  ): Promise<Values>;
  /** The derivative at `point`, what depends on the point alone being computed once. Not valid after `dispose`. */
  linearize?(point: Float32Array | Values): Promise<Differential<Values>>;
  /**
   * Second derivatives D²f(point)(u, t) of one direction u `[from.dim]` with tangents t `[count, from.dim]`: `[count,
   * to.dim]`. Symmetric and linear in both.
   */
  secondDerivative?(
    point: Float32Array | Values,
    direction: Float32Array | Values,
    tangents: Float32Array | Values,
    count: number,
    options?: CallOptions,
  ): Promise<Values>;
  /** Whether the second derivative vanishes wherever it exists: the map bends at kinks only, or nowhere. */
  isPiecewiseLinear?(): Promise<boolean>;
  /**
   * Frees what is kept between calls, where that is a large part of the memory budget; it comes again when it is wanted.
   * To be called between work of different kinds.
   */
  rest?(): Promise<void>;
  /** Releases the engine's sessions. The map must not be used afterwards. */
  dispose(): Promise<void>;
}

/**
 * Requires a map where one is easily forgotten, or a model passed in its place.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireMap(what: string, map: Pick<DifferentiableMap<FloatArray>, "from" | "to">): void {
  if (map?.from && map.to) return;
  const got = Array.isArray(map) ? "an array" : map === null ? "null" : typeof map;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `${what}: a map comes first, as functionMap and OnnxMap.create make it, got ${got === "object" ? "another object" : got}.`,
  );
}

/** The derivative at `point` of any map: linearised where the map can, else by its own products. */
export async function differentialAt<Values extends FloatArray>(
  map: DifferentiableMap<Values>,
  point: Float32Array | Values,
): Promise<Differential<Values>> {
  if (map.linearize) return map.linearize(point);
  return {
    jvp: (tangents, count, options) => map.jvp(point, tangents, count, options),
    vjp: (cotangents, count, options) => map.vjp(point, cotangents, count, options),
  };
}
